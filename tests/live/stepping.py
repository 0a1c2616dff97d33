"""A client core on a plain socket of loopback, to be led through an operation step by step."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from clients.client import ClientCore, Completion, GarbledAnswer, Invocation

UP_WITHIN_S = 60.0
GREETED_WITHIN_S, ANSWERED_WITHIN_S = 5.0, 30.0


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on, each another."""
    with ExitStack() as held:
        servers = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


class Connection:
    """One connection of one core."""

    def __init__(self, port: int, core: ClientCore) -> None:
        self.core = core
        self.socket = socket.create_connection(("127.0.0.1", port), GREETED_WITHIN_S)
        try:
            core.reset()
            self.socket.sendall(core.opening())
            while core.awaits_greeting and not core.greeted(self._bytes()):
                pass
        except BaseException:
            self.socket.close()
            raise
        self.socket.settimeout(ANSWERED_WITHIN_S)

    def _bytes(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError
        return data

    def begin(self, f: str, key: Any = None, value: Any = None) -> bytes:
        """The operation's first requests, not yet sent."""
        return self.core.encode(Invocation(0, f, key, value))

    def step(self, requests: bytes) -> Completion | bytes:
        """Send them; the next requests, not yet sent, or the end."""
        self.socket.sendall(requests)
        told = None
        while told is None:
            told = self.core.receive(self._bytes())
        return told

    def finish(self, told: Completion | bytes) -> Completion:
        """All steps that are left."""
        while isinstance(told, bytes):
            told = self.step(told)
        return told

    def do(self, f: str, key: Any = None, value: Any = None) -> Completion:
        """The whole operation."""
        return self.finish(self.begin(f, key, value))


class Server:
    """A server's port, and the connections to it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._made: list[Connection] = []

    def connect(self, core: ClientCore) -> Connection:
        """A connection, when the server is up."""
        deadline = time.monotonic() + UP_WITHIN_S
        while True:
            try:
                return self.connect_at_once(core)
            except (ConnectionError, TimeoutError):
                assert time.monotonic() < deadline, "the server does not come up"
                time.sleep(0.05)

    def connect_at_once(self, core: ClientCore) -> Connection:
        """A connection; GarbledAnswer where the server refuses the core's session."""
        made = Connection(self.port, core)
        self._made.append(made)
        return made

    def close(self) -> None:
        """Close all connections."""
        for connection in self._made:
            connection.socket.close()


@contextmanager
def serving(port: int) -> Iterator[Server]:
    """The server at this port; its connections are closed in the end."""
    server = Server(port)
    try:
        yield server
    finally:
        server.close()


__all__ = ["Connection", "GarbledAnswer", "Server", "free_ports", "serving"]
