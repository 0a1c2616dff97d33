"""The aimed schedule: scenarios dealt from a deck, a pure function of numbers and a seed.

Beside the uniform random schedule (``nemesis.schedule``), which is the baseline. The seed
fixes everything symbolic: which scenario, from when to when it waits, what its steps are, for
which moments, delays and holds. When a moment came, and whom it concerned, is recorded.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from nemesis.fault import SymbolicFault
from nemesis.kinds import targets_of
from nemesis.of_commitment import OF_COMMITMENT
from nemesis.scenario import Range, Scenario, Step
from nemesis.scenarios import SCENARIOS, plain
from nemesis.schedule import LEAD_S, SECOND

WAIT_S = 2.0
"""How long the steps of a scenario wait for their moments, from its beginning on."""
SOON_S = 0.3
QUIET_S = 0.7
HOLD_S_USUAL, QUIET_S_USUAL = 5.0, 4.0
"""The hold and quiet of timed faults for which a scenario's times are as they are written."""


def aimed_schedule(
    kinds: tuple[str, ...],
    *,
    nodes: int,
    time_limit_s: float,
    hold_s: float,
    quiet_s: float,
    rng: random.Random,
    snapshots: bool = False,
    led: bool = True,
) -> tuple[SymbolicFault, ...]:
    """The faults of a run, in the order in which they begin to wait.

    ``hold_s`` and ``quiet_s`` stretch the scenarios in proportion to their usual values; where
    the run is too short for every kind once, all shrink. A scenario that has less than half
    its wait left before the limit is not begun. Whom one aims at is its own affair.
    ``snapshots`` says that nodes take some during a run, so that they can be waited for; ``led``
    that one node leads the others: without, what happens are commitments, which any node decides.

    Raises KeyError for an unknown kind, FaultTargetError when so few nodes cannot suffer one.
    """
    if not kinds:
        return ()
    targets = targets_of(kinds, (), nodes)
    wait, quiet = WAIT_S * hold_s / HOLD_S_USUAL, QUIET_S * quiet_s / QUIET_S_USUAL
    needed = LEAD_S + len(kinds) * (wait + quiet)
    scale = min(1.0, time_limit_s / needed)
    wait, quiet, now = wait * scale, quiet * scale, LEAD_S * scale
    stretch = scale * hold_s / HOLD_S_USUAL
    faults: list[SymbolicFault] = []
    unmet = set(kinds)
    for scenario in _deal(_possible(kinds, snapshots, led), unmet, rng):
        if now + wait / 2 > time_limit_s:
            break
        end = min(now + wait, time_limit_s)
        kinds_taken: dict[tuple[str, ...], str] = {}
        for step in scenario.steps:
            kind = _kind(step, kinds, unmet, kinds_taken, rng)
            if step.is_sure:
                unmet.discard(kind)
            faults.append(
                SymbolicFault(
                    id=len(faults),
                    kind=kind,
                    target=_target(step, kind, targets, rng),
                    start_ns=int(now * SECOND),
                    end_ns=int(end * SECOND),
                    choice=rng.random(),
                    trigger=step.trigger,
                    delay_ns=_draw(step.delay_s, 1.0, rng),
                    hold_ns=_draw(step.hold_s, stretch, rng),
                    scenario=scenario.name,
                )
            )
        # A moment comes soon, as a rule: what then takes longer than the wait has its time.
        # A run too short for every kind once has no room for all of it.
        now += max(wait, scale * _slot_s(scenario, hold_s / HOLD_S_USUAL))
        now += quiet * rng.uniform(0.8, 1.2)
    return tuple(faults)


def _slot_s(scenario: Scenario, stretch: float) -> float:
    """How long it takes at most, as a rule: holds are stretched, delays are not.

    A delay is timed against elections, which take as long as they do in any plan.
    """
    length_s = max(step.delay_s[1] + step.hold_s[1] * stretch for step in scenario.steps)
    return SOON_S * stretch + length_s


def _possible(kinds: Sequence[str], snapshots: bool, led: bool) -> list[Scenario]:
    possible = [
        scenario
        for scenario in (SCENARIOS if led else OF_COMMITMENT)
        if scenario.is_possible(kinds) and (snapshots or not scenario.is_about_snapshots)
    ]
    met = {kind for scenario in possible for kind in scenario.surely_meets(kinds)}
    when = "acknowledged" if led else "decision-sent"
    return possible + [plain(kind, when) for kind in kinds if kind not in met]


def _deal(scenarios: Sequence[Scenario], unmet: set[str], rng: random.Random) -> Iterator[Scenario]:
    """Scenarios for ever, each once before any comes twice, but kinds yet unmet come first."""
    hand: list[Scenario] = []
    while True:
        if not hand:
            hand = rng.sample(scenarios, len(scenarios))
        useful = [scenario for scenario in hand if scenario.surely_meets(unmet)]
        # Every kind is met in a short run too: a kind that never took effect proves nothing.
        if unmet and not useful:
            useful = [scenario for scenario in scenarios if scenario.surely_meets(unmet)]
        chosen = useful[0] if useful else hand[0]
        if chosen in hand:
            hand.remove(chosen)
        yield chosen


def _kind(
    step: Step,
    kinds: Sequence[str],
    unmet: set[str],
    taken: dict[tuple[str, ...], str],
    rng: random.Random,
) -> str:
    """The kind of fault for a step. Steps with the same choice take the same, as a rule."""
    possible = [kind for kind in step.kinds if kind in kinds]
    fresh = [kind for kind in possible if kind in unmet]
    kind = rng.choice(fresh or possible)
    if step.kinds in taken and rng.random() < 0.7:
        return taken[step.kinds]
    taken[step.kinds] = kind
    return kind


def _target(step: Step, kind: str, targets: dict[str, tuple[str, ...]], rng: random.Random) -> str:
    # Only one kind of several may know the symbol of a step that is not aimed.
    if step.trigger or step.target in targets[kind]:
        return step.target
    return rng.choice(targets[kind])


def _draw(seconds: Range, stretch: float, rng: random.Random) -> int:
    return int(rng.uniform(*seconds) * stretch * SECOND)
