"""The control process of one machine: it holds the network namespace and makes the rules.

It answers framed JSON requests (4-byte big-endian length, UTF-8) one at a time:

    hello      {"token"}                        -> {"pid"}       must come first
    configure  {"interface", "address", "prefix"} -> null        brings the interface and lo up
    refuse     {"addresses"}                    -> null          the whole set, at once
    dropped    {}                               -> {address: packets}
    lose_power {"path", "keep"}                 -> what was cut  see targets.nodes.disk
    ping       {}                               -> null

Answers are ``{"id", "ok": true, "value"}`` or ``{"id", "ok": false, "error"}``. When the
connection ends, for whatever reason, every rule is taken away: a harness that was killed
leaves no partition behind.
"""

from __future__ import annotations

import hmac
import json
import os
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from targets.hosts.rules import NetfilterTable, Refusals

TOKEN_VARIABLE = "SPLITBRAIN_AGENT_TOKEN"
FRAME_BYTES_MAX = 16 * 1024 * 1024
HELLO_TIMEOUT_S = 5.0


Command = Callable[[dict[str, Any]], Any]


class Stream(Protocol):
    """What an agent needs of a connection; a socket is one."""

    def settimeout(self, timeout_s: float | None, /) -> None:
        """How long ``recv`` may wait."""

    def recv(self, count: int, /) -> bytes:
        """Bytes that have come; empty at the end."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""


class Agent:
    """Answers the requests of one machine. ``refusals`` outlive connections.

    ``more`` are commands that a host has besides those above.
    """

    def __init__(
        self, refusals: Refusals, token: str, more: Mapping[str, Command] | None = None
    ) -> None:
        self._refusals = refusals
        self._token = token
        self._commands: dict[str, Command] = {
            "configure": self._configure,
            "refuse": self._refuse,
            "dropped": lambda request: self._refusals.dropped(),
            "lose_power": self._lose_power,
            "ping": lambda request: None,
            **(more or {}),
        }

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request; an error is answered, never raised."""
        name = str(request.get("command"))
        command = self._commands.get(name)
        answer: dict[str, Any] = {"id": request.get("id")}
        if command is None:
            known = ", ".join(sorted(self._commands))
            return answer | {"ok": False, "error": f"unknown command {name!r}; known: {known}"}
        try:
            return answer | {"ok": True, "value": command(request)}
        except Exception as error:
            return answer | {"ok": False, "error": f"{name}: {type(error).__name__}: {error}"}

    def serve(self, connection: Stream) -> None:
        """Answer one harness until its connection ends, then take every rule away."""
        try:
            connection.settimeout(HELLO_TIMEOUT_S)
            if not self._greet(connection):
                return
            connection.settimeout(None)
            while (request := receive(connection)) is not None:
                send(connection, self.handle(request))
        except (OSError, ValueError):
            # A harness that was killed resets its connection; a frame that is no JSON
            # is no harness of ours. Either way the connection is over.
            return
        finally:
            self._refusals.refuse(())

    def _greet(self, connection: Stream) -> bool:
        request = receive(connection)
        if request is None:
            return False
        told = str(request.get("token"))
        if request.get("command") != "hello" or not hmac.compare_digest(
            told.encode(), self._token.encode()
        ):
            send(connection, {"id": request.get("id"), "ok": False, "error": "wrong token"})
            return False
        send(connection, {"id": request.get("id"), "ok": True, "value": {"pid": os.getpid()}})
        return True

    def _refuse(self, request: dict[str, Any]) -> None:
        addresses = request["addresses"]
        for address in addresses:
            socket.inet_aton(address)
        self._refusals.refuse(addresses)

    def _configure(self, request: dict[str, Any]) -> None:
        from pyroute2 import IPRoute

        with IPRoute() as links:
            links.link("set", index=links.link_lookup(ifname="lo")[0], state="up")
            index = links.link_lookup(ifname=request["interface"])[0]
            links.addr("add", index=index, address=request["address"], prefixlen=request["prefix"])
            links.link("set", index=index, state="up")

    def _lose_power(self, request: dict[str, Any]) -> Any:
        from targets.nodes.disk import drop_unsynced

        return drop_unsynced(Path(request["path"]), float(request["keep"]))


def send(connection: Stream, message: dict[str, Any]) -> None:
    """Write one frame."""
    payload = json.dumps(message).encode()
    connection.sendall(struct.pack(">I", len(payload)) + payload)


def receive(connection: Stream) -> dict[str, Any] | None:
    """Read one frame; None at the end of the stream. ValueError when it is no frame of ours."""
    header = _exactly(connection, 4)
    if header is None:
        return None
    (length,) = struct.unpack(">I", header)
    if length > FRAME_BYTES_MAX:
        raise ValueError(f"a frame of {length} bytes; at most {FRAME_BYTES_MAX} are allowed")
    payload = _exactly(connection, length)
    if payload is None:
        return None
    message = json.loads(payload)
    if not isinstance(message, dict):
        raise ValueError(f"a frame holds a JSON object, not {type(message).__name__}")
    return message


def _exactly(connection: Stream, count: int) -> bytes | None:
    received = bytearray()
    while len(received) < count:
        piece = connection.recv(count - len(received))
        if not piece:
            return None
        received += piece
    return bytes(received)


def main() -> None:
    """Listen on the port given as the only argument and serve one harness after the other."""
    port = int(sys.argv[1])
    agent = Agent(Refusals(NetfilterTable()), os.environ[TOKEN_VARIABLE])
    with socket.create_server(("0.0.0.0", port)) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                agent.serve(connection)


if __name__ == "__main__":
    main()
