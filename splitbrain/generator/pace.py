"""When operations happen, and when they stop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from random import Random

from splitbrain.generator.item import ASAP, Generator, Invoke, fork


@dataclass(frozen=True, slots=True)
class Stagger(Generator):
    """Gives times: exponential gaps around ``rate`` invocations a second (a Poisson process).

    A rate of 0 means as fast as workers free up. Times are whole microseconds, so that a
    last bit of the platform's logarithm does not make two schedules of one seed differ.
    """

    generator: Generator
    rate: float

    def __post_init__(self) -> None:
        if not 0 <= self.rate < float("inf"):
            raise ValueError(f"rate is {self.rate}, expected a number of operations a second >= 0")

    def items(self, rng: Random) -> Iterator[Invoke]:
        """As long as the generator inside; its own times are replaced."""
        inner, gaps = self.generator.items(fork(rng)), fork(rng)
        return self._paced(inner, gaps) if self.rate else self._unpaced(inner)

    def _paced(self, inner: Iterator[Invoke], gaps: Random) -> Iterator[Invoke]:
        at_us = 0
        rate_per_us = self.rate / 1e6
        for _, f, key, value, lane, node in inner:
            at_us += round(gaps.expovariate(rate_per_us))
            yield Invoke(at_us * 1000, f, key, value, lane, node)

    @staticmethod
    def _unpaced(inner: Iterator[Invoke]) -> Iterator[Invoke]:
        for item in inner:
            yield item._replace(at_ns=ASAP) if item.at_ns != ASAP else item


@dataclass(frozen=True, slots=True)
class Limit(Generator):
    """The first ``count`` operations and no more."""

    generator: Generator
    count: int

    def items(self, rng: Random) -> Iterator[Invoke]:
        """At most ``count`` items."""
        return islice(self.generator.items(rng), self.count)


@dataclass(frozen=True, slots=True)
class TimeLimit(Generator):
    """The operations before ``limit_ns``.

    Items without a time pass for ever: put the limit into the ``Phase`` to end those.
    """

    generator: Generator
    limit_ns: int

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Ends at the first item whose time is not before the limit."""
        return takewhile(self._before, self.generator.items(rng))

    def streams(self, rng: Random) -> list[Iterator[Invoke]]:
        """The limit holds for each stream by itself."""
        return [takewhile(self._before, stream) for stream in self.generator.streams(rng)]

    def _before(self, item: Invoke) -> bool:
        return item.at_ns < self.limit_ns
