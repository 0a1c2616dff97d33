"""Where a server listens, and how it is told."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PORT = 7420
LOOPBACK = "127.0.0.1"
BACKLOG = 128


class Unbound(Exception):
    """A place that cannot be listened at; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """A socket that listens, and what it is called."""

    socket: socket.socket
    host: str
    port: int
    public: bool

    @property
    def url(self) -> str:
        """The address to open."""
        host = self.host
        if host in ("0.0.0.0", "::"):
            host = socket.gethostname()
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    @property
    def names(self) -> frozenset[str]:
        """The names by which requests may call us."""
        own = {socket.gethostname(), socket.getfqdn()} if self.public else set[str]()
        return frozenset(name.lower() for name in ("localhost", self.host, *own))


def listen(host: str, port: int | None) -> Place:
    """Listen at ``host``; without a port at the usual one, or where that is taken at any.

    Raises Unbound.
    """
    try:
        found = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unbound(f"--bind: {host!r} is no address of a machine ({error}).") from None
    family, _, _, _, address = found[0]
    public = not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback
    for candidate in (port,) if port is not None else (PORT, 0):
        try:
            opened = _opened(family, (address[0], candidate, *address[2:]))
        except OSError as error:
            if port is None and candidate:
                continue
            raise Unbound(_why(host, candidate, error)) from None
        return Place(opened, host, opened.getsockname()[1], public)
    raise AssertionError("there is always a last one")


def _opened(family: int, address: tuple[object, ...]) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port that a server has just left may be taken again.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
    except BaseException:
        opened.close()
        raise
    return opened


def _why(host: str, port: int, error: OSError) -> str:
    import errno

    if error.errno == errno.EADDRINUSE:
        return (
            f"--port: {port} of {host} is taken by another program; name another, or 0 for any "
            "that is free."
        )
    if error.errno == errno.EACCES:
        return f"--port: {port} is kept for root; name one from 1024 up, or 0 for any."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--bind: {host} is no address of this machine."
    return f"cannot listen at {host}, port {port}: {error.strerror or error}."


def serve(app: ASGIApp, sockets: Sequence[socket.socket]) -> None:
    """Answer until interrupted (KeyboardInterrupt, at once)."""
    import logging

    import uvicorn

    # What goes wrong in an answer is told by the app; that the end came in the middle of one is
    # what was asked for.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False
    config = uvicorn.Config(
        app,
        lifespan="off",
        loop="asyncio",
        http="h11",
        ws="none",
        log_config=None,
        # An access log would hold the token.
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=0,
        limit_concurrency=200,
    )
    uvicorn.Server(config).run(sockets=list(sockets))
