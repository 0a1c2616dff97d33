"""A run's own pages, report and explanation: around them a frame of ours, which is their cage."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from splitbrain.archive.names import EXPLANATION, PAGE
from splitbrain.text import clipped
from splitbrain.web import answers
from splitbrain.web.apart import apart
from splitbrain.web.files import NoSuchFile, blocks, opened
from splitbrain.web.gate import Refusal
from splitbrain.web.naming import Found, the_run, told_of, untellable
from splitbrain.web.rendering import part

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from splitbrain.record import RunRecord
    from splitbrain.web.site import Site

OWN_PAGES = {PAGE: "Report", EXPLANATION: "Why: every order that was possible"}


async def shown_page(site: Site, request: Request) -> Response:
    """A run's own page in a frame of ours, which it cannot leave."""
    host = request.headers["host"]
    run, name = request.path_params["run"], request.path_params["name"]
    return await apart(lambda: _around(site, run, name, f"{request.url.scheme}://{host}"))


def _around(site: Site, text: str, name: str, origin: str) -> Response:
    if name not in OWN_PAGES:
        return _no_page(f"{clipped(name, 60)!r} is none of them: {', '.join(OWN_PAGES)}.")
    found = the_run(site, text, f"/runs/{{}}/show/{name}")
    if not isinstance(found, Found):
        return found
    run = found.run
    told, trouble = told_of(site, run) if _file_of(site, run.run, name) is None else (None, None)
    if name != PAGE and told is not None and not told.findings:
        told, trouble = None, "Nothing was refuted, so there is nothing to explain."
    if told is None and _file_of(site, run.run, name) is None:
        return _no_page(trouble or "It is made once the run has a verdict.")
    below = f"{origin}/frame/{part(run.run)}/{site.frame(run.run)}/"
    return answers.page(
        "framed.html",
        frames=" ".join(f"{below}{one}" for one in OWN_PAGES),
        run=run,
        name=name,
        title=OWN_PAGES[name],
        source=f"{below}{name}".removeprefix(origin),
    )


def _file_of(site: Site, run: str, name: str) -> int | None:
    """The size of a run's file; None where there is none."""
    try:
        descriptor = opened(site.store, run, name)
    except NoSuchFile:
        return None
    with os.fdopen(descriptor) as file:
        return os.fstat(file.fileno()).st_size


def _no_page(why: str) -> Response:
    return answers.refusal(Refusal(404, "There is no such page of this run", why))


async def framed(site: Site, request: Request) -> Response:
    """A run's own page, caged: as its file has it, or made now where that is not one of ours."""
    run, mark, name = (request.path_params[part] for part in ("run", "mark", "name"))
    # Outside of our frame it could lead a browser away.
    elsewhere = request.headers.get("sec-fetch-dest", "iframe") != "iframe"
    if not site.is_frame(run, mark) or name not in OWN_PAGES or elsewhere:
        return answers.refusal(
            Refusal(
                404,
                "There is no such page",
                "The pages of a run are shown from the run's page and nowhere else; or this "
                "address is of a server that has ended.",
            )
        )
    return await apart(lambda: _caged(site, run, name))


def _caged(site: Site, run: str, name: str) -> Response:
    from splitbrain.web.scripts import all_known

    body = None
    with suppress(NoSuchFile):
        body = b"".join(blocks(opened(site.store, run, name)))
        if all_known(body.decode("utf-8", "replace")):
            return answers.caged(body)
    # Of another version, or changed: its scripts would not run. So it is made from the run.
    found = site.shelf.find(run)
    if len(found) == 1 and found[0].run == run and found[0].verdict is not None:
        with suppress(*untellable()):
            pages = pages_of(site.load(found[0]))
            if name in pages:
                return answers.caged(pages[name].encode("utf-8", errors="backslashreplace"))
    return _no_page("It could not be made.") if body is None else answers.caged(body)


def pages_of(record: RunRecord) -> dict[str, str]:
    """A run's own pages, made now."""
    from splitbrain.run_files import pages

    return dict(pages(record))
