"""What a schedule is made of, and what every generator promises.

A generator is an immutable value. ``items(rng)`` turns it and a seeded random
stream into a lazy iterator of items: the same value and the same seed give the same
items, whatever the system under test answers. Nothing here looks at a clock or at a
completion; that is the interpreter's part.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

ASAP = -1
"""``at_ns`` of an item without a time of its own: as soon as a worker is free, never late."""

MAIN = "main"
"""The name of the phase whose start is the zero of the faults' times."""


class Invoke(NamedTuple):
    """One operation to invoke, ``at_ns`` nanoseconds after its phase's start (or ``ASAP``).

    ``lane`` is the group of workers that must do it (see ``Reserve``), ``node`` the index
    of the node whose workers must do it; None leaves it to any worker.
    """

    at_ns: int
    f: str
    key: Any = None
    value: Any = None
    lane: int | None = None
    node: int | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A barrier, and the items behind it.

    The phase begins once every open operation is completed, with ``heal`` once all faults
    are healed too, and ``quiet_ns`` after that. It is over when its items are used up or
    ``limit_ns`` after its beginning (None: no limit); what was not invoked by then is dropped.
    With ``until_ok`` it is over, too, as soon as one of these functions has been acknowledged
    since the last fault was undone: at once, when one was.
    """

    name: str
    limit_ns: int | None = None
    heal: bool = False
    quiet_ns: int = 0
    until_ok: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.limit_ns is not None and self.limit_ns < 0:
            raise ValueError(f"phase {self.name!r}: limit_ns is {self.limit_ns}, expected >= 0")
        if self.quiet_ns < 0:
            raise ValueError(f"phase {self.name!r}: quiet_ns is {self.quiet_ns}, expected >= 0")


Item = Invoke | Phase


class Generator(ABC):
    """A pure schedule of operations. Subclasses are frozen dataclasses."""

    __slots__ = ()

    @abstractmethod
    def items(self, rng: Random) -> Iterator[Invoke]:
        """The schedule as one sequence, in order of ``at_ns``. Lazy; may be endless."""

    def streams(self, rng: Random) -> list[Iterator[Invoke]]:
        """The schedule as sequences that do not wait for each other.

        One for most generators. ``Reserve`` and ``Each`` give several, so that a lane or
        a node whose workers are all busy does not hold up the others.
        """
        return [self.items(rng)]


def fork(rng: Random) -> Random:
    """A stream of its own for a part: what the part draws does not shift its siblings."""
    return Random(rng.getrandbits(64))
