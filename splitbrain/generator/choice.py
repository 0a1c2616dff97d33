"""Which operation comes next, and on which key."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from splitbrain.generator.item import Generator, Invoke, fork


@dataclass(frozen=True, slots=True)
class Mix(Generator):
    """Operations of several generators, each drawn in proportion to its weight.

    A generator that is used up drops out; the others go on in their old proportions. Times
    of the generators inside do not make sense here: give times outside, with ``Stagger``.
    """

    choices: tuple[tuple[float, Generator], ...]

    def __post_init__(self) -> None:
        bad = [weight for weight, _ in self.choices if not weight > 0]
        if bad or not self.choices:
            raise ValueError(f"a mix needs generators with weights above 0, got weights {bad}")

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Ends when every generator inside has."""
        live = [(weight, generator.items(fork(rng))) for weight, generator in self.choices]
        return self._drawn(live, fork(rng))

    @staticmethod
    def _drawn(live: list[tuple[float, Iterator[Invoke]]], draw: Random) -> Iterator[Invoke]:
        while live:
            bounds = list(accumulate(weight for weight, _ in live))
            while True:
                chosen = min(bisect(bounds, draw.random() * bounds[-1]), len(live) - 1)
                item = next(live[chosen][1], None)
                if item is None:
                    del live[chosen]
                    break
                yield item


@dataclass(frozen=True, slots=True)
class PerKey(Generator):
    """One fresh copy of ``generator`` for each key, ``keys`` of them in use at once.

    A key is retired after ``operations`` operations, or when its copy is used up, and the
    next integer takes its place: short histories per key keep the search for a
    linearization cheap (P-compositionality; Horn and Kroening 2015, section 3).
    """

    generator: Generator
    keys: int
    operations: int
    first: int = 0

    def __post_init__(self) -> None:
        if self.keys < 1 or self.operations < 1:
            raise ValueError(
                f"got {self.keys} keys with {self.operations} operations each, expected >= 1"
            )

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Endless, unless a fresh copy gives no operation at all. Keys are integers."""
        return self._keyed(fork(rng), fork(rng))

    def _keyed(self, draw: Random, seeds: Random) -> Iterator[Invoke]:
        copies = [self.generator.items(fork(seeds)) for _ in range(self.keys)]
        names = [self.first + slot for slot in range(self.keys)]
        left = [self.operations] * self.keys
        fresh = self.first + self.keys
        while True:
            slot = draw.randrange(self.keys)
            item = next(copies[slot], None)
            if item is None and left[slot] == self.operations:
                return
            if item is not None:
                at_ns, f, _, value, lane, node = item
                yield Invoke(at_ns, f, names[slot], value, lane, node)
                left[slot] -= 1
            if item is None or not left[slot]:
                copies[slot] = self.generator.items(fork(seeds))
                names[slot], left[slot] = fresh, self.operations
                fresh += 1
