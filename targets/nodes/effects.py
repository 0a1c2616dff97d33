"""What a node's core asks of the outside world, and what the outside tells it.

A core is sans-IO: ``step(events) -> effects``. The contract of whoever drives it:

    Effects are carried out in order. Nothing that follows a ``Fsync``, in this list or in
    a later one, may be seen by anybody before that ``Fsync`` has completed.

So "persist, then send" can be read off the order of the effects:

    Write(term 4, vote n2)  Fsync  Send(n2, granted)     a vote is durable before it counts
    Write(entry 17)  Send(n2, append 17)  Fsync          a leader may replicate while it syncs,
                                                         and counts itself only once Synced

After each ``Fsync`` the driver answers with ``Synced``. Messages may be lost, delayed,
reordered or doubled; a ``Send`` that certainly never left may be reported ``Undelivered``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

# Effects


@dataclass(slots=True)
class Write:
    """Append ``records`` to the node's log file, in this order, without making them durable."""

    records: list[bytes]


@dataclass(slots=True)
class Replace:
    """Replace the whole log file by ``records``: a snapshot and what it does not cover.

    Atomic: whoever recovers finds all of the old file or all of the new one. Durable at
    the latest when the next ``Fsync`` is.
    """

    records: list[bytes]


@dataclass(slots=True)
class Fsync:
    """Make all that was written durable; answer with ``Synced(index, term)``."""

    index: int
    term: int


@dataclass(slots=True)
class Send:
    """Hand ``message`` to the network for the member named ``peer``."""

    peer: str
    message: Any


@dataclass(slots=True)
class Reply:
    """Answer a client's request. ``origin`` is what came with ``Requested``."""

    origin: Any
    body: dict[str, Any]


@dataclass(slots=True)
class SetTimer:
    """Deliver ``Elapsed(name)`` after ``delay_s`` seconds; replaces a pending timer of that name.

    ``delay_s`` None cancels it. Timers run on the core's own ``clock``.
    """

    name: str
    delay_s: float | None


@dataclass(slots=True)
class Note:
    """A line for the node's log: a change of role, a refused message. Never per command."""

    text: str


Effect = Write | Replace | Fsync | Send | Reply | SetTimer | Note

# Events


@dataclass(slots=True)
class Started:
    """The node has been recovered and may begin. Always the first event."""


@dataclass(slots=True)
class Received:
    """``message`` arrived from the member named ``peer``."""

    peer: str
    message: Any


@dataclass(slots=True)
class Undelivered:
    """``message`` to ``peer`` certainly never left this node."""

    peer: str
    message: Any


@dataclass(slots=True)
class Requested:
    """A client's request, as decoded from its frame. ``origin`` is opaque, for the Reply."""

    origin: Any
    request: Any


@dataclass(slots=True)
class Elapsed:
    """The timer ``name`` has run out."""

    name: str


@dataclass(slots=True)
class Synced:
    """All that was written before ``Fsync(index, term)`` is durable."""

    index: int
    term: int


Event = Started | Received | Undelivered | Requested | Elapsed | Synced


class Core(Protocol):
    """A reference node's protocol logic: no socket, no disk, no thread, no clock of its own.

    ``reached`` counts, per seeded bug, how often its mutated line mattered. ``clock`` is
    the node's monotonic clock, in seconds, handed in by the driver before ``Started``:
    only differences mean anything, and only as far as the clock can be trusted.
    """

    reached: dict[str, int]
    clock: Callable[[], float]

    def step(self, events: list[Event]) -> list[Effect]:
        """Take a batch of events; the effects of all of them, batched where that is sound."""

    def status(self) -> dict[str, Any]:
        """The status answer: node, role, term, leader, indexes, bugs reached."""


@runtime_checkable
class ReadsWallClock(Protocol):
    """A core that trusts the time of day as well: none of the correct ones does.

    ``wall`` is handed in like ``clock``; in seconds, the same on every node whose clock is
    right, and steps forwards or backwards when somebody sets it.
    """

    wall: Callable[[], float]
