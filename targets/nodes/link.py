"""TCP connections: one outgoing a peer, and those that peers and clients make to us.

A link carries messages one way and promises nothing: what cannot be sent now is lost, as
the protocols above expect. It notices a dead path within about a second (TCP_USER_TIMEOUT)
and then dials afresh at most ``BACKOFF_S_MAX`` apart: an old connection would sit out its
retransmission back-off, which grows with the length of the cut.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from targets.nodes.frames import FrameDecoder, FrameError, encode_frame

CONNECT_S_MAX = 0.3
BACKOFF_S_MIN, BACKOFF_S_MAX = 0.02, 0.2
USER_TIMEOUT_MS = 1000
QUEUE_BYTES_MAX = 8 * 1024 * 1024
CLIENT_QUEUE_BYTES_MAX = 64 * 1024 * 1024


class Outgoing(asyncio.Protocol):
    """The connection we keep to one peer. ``send`` gathers frames, ``flush`` writes them."""

    def __init__(self, peer: str, address: tuple[str, int], hello: bytes) -> None:
        self.peer = peer
        self._address = address
        self._hello = hello
        self._frames: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._lost: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        loop = asyncio.get_running_loop()
        pause_s = BACKOFF_S_MIN
        while True:
            self._lost = loop.create_future()
            try:
                async with asyncio.timeout(CONNECT_S_MAX):
                    await loop.create_connection(lambda: self, *self._address)
            except OSError:
                # Unreachable, refused, or (TimeoutError) swallowed by a partition.
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, BACKOFF_S_MAX)
                continue
            pause_s = BACKOFF_S_MIN
            await self._lost
            await asyncio.sleep(pause_s)

    def send(self, frame: bytes) -> bool:
        """Queue ``frame``; False when it certainly will not leave: no connection, or no room."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > QUEUE_BYTES_MAX:
            return False
        self._frames.append(frame)
        return True

    def flush(self) -> None:
        """Write what was queued."""
        if self._frames and self._transport is not None:
            self._transport.write(b"".join(self._frames))
            self._frames.clear()

    def close(self) -> None:
        """Drop the connection; ``run`` would make another one."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        _set_options(transport)
        transport.write(self._hello)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self._transport = None
        self._frames.clear()
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)


class Incoming(asyncio.Protocol):
    """A connection somebody made to us; every message it carries goes to ``receive``."""

    def __init__(
        self,
        receive: Callable[[Incoming, Any], None],
        complain: Callable[[str], None],
        greeting: bytes = b"",
    ) -> None:
        self._receive = receive
        self._greeting = greeting
        self._complain = complain
        self._decoder = FrameDecoder()
        self._frames: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self.peer: str | None = None
        """The member at the other end, once it has said so; clients have none."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        _set_options(transport)
        self._transport = transport
        if self._greeting:
            transport.write(self._greeting)

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        try:
            for message in self._decoder.feed(data):
                self._receive(self, message)
        except FrameError as error:
            self._complain(f"closes a connection: {error}")
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self._transport = None

    def send(self, body: dict[str, Any]) -> bool:
        """Queue a message for the other end; nothing happens when it has gone."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > CLIENT_QUEUE_BYTES_MAX:
            self._complain("closes a connection whose client does not read its answers")
            transport.abort()
            return False
        self._frames.append(encode_frame(body))
        return True

    def flush(self) -> None:
        """Write what was queued."""
        if self._transport is not None:
            self._transport.write(b"".join(self._frames))
        self._frames.clear()

    def close(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


def _set_options(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Linux only; elsewhere a cut path is noticed later.
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        connection.setsockopt(socket.IPPROTO_TCP, option, USER_TIMEOUT_MS)
