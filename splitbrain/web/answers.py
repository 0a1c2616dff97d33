"""Kinds of answers: a page, an error that teaches, a file to keep, a page of a run in its cage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from splitbrain.web.gate import OURS, SAFE, Refusal
from splitbrain.web.rendering import render
from splitbrain.web.scripts import known_digests

if TYPE_CHECKING:
    from starlette.responses import Response

CAGED = (
    "sandbox allow-scripts; default-src 'none'; script-src {scripts}; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""The policy of a run's own pages. They are made from what histories and nodes say, perhaps by
somebody else. In the cage they have no origin, so they can read nothing of ours; no script runs
but those that this program puts into such pages (``scripts``: their digests); nothing is loaded;
and our page around them lets the frame go nowhere else (``frame-src``)."""


def page(template: str, status: int = 200, frames: str = "'none'", **values: Any) -> Response:
    """One of our pages."""
    from starlette.responses import HTMLResponse

    policy = OURS.format(frames=frames)
    headers = {**SAFE, "Content-Security-Policy": policy}
    text = render(template, **values)
    return HTMLResponse(text.encode("utf-8", errors="replace"), status, headers=headers)


def refusal(refused: Refusal, **more: Any) -> Response:
    """An error page: what was seen, what was expected, what to do."""
    answer = page("error.html", refused.status, refused=refused, **more)
    if refused.status == 405:
        answer.headers["Allow"] = "GET, HEAD"
    return answer


def data(value: Any) -> Response:
    """JSON for our own scripts."""
    from starlette.responses import JSONResponse

    return JSONResponse(value, headers={**SAFE, "Content-Security-Policy": "default-src 'none'"})


def asset_answer(text: str, kind: str, *, kept: bool) -> Response:
    """A style or script of ours; ``kept``: its address says which version it is."""
    from starlette.responses import Response

    headers = {**SAFE, "Content-Security-Policy": "default-src 'none'"}
    headers["Cache-Control"] = "private, max-age=31536000, immutable" if kept else "no-cache"
    return Response(text, media_type=kind, headers=headers)


def caged(body: bytes) -> Response:
    """A page of a run."""
    from starlette.responses import HTMLResponse

    scripts = " ".join(f"'{digest}'" for digest in sorted(known_digests())) or "'none'"
    headers = {**SAFE, "Content-Security-Policy": CAGED.format(scripts=scripts)}
    return HTMLResponse(body, headers=headers)


def kept(content: Any, name: str, size: int | None = None) -> Response:
    """A file to keep, never one to show: whatever it holds, no browser runs it here."""
    from starlette.responses import StreamingResponse

    return StreamingResponse(
        content, media_type="application/octet-stream", headers=kept_headers(name, size)
    )


def kept_headers(name: str, size: int | None) -> Mapping[str, str]:
    """The headers of a file to keep."""
    plain = re.sub(r"[^A-Za-z0-9._+-]", "_", name)[-200:]
    return {
        **SAFE,
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Disposition": f'attachment; filename="{plain}"',
        **({} if size is None else {"Content-Length": str(size)}),
    }
