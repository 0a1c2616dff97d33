"""A site asked in-process, as a browser would over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from splitbrain.web.app import make_app
from splitbrain.web.gate import Gate
from splitbrain.web.shelf import Shelf
from splitbrain.web.site import Site

BASE = "http://127.0.0.1:7420"


def site_of(store: Path, **gate: Any) -> Site:
    site = Site(store, Gate(**gate))
    # What a test has just changed is seen at once.
    site.shelf = Shelf(store, fresh_s=-1)
    return site


class Asking:
    """Asks one site. Each request is one of its own: no cookie is remembered."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def ask(self, address: str, method: str = "GET", **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(make_app(self.site))
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, address, **more)

        return asyncio.run(asked())

    def text(self, address: str, status: int = 200, **more: Any) -> str:
        answer = self.ask(address, **more)
        assert answer.status_code == status, (answer.status_code, answer.text[:1500])
        return answer.text

    def raw(self, address: str) -> tuple[int, str]:
        """Ask for an address as it stands: no client tidies its dots away."""
        seen: list[Any] = []
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": unquote(address),
            "raw_path": address.encode(),
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1:7420")],
            "http_version": "1.1",
            "server": ("127.0.0.1", 7420),
        }

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            seen.append(message)

        asyncio.run(make_app(self.site)(scope, receive, send))
        return seen[0]["status"], b"".join(m.get("body", b"") for m in seen).decode()


def asking(store: Path, **gate: Any) -> Asking:
    return Asking(site_of(store, **gate))
