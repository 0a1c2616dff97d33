"""Who may ask what: looked at before anything else of a request is.

    method        GET and HEAD: there is nothing here that could be changed
    Host          ours: a page of others whose name was rebound to this machine is turned away
    origin        what another site embeds or fetches is refused; following a link to us is not
    token         where one is asked for: as ?token=, from then on in a cookie

Each answer, whatever it is, leaves with headers that say to a browser what it may do with it.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from splitbrain.text import clipped

if TYPE_CHECKING:
    from starlette.requests import Request

OURS = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src {frames}"
)
"""The policy of our own pages; ``frames`` is what they may show in a frame."""
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""Of each answer. What says otherwise itself is left as it is."""
METHODS = ("GET", "HEAD")
OPEN_FRAMES = "/frame/"
"""Below it are the pages of runs. They are shown in a frame of no origin, which sends no cookie;
who may have one is told by its address."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: the status, a heading, and what to do about it."""

    status: int
    title: str
    told: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What is asked of each request.

    ``names``: host names by which we may be called, beside addresses. ``any_address``: also by
    any address, not just those of loopback. ``token``: None where none is asked for.
    """

    names: frozenset[str] = frozenset({"localhost"})
    any_address: bool = False
    token: str | None = None
    cookie: str = field(default="splitbrain")

    def refuses(self, request: Request) -> Refusal | None:
        """Why this request is turned away; None for one that is not."""
        if request.method not in METHODS:
            return Refusal(
                405,
                "This page only shows",
                f"The request was {clipped(request.method, 20)}. Nothing can be changed here: "
                "expected GET or HEAD. Runs are tagged, removed and made by the command line "
                "(splitbrain --help).",
            )
        if not self._called(request.headers.getlist("host")):
            seen = clipped(", ".join(request.headers.getlist("host")), 100)
            names = ", ".join(sorted(self.names))
            return Refusal(
                421,
                "This is not the host that was asked for",
                f"The request was for the host {seen!r}; expected {names} or an address of this "
                "machine. Open the address that splitbrain serve has printed, or tell it this "
                "name with --name.",
            )
        if (site := request.headers.get("sec-fetch-site")) in ("cross-site", "same-site"):
            framed = request.url.path.startswith(OPEN_FRAMES)
            followed = request.headers.get("sec-fetch-dest") == "document"
            if not (followed or framed) or request.headers.get("sec-fetch-mode") != "navigate":
                return Refusal(
                    403,
                    "Another site asked for this",
                    f"A page of another site has asked for this by itself ({site}). It may link "
                    "here, and nothing else.",
                )
        if self.token is None or request.url.path.startswith(OPEN_FRAMES):
            return None
        if self.lets_in(request.cookies.get(self.cookie, "")):
            return None
        return Refusal(
            401,
            "This page asks for a token",
            "It was printed, with the whole address, when splitbrain serve was started. Open that "
            "address once in this browser; it remembers. A server that was started anew has "
            "another one.",
        )

    def lets_in(self, token: str) -> bool:
        """Whether it is the token; takes as long for one that is nearly right."""
        told = token.encode("utf-8", errors="replace")
        return self.token is not None and hmac.compare_digest(told, self.token.encode())

    def _called(self, hosts: Iterable[str]) -> bool:
        named = [host_of(host) for host in hosts]
        if len(named) != 1 or not named[0]:
            return False
        name = named[0]
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name in self.names
        return self.any_address or address.is_loopback


def host_of(text: str) -> str:
    """The name or address of a Host header, without its port; empty where it is none.

    >>> host_of("LocalHost:8080"), host_of("[::1]:80"), host_of("[::1"), host_of("a:b")
    ('localhost', '::1', '', '')
    """
    name, port = text.strip().lower(), ""
    if name.startswith("["):
        name, closed, port = name[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            return ""
        port = port.removeprefix(":")
    else:
        name, _, port = name.partition(":")
    fits = not port or (port.isascii() and port.isdigit())
    return name.removesuffix(".") if fits else ""
