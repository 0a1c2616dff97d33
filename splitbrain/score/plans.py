"""From what is to be scored to plans: a series a bug and strategy, and one a clean system.

A bug gets the workload, faults, interval and options that its row in the catalogue advises. A
clean system gets all of these by turns, so that whatever could accuse it has its chance.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from splitbrain.cli.catalogue import WHOLE, BugEntry, Catalogue, system_of_bug
from splitbrain.cli.settings import Asked, settle
from splitbrain.plan import AIMED, LINEARIZABLE, RANDOM, STRATEGIES, Plan
from splitbrain.quantities import duration_text

SEEDS, CLEAN_SEEDS, FIRST_SEED, TIME_LIMIT_S = 30, 300, 1, 60.0
RATE = 100.0
"""Operations a second, unless the bug's row says otherwise. A run of six times as many takes six
times as long and finds little more: what is rare is the fault that hits the right moment."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be scored: these bugs (readable names) of these systems.

    Each bug runs ``seeds`` seeds from ``first_seed`` on under each strategy, each system
    without bugs ``clean_seeds``; every run for ``time_limit_s`` simulated seconds. ``rate`` is
    in operations a second, None for what a bug's row says, or else ``RATE``. ``tiers`` and
    ``named`` (ids) say how the bugs were chosen, if they were.
    """

    systems: tuple[str, ...]
    bugs: tuple[str, ...]
    seeds: int = SEEDS
    clean_seeds: int = CLEAN_SEEDS
    first_seed: int = FIRST_SEED
    strategies: tuple[str, ...] = STRATEGIES
    time_limit_s: float = TIME_LIMIT_S
    rate: float | None = None
    tiers: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The shell command that asks for exactly this, where trials are kept or shown aside."""
        words = ["splitbrain", "score", *self.systems]
        for bug in self.named:
            words += ["--bug", bug]
        if self.tiers:
            words += ["--tier", ",".join(self.tiers)]
        if self.strategies != STRATEGIES:
            words += ["--strategy", *self.strategies]
        numbers = (
            ("--seeds", self.seeds, SEEDS),
            ("--clean-seeds", self.clean_seeds, CLEAN_SEEDS),
            ("--seed", self.first_seed, FIRST_SEED),
        )
        for option, number, usual in numbers:
            if number != usual:
                words += [option, str(number)]
        if self.time_limit_s != TIME_LIMIT_S:
            words += ["--time-limit", duration_text(self.time_limit_s)]
        if self.rate is not None:
            words += ["--rate", duration_text(self.rate)]
        return shlex.join(words)


@dataclass(frozen=True, slots=True)
class BugSeries:
    """A seeded bug under a strategy: ``plan`` with each of ``seeds``."""

    bug: BugEntry
    strategy: str
    plan: Plan
    seeds: range

    @property
    def title(self) -> str:
        """It, in two words."""
        return f"{self.bug.id} {self.strategy}"

    def plans(self) -> Iterator[Plan]:
        """The plan of each seed."""
        return (replace(self.plan, seed=seed) for seed in self.seeds)


@dataclass(frozen=True, slots=True)
class CleanSeries:
    """A system without bugs: ``scenarios`` by turns, each with the next of ``seeds``.

    ``options`` make it another system to its clients (a *variant*), which is scored by itself.
    """

    system: str
    scenarios: tuple[Plan, ...]
    seeds: range
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The system, and what was chosen of it."""
        return " ".join((self.system, *self.options))

    @property
    def title(self) -> str:
        """It, in two words."""
        return f"clean {self.name}"

    def plans(self) -> Iterator[Plan]:
        """The plan of each seed."""
        for number, seed in enumerate(self.seeds):
            yield replace(self.scenarios[number % len(self.scenarios)], seed=seed)


Series: TypeAlias = BugSeries | CleanSeries


def series_of(request: Request, catalogue: Catalogue) -> list[Series]:
    """All series, the bugs' first. Raises SettingsError where no plan can be made."""
    seeds = range(request.first_seed, request.first_seed + request.seeds)
    clean = range(request.first_seed, request.first_seed + request.clean_seeds)
    of_bugs = [
        BugSeries(bug, plan.strategy, plan, seeds)
        for name in request.bugs
        for bug in (catalogue.bugs[name],)
        for plan in _plans(bug, request, catalogue)
    ]
    series: list[Series] = [*of_bugs] if request.seeds else []
    if request.clean_seeds:
        series += [
            CleanSeries(system, scenarios, clean, variant)
            for system in request.systems
            for variant in ((), *getattr(catalogue.systems[system], "variants", ()))
            if (scenarios := _scenarios(system, of_bugs, variant))
        ]
    return series


def _plans(bug: BugEntry, request: Request, catalogue: Catalogue) -> Iterator[Plan]:
    advised = RATE if bug.rate is None else bug.rate
    rate = advised if request.rate is None else request.rate
    for strategy in request.strategies:
        asked = Asked(
            system=system_of_bug(bug.name),
            host="simulated",
            bugs=(bug.name,),
            strategy=strategy,
            seed=str(request.first_seed),
            time_limit=duration_text(request.time_limit_s),
            rate=duration_text(rate),
            stop_on_violation=_can_stop(bug, catalogue),
        )
        plan = settle(asked, catalogue).plan
        if plan.faults or strategy != AIMED:
            yield plan
        elif RANDOM not in request.strategies:
            # Without faults there is nothing to aim; it must not go untried for that.
            yield replace(plan, strategy=RANDOM)


def _can_stop(bug: BugEntry, catalogue: Catalogue) -> bool:
    """Whether runs may end with their first violation: what comes after it only costs time.

    While a run goes on, nothing but linearizability is judged.
    """
    whole = catalogue.workloads[bug.workload].model in WHOLE
    return not whole and (not bug.consistency or LINEARIZABLE in bug.consistency)


def _scenarios(
    system: str, series: Sequence[BugSeries], variant: tuple[str, ...]
) -> tuple[Plan, ...]:
    """What the bugs of a system were given, each once, without the bugs."""
    plans = (
        replace(one.plan, bugs=(), stop_on_violation=False, options=(*one.plan.options, *variant))
        for one in series
        if one.plan.system == system
    )
    return tuple(dict.fromkeys(plans))
