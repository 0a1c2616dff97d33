"""One random history with its truth, which oracles say that share nothing with the checker."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import oracle

from checker.models import MODELS
from checker.reading import SPLITBRAIN, Reading
from histories.event import Operation, Outcome

SMALL_MAX = 8
"""Operations the oracle that tries every order is asked about."""
SMALL_SHARE = 0.5
COMPILED_SHARE = 0.9
"""How often an engine that can be asked for either is asked for compiled kernels."""
FRONTIER_MAX = 6_000
"""Configurations the unpruned frontier may keep; beyond, the history is passed over."""
KNOWN = tuple(model for model in oracle.MODELS if model in MODELS)
"""Models that both the oracles and the checker have."""


@dataclass(slots=True)
class Drawn:
    """A history, how it is read, what it is, and a generator for whatever a check draws."""

    model: str
    size: str
    reading: Reading
    operations: list[Operation]
    valid: bool
    stuck: Operation | None
    """The first completion that no prefix can place, where the frontier says so."""
    rng: random.Random = field(default_factory=random.Random)
    kept: dict[bool, Any] = field(default_factory=dict)
    """What the checker said of it, without and with explanation, once it was asked."""

    @property
    def indeterminate(self) -> bool:
        """Whether some operation never completed."""
        return any(o.outcome is Outcome.INFO for o in self.operations)


def draw(
    rng: random.Random, models: Sequence[str] = KNOWN, *, small_share: float = SMALL_SHARE
) -> Drawn | None:
    """A history of one of ``models``; None where it is too hard for the oracles.

    Half (or ``small_share``) are small enough to try every order, and then both oracles must
    agree (an AssertionError says that the oracles themselves are broken). The others have 30 to
    200 operations, most of them at most 70: about where a wrong rule that small histories do
    not show was found.
    """
    model = rng.choice(models)
    reading = rng.choice((SPLITBRAIN, *oracle.READINGS))
    if rng.random() < small_share:
        operations = oracle.small_history(rng, model, SMALL_MAX)
        return judged(model, "small", reading, operations, rng)
    size = rng.randint(30, 70) if rng.random() < 0.7 else rng.randint(70, 200)
    operations = oracle.random_history(
        rng,
        model,
        size,
        mutated=False,
        processes=rng.randint(2, 6),
        crashed=rng.choice((0.0, 0.03, 0.08)),
        crashed_max=5,
        eager=rng.choice((0.3, 0.5, 0.8)),
    )
    if rng.random() < 0.8:
        operations = oracle.falsified(rng, operations, rng.choice((1, 1, 2)))
    return judged(model, "long", reading, operations, rng)


def judged(
    model: str,
    size: str,
    reading: Reading,
    operations: list[Operation],
    rng: random.Random,
) -> Drawn | None:
    """The history with its truth; None where the frontier would grow too large."""
    try:
        stuck = oracle.first_stuck(model, operations, reading, configurations_max=FRONTIER_MAX)
    except oracle.TooLarge:
        return None
    if len(operations) <= SMALL_MAX:
        every = oracle.is_linearizable(model, operations, reading, exhaustive=True)
        assert every == (stuck is None), (model, reading.name, operations)
    return Drawn(model, size, reading, operations, stuck is None, stuck, rng)
