"""The symbolic schedule of faults: a pure function of the plan's numbers and a seed.

Kinds and targets are dealt from shuffled decks and not drawn independently, so that
a short run meets every kind before it meets one twice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from nemesis.fault import SymbolicFault
from nemesis.kinds import FAULTS, targets_of

SECOND = 1_000_000_000
LEAD_S = 2.0
"""Quiet before the first fault, so that there is a healthy cluster to hurt."""


def _deck(cards: Sequence[str], rng: random.Random) -> Iterator[str]:
    while True:
        hand = list(cards)
        rng.shuffle(hand)
        yield from hand


def schedule(
    kinds: tuple[str, ...],
    wanted_targets: tuple[str, ...],
    *,
    nodes: int,
    time_limit_s: float,
    hold_s: float,
    quiet_s: float,
    overlap: bool,
    rng: random.Random,
) -> tuple[SymbolicFault, ...]:
    """The faults of a run, in order of their start.

    One fault at a time, ``hold_s`` long with ``quiet_s`` between them (each jittered
    by the seed); with ``overlap`` every kind has such a timeline of its own. Where the
    run is too short for every kind once, holds and pauses shrink in proportion. Faults
    with less than half their hold left before the limit are not scheduled. Raises
    FaultTargetError for a target no kind knows, KeyError for an unknown kind.
    """
    if not kinds:
        return ()
    for kind in kinds:
        if kind not in FAULTS:
            raise KeyError(kind)
    targets = targets_of(kinds, wanted_targets, nodes)
    target_decks = {kind: _deck(targets[kind], rng) for kind in kinds}
    timelines = [(kind,) for kind in kinds] if overlap else [kinds]
    faults: list[SymbolicFault] = []
    for timeline in timelines:
        # A run too short for its kinds keeps its shape and loses length.
        needed = LEAD_S + len(timeline) * (hold_s + quiet_s)
        scale = min(1.0, time_limit_s / needed) if needed > 0 else 1.0
        hold, quiet = hold_s * scale, quiet_s * scale
        now = LEAD_S * scale * (rng.uniform(0.5, 1.5) if overlap else 1.0)
        kinds_deck = _deck(timeline, rng)
        while True:
            kind = next(kinds_deck)
            length = hold * (rng.uniform(0.9, 1.1) if kind == "partition" else rng.uniform(0.5, 1))
            if now + length / 2 > time_limit_s:
                break
            faults.append(
                SymbolicFault(
                    id=0,
                    kind=kind,
                    target=next(target_decks[kind]),
                    start_ns=int(now * SECOND),
                    end_ns=int(min(now + length, time_limit_s) * SECOND),
                    choice=rng.random(),
                )
            )
            now += length + quiet * rng.uniform(0.8, 1.1)
    faults.sort(key=lambda fault: (fault.start_ns, fault.kind))
    return tuple(
        SymbolicFault(i, f.kind, f.target, f.start_ns, f.end_ns, f.choice)
        for i, f in enumerate(faults)
    )
