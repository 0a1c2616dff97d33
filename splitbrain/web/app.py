"""The site: which address is answered by what, and what becomes of an error."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from splitbrain.text import clipped, printable
from splitbrain.web import answers, downloads, listing, own_pages, run_pages
from splitbrain.web.gate import Refusal
from splitbrain.web.rendering import asset, digest

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from splitbrain.web.site import Site

ASSETS = {
    "style.css": "text/css",
    "drawing.css": "text/css",
    "keys.js": "text/javascript",
    "live.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
Answer = Callable[["Site", Request], Awaitable[Response]]


def make_app(site: Site) -> Guarded:
    """The application, its gate before it."""
    routes: list[tuple[str, Answer]] = [
        ("/", listing.list_runs),
        ("/pulse.json", listing.pulse),
        ("/compare", run_pages.compare),
        ("/runs/{run}", run_pages.run_page),
        ("/runs/{run}/state.json", run_pages.state),
        ("/runs/{run}/bundle", downloads.bundle),
        ("/runs/{run}/files/{name:path}", downloads.file),
        ("/runs/{run}/show/{name}", own_pages.shown_page),
        ("/frame/{run}/{mark}/{name}", own_pages.framed),
        ("/static/{name}", static),
    ]
    app = Starlette(
        routes=[
            Route(path, _bound(site, answer), methods=["GET", "HEAD"]) for path, answer in routes
        ],
    )
    # A slash more or less is another address.
    app.router.redirect_slashes = False
    return Guarded(app, site)


def _bound(site: Site, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await answer(site, request)

    return endpoint


class Guarded:
    """An application behind a gate, whose errors are pages."""

    def __init__(self, app: Starlette, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        gate = self._site.gate
        refused = gate.refuses(request)
        token = request.query_params.get("token", "")
        asked = refused is None or refused.status == 401
        if asked and token and gate.lets_in(token):
            await self._welcome(request, token)(scope, receive, send)
            return
        if refused is not None:
            await answers.refusal(refused)(scope, receive, send)
            return
        await self._answered(scope, receive, send)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.exceptions import HTTPException

        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app.router({**scope, "app": self._app}, receive, sent)
            return
        except HTTPException as error:
            path = clipped(str(scope.get("path", "")), 200)
            what = Refusal(
                error.status_code,
                "There is nothing here",
                f"Nothing is called {path!r}. Runs are listed at /; a run is at /runs/ and its "
                "name, or the digits at the end of it.",
            )
        except Exception as error:
            _complain(error)
            if begun:
                # A browser tells a cut-off file from a whole one.
                raise ConnectionAbortedError from None
            what = Refusal(
                500,
                "This is a bug of splitbrain",
                f"{type(error).__name__}: {clipped(str(error), 500)}. It says nothing about the "
                "run. The server goes on; its terminal says more with splitbrain --debug serve.",
            )
        await answers.refusal(what)(scope, receive, send)

    def _welcome(self, request: Request, token: str) -> Response:
        """Keep the token in a cookie, and go to the same address without it.

        By a page of ours, not by a redirection: whoever followed a link from elsewhere would
        arrive without the cookie, which is kept from others' requests.
        """
        query = urlencode([(k, v) for k, v in request.query_params.multi_items() if k != "token"])
        # Never //host/…: that would be another site.
        path = "/" + request.url.path.lstrip("/")
        where = path + (f"?{query}" if query else "")
        answer = answers.page("welcome.html", where=where)
        answer.set_cookie(
            self._site.gate.cookie, token, httponly=True, samesite="strict", path="/", secure=False
        )
        return answer


def _complain(error: Exception) -> None:
    told = f"splitbrain: a page could not be made: {type(error).__name__}: {error}"
    if os.environ.get("SPLITBRAIN_DEBUG"):
        told = "".join(traceback.format_exception(error)).rstrip()
    print(printable(told[:20_000]), file=sys.stderr, flush=True)  # noqa: T201


async def static(site: Site, request: Request) -> Response:
    """A style or script of ours."""
    name = request.path_params["name"]
    if name not in ASSETS:
        return answers.refusal(Refusal(404, "There is nothing here", "No file of ours has it."))
    kept = request.url.query == digest(name)
    return answers.asset_answer(asset(name), ASSETS[name], kept=kept)
