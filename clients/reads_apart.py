"""A client of two connections: one for reads, one for whatever may change the system."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from clients.client import Client, Completion, Invocation


class ReadsApart:
    """Reads go by a connection (and session) of their own, pinned to the same node.

    So a change that waits for a quorum, and the end of its session, do not keep a node from
    being read; and what a process reads is not ordered after what it has just written.
    """

    def __init__(self, reading: Client, changing: Client) -> None:
        self._reading = reading
        self._changing = changing

    def invoke(self, invocation: Invocation, complete: Callable[[Completion], None]) -> None:
        """Start the operation on its connection; ``complete`` is called once."""
        client = self._reading if invocation.f == "read" else self._changing
        client.invoke(invocation, complete)

    async def close(self) -> None:
        """Drop both connections."""
        await asyncio.gather(self._reading.close(), self._changing.close())
