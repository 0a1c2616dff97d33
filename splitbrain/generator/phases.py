"""Phases: a whole run's schedule, one part after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from splitbrain.generator.item import Generator, Invoke, Item, Phase, fork


@dataclass(frozen=True, slots=True)
class Phases:
    """One generator after another, each behind the barrier its ``Phase`` describes."""

    parts: tuple[tuple[Phase, Generator], ...]

    def items(self, rng: Random) -> Iterator[Item]:
        """Each phase followed by its items. An endless phase is cut off only by its reader."""
        seeds = [fork(rng) for _ in self.parts]
        for (phase, generator), seed in zip(self.parts, seeds, strict=True):
            yield phase
            yield from generator.items(seed)

    def play(self, rng: Random) -> Iterator[tuple[Phase, list[Iterator[Invoke]]]]:
        """Each phase with the streams of its items: what the interpreter runs.

        A phase can be left at any time, also one that would never end.
        """
        seeds = [fork(rng) for _ in self.parts]
        for (phase, generator), seed in zip(self.parts, seeds, strict=True):
            yield phase, generator.streams(seed)
