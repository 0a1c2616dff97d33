"""Leaf generators: where operations come from before anyone gives them a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, repeat
from random import Random
from typing import Any

from splitbrain.generator.item import ASAP, Generator, Invoke


@dataclass(frozen=True, slots=True)
class Repeat(Generator):
    """The same operation for ever."""

    f: str
    key: Any = None
    value: Any = None

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Endless, without times."""
        return repeat(Invoke(ASAP, self.f, self.key, self.value))


@dataclass(frozen=True, slots=True)
class Draw(Generator):
    """``f`` for ever, each time with the value ``draw(rng, n)``, n = 0, 1, 2 …

    ``draw`` must be a pure function of its arguments: from n alone come values that never
    repeat, from rng alone come random ones.
    """

    f: str
    draw: Callable[[Random, int], Any]
    key: Any = None

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Endless, without times."""
        f, draw, key = self.f, self.draw, self.key
        return (Invoke(ASAP, f, key, draw(rng, n)) for n in count())


@dataclass(frozen=True, slots=True)
class Listed(Generator):
    """These operations, in this order, once."""

    invokes: tuple[Invoke, ...]

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Finite; the times are those of the operations listed."""
        return iter(self.invokes)
