"""The client protocol: how the harness asks a system for one operation.

A client core is sans-IO: it turns an invocation into bytes and bytes into an
outcome. A transport (asyncio here, virtual time on the simulated host) moves the
bytes. The error table of each core decides between ``fail`` and ``info``:

    definitely did not happen                    -> fail
    anything else, time-outs and lost connections -> info
    a pure read that errs, time-out included      -> fail (it changed nothing, it asserts nothing)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from histories.event import Outcome


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a process wants done: ``f`` on ``key`` with ``value``."""

    process: int
    f: str
    key: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Completion:
    """What became of an invocation. ``error`` names the row of the error table.

    ``unavailable`` says that the node cannot serve just now: a transport hands such a
    completion on a little later, so that a dead node does not eat the schedule. ``extra`` is
    what else the answer told (a revision); it is written to the journal and judged by nobody.
    """

    outcome: Outcome
    value: Any = None
    error: str | None = None
    unavailable: bool = False
    extra: Mapping[str, Any] | None = None


class GarbledAnswer(Exception):
    """The other side sent what is not an answer of its protocol. Ends the connection."""


class ClientCore(Protocol):
    """Sans-IO half of a client: one connection, at most one request in flight.

    A class that names this one as its base says nothing on a new connection and waits for no
    greeting, unless it says so itself.
    """

    def is_read(self, invocation: Invocation) -> bool:
        """Whether the invocation cannot change the system."""

    def encode(self, invocation: Invocation) -> bytes:
        """The bytes of the request; again for the same invocation is a resend.

        None at all where the answer comes unasked, or has come: then ``receive`` is called
        soon, without any bytes.
        """

    def receive(self, data: bytes) -> Completion | bytes | None:
        """Feed bytes from the wire; the completion of the operation in flight, if it is there.

        Bytes are the next request of an operation that takes several. Raises GarbledAnswer
        when what came is not of this protocol.
        """

    def reset(self) -> None:
        """Forget half-received bytes: the connection is a new one."""

    def opening(self) -> bytes:
        """What the client says first on a new connection, before any operation (often nothing).

        Asked for after ``reset``, once a connection.
        """
        return b""

    @property
    def awaits_greeting(self) -> bool:
        """Whether the server speaks before the first operation. Until it has, none is sent.

        A forwarder in between (a container engine's, a load balancer) accepts connections
        for a server that is dead; a greeting comes from a living one alone, and what was
        never sent definitely did not happen.
        """
        return False

    def greeted(self, data: bytes) -> bool:
        """Feed the first bytes of a connection; whether the greeting is complete.

        Raises GarbledAnswer when they are something else.
        """
        return True


class Client(Protocol):
    """One worker's client, pinned to one node. Never raises; always completes once."""

    def invoke(self, invocation: Invocation, complete: Callable[[Completion], None]) -> None:
        """Start the operation; ``complete`` is called exactly once, from the event loop."""

    async def close(self) -> None:
        """Drop the connection."""
