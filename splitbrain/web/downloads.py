"""What of a run can be had to keep: each of its files, and all of it as a bundle."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histories.archive import ArchiveError
from splitbrain.text import clipped
from splitbrain.web import answers
from splitbrain.web.apart import Pipe, apart, each
from splitbrain.web.files import NoSuchFile, blocks, opened
from splitbrain.web.gate import Refusal
from splitbrain.web.naming import Found, the_run
from splitbrain.web.shelf import strange_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from splitbrain.archive.summary import RunSummary
    from splitbrain.web.site import Site


async def file(site: Site, request: Request) -> Response:
    """A file of a run, to keep."""
    run, name = request.path_params["run"], request.path_params["name"]

    def found() -> int | Response:
        one = the_run(site, run, None)
        if not isinstance(one, Found):
            return one
        try:
            return opened(site.store, one.run.run, name)
        except NoSuchFile as error:
            return answers.refusal(
                Refusal(
                    404,
                    "There is no such file",
                    f"{clipped(str(error), 300)}. The files of this run are listed on its page.",
                )
            )

    descriptor = await apart(found)
    if not isinstance(descriptor, int):
        return descriptor
    size = os.fstat(descriptor).st_size
    if request.method == "HEAD":
        os.close(descriptor)
        return answers.kept(iter(()), f"{run}-{Path(name).name}", size)
    return answers.kept(each(_of_size(descriptor, size)), f"{run}-{Path(name).name}", size)


def _of_size(descriptor: int, size: int) -> Any:
    """What was there when it was asked for: a journal may grow meanwhile."""
    for block in blocks(descriptor):
        yield block[:size]
        size -= len(block[:size])
        if size <= 0:
            return


async def bundle(site: Site, request: Request) -> Response:
    """A run as one file, as ``splitbrain export`` writes it; made while it is sent."""
    from splitbrain.archive.bundle import SUFFIX, stream

    def found() -> Found | Response:
        one = the_run(site, request.path_params["run"], "/runs/{}/bundle")
        if not isinstance(one, Found):
            return one
        why = _unbundled(one.run)
        if why is None:
            return one
        return answers.refusal(Refusal(409, "This run cannot be exported", why))

    one = await apart(found)
    if not isinstance(one, Found):
        return one
    folder = one.run.folder
    name = f"{folder.name}{SUFFIX}"
    if request.method == "HEAD":
        return answers.kept(iter(()), name)
    return answers.kept(Pipe().sent(lambda pipe: stream(folder, pipe)), name)


def _unbundled(run: RunSummary) -> str | None:
    """Why there is no bundle of a run; None where there is one."""
    from splitbrain.archive.bundle import unbundled_because
    from splitbrain.run_files import journal_of, read_manifest

    if (strange := strange_in(run.folder)) is not None:
        return f"{strange} of this run is a link, or no ordinary file."
    if (why := unbundled_because(run.folder)) is not None:
        return why
    try:
        read_manifest(run.folder)
    except ArchiveError as error:
        return clipped(str(error), 500)
    if not journal_of(run.folder).is_file():
        return f"{run.run} has no journal: nothing was recorded."
    return None
