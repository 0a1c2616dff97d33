"""What faults do to a machine: the part of it that they touch, by capability.

Every machine can be a ``Victim``. What only some hosts can do is a protocol of its own; a
plan whose host lacks the capability is refused before anything starts, and a machine that
lacks it all the same makes the fault fail by name (``CannotHurt``), never silently.
``targets.target`` describes the same machines from the other side.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


class CannotHurt(Exception):
    """A machine cannot do what a fault asks of it, although its host said that it can."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What becomes of the messages a machine sends to its peers.

    Each message is late by ``delay_s`` and a random part of ``jitter_s`` more. The others are
    fractions of the messages, in [0, 1]: ``loss`` never arrive, ``duplicate`` arrive twice
    (the second after a delay of its own), and ``reorder`` need not wait for those sent before
    them; without it the order of a connection is kept, as TCP keeps it, however they are
    delayed.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0


def together(disturbances: Sequence[Disturbance]) -> Disturbance | None:
    """Several disturbances of one machine at once; None for none.

    Delays add up; a message is spared only by what spares it in each of them.
    """
    if not disturbances:
        return None

    def some(fractions: Sequence[float]) -> float:
        if len(fractions) == 1:
            return fractions[0]
        spared = 1.0
        for fraction in fractions:
            spared *= 1.0 - fraction
        return 1.0 - spared

    return Disturbance(
        delay_s=sum(d.delay_s for d in disturbances),
        jitter_s=sum(d.jitter_s for d in disturbances),
        loss=some([d.loss for d in disturbances]),
        duplicate=some([d.duplicate for d in disturbances]),
        reorder=some([d.reorder for d in disturbances]),
    )


@dataclass(frozen=True, slots=True)
class ClockFault:
    """A clock that is wrong: ``offset_s`` ahead at once, and ``rate`` seconds a second from then.

    The offset is a step of the wall clock, as an operator or a time server makes one. A
    monotonic clock knows no steps; it runs at ``rate`` like the wall clock, for both hang on
    one oscillator. Taking the fault back sets the wall clock right (a step again, backwards
    or forwards) and the rate to 1; what a monotonic clock has gained or lost, it keeps.
    """

    offset_s: float = 0.0
    rate: float = 1.0


class Victim(Protocol):
    """The part of any machine that faults touch (see targets.target.Machine for the whole)."""

    @property
    def address(self) -> str:
        """What peers reach it by."""

    async def kill(self) -> None:
        """SIGKILL the node, and wait until it is gone."""

    async def pause(self) -> None:
        """SIGSTOP the node."""

    async def resume(self) -> None:
        """SIGCONT the node."""

    async def lose_power(self) -> None:
        """Kill the node and drop what was not fsynced."""

    async def state(self) -> str:
        """``running``, ``stopped`` or ``dead``, as the operating system says."""

    async def refuse(self, addresses: Collection[str]) -> None:
        """Drop what arrives from these addresses and from no other."""

    async def dropped(self) -> Mapping[str, int]:
        """Packets dropped so far by our rules, by source address."""


@runtime_checkable
class Disturbable(Protocol):
    """A machine whose packets can be delayed, lost, doubled and reordered (``packets``)."""

    async def disturb(self, disturbance: Disturbance | None) -> None:
        """Do this to whatever it sends to its peers from now on; None: nothing any more."""

    async def disturbed(self) -> Mapping[str, int]:
        """Messages really ``delayed``, ``lost``, ``duplicated`` and ``reordered`` so far."""


@runtime_checkable
class Clocked(Protocol):
    """A machine whose clock can be made wrong (``clock``)."""

    async def set_clock(self, skew: ClockFault | None) -> None:
        """Make the clock wrong in this way, instead of any former one; None: right again."""

    async def clock_error_s(self) -> float:
        """Seconds that the wall clock is ahead of the true time, now."""


@runtime_checkable
class Disked(Protocol):
    """A machine whose disk can be made to fail (``disk``)."""

    async def fail_disk(self, failing: bool) -> None:
        """Let every fsync fail from now on, or none any more."""

    async def failed_syncs(self) -> int:
        """Fsyncs that really failed so far."""


@runtime_checkable
class Wipeable(Protocol):
    """A machine that can lose all its data while its node is dead (``membership``)."""

    async def wipe(self) -> None:
        """Remove all that the dead node has stored: it will start as a fresh one."""


def cannot(victim: Any, what: str) -> CannotHurt:
    """The error of a machine that lacks what its host's capability promises."""
    return CannotHurt(
        f"{type(victim).__name__} cannot {what}: its host declares a capability that its "
        "machines do not have. This is an error in the host, not in the system."
    )
