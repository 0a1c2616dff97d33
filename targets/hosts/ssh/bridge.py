"""An SSH channel as asyncio's reader and writer: paramiko lives in threads, the harness does not.

One thread a channel carries bytes between it and a pair of sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import socket
import threading
from collections import deque
from typing import Any

PIECE_BYTES = 65536
COMPLAINT_PIECES_MAX = 50


class Bridge:
    """Carries a channel's bytes until either side ends. ``complaint`` is what came on stderr."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._ours, self._theirs = socket.socketpair()
        self._errors: deque[bytes] = deque(maxlen=COMPLAINT_PIECES_MAX)
        # A daemon: one that waits for a machine which is gone must not keep us from ending.
        self._thread = threading.Thread(target=self._carry, daemon=True, name="ssh-bridge")

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The harness's end."""
        reader, writer = await asyncio.open_connection(sock=self._ours)
        self._thread.start()
        return reader, writer

    @property
    def complaint(self) -> str:
        """The last that the command wrote to its stderr."""
        return b"".join(self._errors).decode(errors="replace").strip()

    def join(self, timeout_s: float) -> None:
        """Wait until both sides have ended."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _carry(self) -> None:
        # Whatever breaks, the harness sees the end of its stream and says so.
        with contextlib.suppress(OSError, EOFError), selectors.DefaultSelector() as ready:
            ready.register(self._channel, selectors.EVENT_READ)
            ready.register(self._theirs, selectors.EVENT_READ)
            while True:
                sides = [key.fileobj for key, _ in ready.select()]
                if self._theirs in sides:
                    data = self._theirs.recv(PIECE_BYTES)
                    if data:
                        self._channel.sendall(data)
                    else:
                        ready.unregister(self._theirs)
                        self._channel.shutdown_write()
                if self._channel in sides and not self._from_channel():
                    break
        self._theirs.close()
        with contextlib.suppress(OSError, EOFError):
            self._channel.close()

    def _from_channel(self) -> bool:
        """Take what is there; False at the end."""
        channel = self._channel
        # Asked first: what comes between the two questions must not be lost.
        ended = channel.eof_received or channel.closed
        while channel.recv_stderr_ready():
            self._errors.append(channel.recv_stderr(PIECE_BYTES))
        if channel.recv_ready():
            data = channel.recv(PIECE_BYTES)
            if data:
                self._theirs.sendall(data)
                return True
        return not ended
