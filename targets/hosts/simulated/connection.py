"""A client's connection to a node: bytes both ways, in order, each a latency later.

The client's end is an asyncio transport, so that clients and status requests run as they
are. No fault cuts it: the harness reaches every node that lives, as on the other hosts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from targets.hosts.simulated.loop import VirtualLoop
from targets.nodes.frames import FrameDecoder

Hear = Callable[["Connection", bytes | None], None]
"""What the node's process does with bytes that arrived; None: the client has hung up."""


class Connection(asyncio.Transport):
    """Both ends. ``protocol`` is the client's; ``hear`` belongs to the process that accepted."""

    def __init__(
        self,
        loop: VirtualLoop,
        latency_ns: Callable[[], int],
        protocol: asyncio.Protocol,
        hear: Hear,
    ) -> None:
        super().__init__()
        self.decoder = FrameDecoder()
        self._loop = loop
        self._latency_ns = latency_ns
        self._protocol: asyncio.Protocol | None = protocol
        self._hear: Hear | None = hear
        self._to_node_ns = self._to_client_ns = loop.now_ns

    # The client's end.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send to the node."""
        self._to_node_ns = self._due(self._to_node_ns)
        self._loop.at(self._to_node_ns, self._arrive, bytes(data))

    def abort(self) -> None:
        """Hang up; the protocol is told at once."""
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            self._loop.call_soon(protocol.connection_lost, None)
            self._to_node_ns = self._due(self._to_node_ns)
            self._loop.at(self._to_node_ns, self._arrive, None)

    def close(self) -> None:
        """As ``abort``: there is no buffer to flush."""
        self.abort()

    def is_closing(self) -> bool:
        """Whether this end is closed."""
        return self._protocol is None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing is known of a connection that is none."""
        return default

    def pause_reading(self) -> None:
        """Bytes keep coming: a simulated client is never too slow."""

    def resume_reading(self) -> None:
        """Bytes have not stopped."""

    def _arrive(self, data: bytes | None) -> None:
        if self._hear is not None:
            self._hear(self, data)

    # The node's end.

    def reply(self, data: bytes) -> bool:
        """Send to the client; False when this end is closed."""
        if self._hear is None:
            return False
        self._to_client_ns = self._due(self._to_client_ns)
        self._loop.at(self._to_client_ns, self._deliver, data)
        return True

    def hang_up(self) -> None:
        """Close the node's end; the client learns of it after what was sent before."""
        if self._hear is not None:
            self._hear = None
            self._to_client_ns = self._due(self._to_client_ns)
            self._loop.at(self._to_client_ns, self._lose)

    def _deliver(self, data: bytes) -> None:
        if self._protocol is not None:
            self._protocol.data_received(data)

    def _lose(self) -> None:
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.connection_lost(None)

    def _due(self, not_before_ns: int) -> int:
        return max(self._loop.now_ns + self._latency_ns(), not_before_ns)
