"""A resource that only a lock protects: clients read it whole and write it back whole.

It lives in the harness and is itself beyond doubt: a read gives what was written last. Two
clients that hold the lock at once read the same and write one after the other, and what the
first has added is gone:

    client 1   |- locked, reads {} ------------- writes {1} -|
    client 2            |- locked, reads {} ----------------------- writes {2} -|     1 is lost

With *fencing* (Kleppmann, "How to do distributed locking", 2016) each holder shows a token that
grows from holder to holder, and the resource turns away whoever comes with an older one than
it has seen: the first write above is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from clients.client import Client, Completion, Invocation
from histories.event import Outcome


class Fenced(Exception):
    """A token older than one that was seen."""


class Resource:
    """A set that is read whole and written whole."""

    def __init__(self) -> None:
        self._elements: frozenset[int] = frozenset()
        self._token: int | None = None

    def read(self, token: int | None = None) -> frozenset[int]:
        """What was written last. Raises Fenced for a token that is too old."""
        self._admit(token)
        return self._elements

    def write(self, elements: frozenset[int], token: int | None = None) -> None:
        """Put ``elements`` in the place of what is there. Raises Fenced, and changes nothing."""
        self._admit(token)
        self._elements = elements

    def _admit(self, token: int | None) -> None:
        if token is None:
            return
        if self._token is not None and token < self._token:
            raise Fenced(f"token {token}, and {self._token} was seen")
        self._token = token


class ResourceClient:
    """Reads the resource itself; whatever changes it goes by ``locking``, under the lock."""

    def __init__(self, resource: Resource, locking: Client) -> None:
        self._resource = resource
        self._locking = locking

    def invoke(self, invocation: Invocation, complete: Callable[[Completion], None]) -> None:
        """Start the operation; ``complete`` is called once, from the event loop."""
        if invocation.f != "read":
            self._locking.invoke(invocation, complete)
            return
        completion = Completion(Outcome.OK, sorted(self._resource.read()))
        asyncio.get_running_loop().call_soon(complete, completion)

    async def close(self) -> None:
        """Drop the connection."""
        await self._locking.close()
