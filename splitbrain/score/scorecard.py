"""The scorecard: what the trials of all series say together. Pure functions of trials.

A run of a bug counts as caught when its clients were wronged, whether or not a node told that
the mutated line ran: a node that was killed takes its last counts along. Such a run may instead
be an accusation of the correct code, so it is told apart (``Tried.caught_unreached``); what
accusations of the correct code are looked for in is the clean runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from checker.verdict import Verdict
from splitbrain.campaign import Trial
from splitbrain.cli.catalogue import BugEntry
from splitbrain.plan import AIMED, RANDOM, Plan
from splitbrain.score.goals import GOALS
from splitbrain.score.plans import BugSeries, CleanSeries, Series

CAUGHT, SURVIVED, UNREACHED, UNTRIED = (
    "caught",
    "reached and survived",
    "never reached",
    "not tried",
)


@dataclass(frozen=True, slots=True)
class Tried:
    """A bug under a strategy. ``trials`` are those that were finished, in order of seeds.

    ``failed`` is how many the harness could not finish.
    """

    series: BugSeries
    trials: tuple[Trial, ...]
    failed: int = 0

    @property
    def strategy(self) -> str:
        """How its faults were timed."""
        return self.series.strategy

    @property
    def asked(self) -> int:
        """How many seeds were asked for."""
        return len(self.series.seeds)

    @property
    def caught(self) -> list[Trial]:
        """Trials whose clients saw what cannot have happened, or no service."""
        return [trial for trial in self.trials if trial.accuses]

    def reached(self, trial: Trial) -> bool:
        """Whether the mutated line ran in this trial."""
        return trial.bugs_reached.get(self.series.bug.name, 0) > 0

    @property
    def times_reached(self) -> int:
        """In how many trials the mutated line ran."""
        return sum(map(self.reached, self.trials))

    @property
    def caught_unreached(self) -> list[Trial]:
        """Trials that caught it in which the mutated line is not known to have run."""
        return [trial for trial in self.caught if not self.reached(trial)]

    def verdicts(self, verdict: Verdict) -> int:
        """How many trials that accuse nobody have this verdict."""
        return _without_accusation(self.trials, verdict)

    @property
    def found_s(self) -> float | None:
        """Simulated seconds to detection: the (low) median of the trials that caught it."""
        times = [trial.found_s for trial in self.caught if trial.found_s is not None]
        return median_low(times) if times else None

    @property
    def found_operations(self) -> int | None:
        """Operations to detection: the (low) median of the trials that caught it."""
        counts = [t.found_operations for t in self.caught if t.found_operations is not None]
        return median_low(counts) if counts else None

    @property
    def kinds(self) -> Counter[str]:
        """What it was seen as, and in how many trials."""
        seen: Counter[str] = Counter()
        for trial in self.caught:
            seen.update(trial.kinds)
            if trial.unavailable is not None:
                seen["no service"] += 1
        return seen


@dataclass(frozen=True, slots=True)
class BugScore:
    """A bug under all strategies that were tried."""

    bug: BugEntry
    tries: tuple[Tried, ...]

    @property
    def best(self) -> Tried:
        """The strategy that caught it in more seeds, or else sooner, or else reached it more."""

        def merit(tried: Tried) -> tuple[int, float, int]:
            sooner = 0.0 if tried.found_s is None else -tried.found_s
            return len(tried.caught), sooner, tried.times_reached

        return max(self.tries, key=merit)

    @property
    def state(self) -> str:
        """Caught, or why not."""
        if any(tried.caught for tried in self.tries):
            return CAUGHT
        if any(tried.times_reached for tried in self.tries):
            return SURVIVED
        return UNREACHED if any(tried.trials for tried in self.tries) else UNTRIED

    @property
    def complete(self) -> bool:
        """Whether every seed under every strategy was finished."""
        return all(len(tried.trials) == tried.asked for tried in self.tries)

    @property
    def goal(self) -> int:
        """In how many seeds it should be caught."""
        return GOALS[self.bug.tier].of_seeds(self.best.asked)

    @property
    def met(self) -> bool:
        """Whether it was, with the better strategy."""
        return len(self.best.caught) >= self.goal


@dataclass(frozen=True, slots=True)
class TierScore:
    """The bugs of a tier."""

    tier: str
    bugs: tuple[BugScore, ...]

    @property
    def found(self) -> int:
        """How many of its bugs were caught in seeds enough."""
        return sum(score.met for score in self.bugs)

    @property
    def wanted(self) -> int:
        """How many of them should be."""
        return GOALS[self.tier].of_bugs(len(self.bugs))

    @property
    def met(self) -> bool:
        """Whether they were."""
        return self.found >= self.wanted


@dataclass(frozen=True, slots=True)
class CleanScore:
    """A system without bugs. ``trials`` go with the plans they ran, in order of seeds."""

    series: CleanSeries
    trials: tuple[tuple[Plan, Trial], ...]
    failed: int = 0

    @property
    def asked(self) -> int:
        """How many seeds were asked for."""
        return len(self.series.seeds)

    @property
    def accused(self) -> list[tuple[Plan, Trial]]:
        """Runs that accuse it: false alarms, or a real error of ours; either is one too many.

        Of what it documents itself it is accused rightly, and no error is to be looked for.
        """
        return [
            (plan, trial)
            for plan, trial in self.trials
            if trial.accuses and not trial.as_documented
        ]

    @property
    def as_documented(self) -> list[Trial]:
        """Runs that accuse it of what it says itself that it does, and of nothing else."""
        return [trial for _plan, trial in self.trials if trial.as_documented]

    @property
    def decided(self) -> int:
        """How many runs tested something, and were decided."""
        return sum(trial.accuses or trial.verdict is Verdict.VALID for _plan, trial in self.trials)

    def verdicts(self, verdict: Verdict) -> int:
        """How many runs that accuse nobody have this verdict."""
        return _without_accusation((trial for _plan, trial in self.trials), verdict)

    @property
    def died(self) -> list[tuple[Plan, Trial]]:
        """Runs in which a node ended though no fault had ended it."""
        return [(plan, trial) for plan, trial in self.trials if trial.died]

    @property
    def served_s(self) -> list[float]:
        """Seconds from the last heal until it served again, of each run that had one."""
        return [trial.served_s for _plan, trial in self.trials if trial.served_s is not None]

    @property
    def met(self) -> bool:
        """Nobody was accused, in runs that meant something."""
        return not self.accused and self.decided > 0


@dataclass(frozen=True, slots=True)
class Duel:
    """The strategies compared over the bugs of tiers B and C; any schedule finds tier A.

    ``caught`` and ``seeds`` are summed over bugs, ``better`` counts bugs.
    """

    bugs: int
    seeds: int
    caught: Mapping[str, int]
    better: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All of it: the bugs in the catalogue's order, then the systems without."""

    bugs: tuple[BugScore, ...]
    clean: tuple[CleanScore, ...]

    @property
    def tiers(self) -> list[TierScore]:
        """The tiers that have bugs here, in order."""
        of = {tier: tuple(one for one in self.bugs if one.bug.tier == tier) for tier in GOALS}
        return [TierScore(tier, bugs) for tier, bugs in of.items() if bugs]

    @property
    def failed(self) -> int:
        """Trials that the harness could not finish."""
        return sum(one.failed for one in self._parts())

    @property
    def complete(self) -> bool:
        """Whether every trial that was asked for was finished."""
        return all(len(one.trials) == one.asked for one in self._parts())

    @property
    def duel(self) -> Duel | None:
        """The strategies compared, where both were tried."""
        rows = [
            {tried.strategy: len(tried.caught) for tried in one.tries}
            for one in self.bugs
            if one.bug.tier != "A" and len(one.tries) > 1
        ]
        if not rows:
            return None
        seeds = sum(
            one.tries[0].asked for one in self.bugs if one.bug.tier != "A" and one.tries[1:]
        )
        caught = {strategy: sum(row[strategy] for row in rows) for strategy in (RANDOM, AIMED)}
        better = {
            RANDOM: sum(row[RANDOM] > row[AIMED] for row in rows),
            AIMED: sum(row[AIMED] > row[RANDOM] for row in rows),
        }
        return Duel(len(rows), seeds, caught, better)

    def _parts(self) -> list[Tried | CleanScore]:
        return [*(tried for one in self.bugs for tried in one.tries), *self.clean]

    def misses(self) -> list[str]:
        """A sentence for each goal that was missed, and each system that was accused."""
        told = []
        for tier in self.tiers:
            if not tier.met:
                below = ", ".join(one.bug.id for one in tier.bugs if not one.met)
                told.append(
                    f"Tier {tier.tier}: {tier.found} of {len(tier.bugs)} bugs are caught in seeds "
                    f"enough, {tier.wanted} should be. Below: {below}."
                )
        for one in self.clean:
            if one.accused:
                seeds = ", ".join(str(trial.seed) for _plan, trial in one.accused[:10])
                told.append(
                    f"Clean {one.series.system} was accused in {len(one.accused):,} of "
                    f"{len(one.trials):,} runs (seed {seeds})."
                )
            elif not one.decided:
                told.append(
                    f"Clean {one.series.system}: none of its {len(one.trials):,} runs tested "
                    "anything."
                )
        return told


def _without_accusation(trials: Iterable[Trial], verdict: Verdict) -> int:
    return sum(trial.verdict is verdict and not trial.accuses for trial in trials)


def scored(
    series: Sequence[Series],
    trials: Mapping[Plan, Trial],
    failures: Mapping[Plan, Trial] | None = None,
) -> Scorecard:
    """The scorecard of these series from the trials there are; ``failures`` are the harness's."""
    failures = failures or {}
    tries: dict[str, list[Tried]] = {}
    entries: dict[str, BugEntry] = {}
    clean = []
    for one in series:
        plans = list(one.plans())
        done = [(plan, trials[plan]) for plan in plans if plan in trials]
        failed = sum(plan in failures for plan in plans)
        if isinstance(one, CleanSeries):
            clean.append(CleanScore(one, tuple(done), failed))
        else:
            entries[one.bug.name] = one.bug
            tried = Tried(one, tuple(trial for _plan, trial in done), failed)
            tries.setdefault(one.bug.name, []).append(tried)
    bugs = tuple(BugScore(entries[name], tuple(tries[name])) for name in tries)
    return Scorecard(bugs, tuple(clean))
