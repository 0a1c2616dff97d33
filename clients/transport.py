"""The asyncio transport: an exchange's wire as one TCP connection.

Callbacks only; a task is made for dialling, never for an operation.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from clients.client import ClientCore, Completion, Invocation
from clients.clock import Clock
from clients.exchange import Exchange, Heartbeat


class TcpClient:
    """A worker's client over TCP to ``endpoint``, dialled when the first operation needs it.

    ``timeout_s`` bounds an operation, dialling included. With ``tls`` the connection is secured
    before anything is sent, the endpoint's name checked. ``resend_s`` None: an operation is
    sent once at most. ``hold_back_s`` is the pause before "this node cannot serve" is handed
    on. Needs a running event loop from the first ``invoke`` on.
    """

    def __init__(
        self,
        core: ClientCore,
        endpoint: tuple[str, int],
        clock: Clock,
        *,
        timeout_s: float,
        resend_s: float | None = None,
        hold_back_s: float = 0.1,
        tls: ssl.SSLContext | None = None,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._tls = tls
        self._connection: _Connection | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._exchange = Exchange(
            core,
            self,
            clock,
            timeout_ns=round(timeout_s * 1e9),
            resend_ns=None if resend_s is None else round(resend_s * 1e9),
            hold_back_ns=round(hold_back_s * 1e9),
            heartbeat=heartbeat,
        )

    def invoke(self, invocation: Invocation, complete: Callable[[Completion], None]) -> None:
        """Start the operation; ``complete`` is called once, from the event loop."""
        self._exchange.invoke(invocation, complete)

    async def close(self) -> None:
        """Drop the connection. An operation still open is never completed."""
        dialling = self._dialling
        self._exchange.close()
        if dialling is not None:
            await asyncio.wait([dialling])
        # The transport reports its end in the loop's next turn; only then is its socket closed.
        await asyncio.sleep(0)

    def connect(self) -> None:
        """Dial (for the exchange)."""
        self._dialling = asyncio.get_running_loop().create_task(self._dial())

    def send(self, data: bytes) -> None:
        """Send (for the exchange)."""
        assert self._connection is not None and self._connection.transport is not None
        self._connection.transport.write(data)

    def drop(self) -> None:
        """Close at once (for the exchange)."""
        if self._dialling is not None:
            self._dialling.cancel()
            self._dialling = None
        if self._connection is not None:
            self._connection.abandon()
            self._connection = None

    async def _dial(self) -> None:
        connection = self._connection = _Connection(self)
        host, port = self._endpoint
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: connection, host, port, ssl=self._tls
            )
        except ConnectionRefusedError:
            self._undialled(connection, "connection-refused")
        except ssl.SSLError:
            self._undialled(connection, "tls")
        except OSError:
            self._undialled(connection, "unreachable")
        else:
            if self._connection is connection:
                self._dialling = None

    def _undialled(self, connection: _Connection, error: str) -> None:
        if self._connection is connection:
            self._connection = self._dialling = None
            self._exchange.refused(error)

    def _made(self) -> None:
        self._exchange.connected()

    def _received(self, data: bytes) -> None:
        self._exchange.received(data)

    def _lost(self) -> None:
        self._connection = None
        self._exchange.lost()


class _Connection(asyncio.Protocol):
    """One connection of a client; once abandoned it tells nobody anything."""

    def __init__(self, owner: TcpClient) -> None:
        self.transport: asyncio.WriteTransport | None = None
        self._owner: TcpClient | None = owner

    def abandon(self) -> None:
        self._owner = None
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        if self._owner is None:
            transport.abort()
        else:
            self._owner._made()

    def data_received(self, data: bytes) -> None:
        if self._owner is not None:
            self._owner._received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner._lost()
