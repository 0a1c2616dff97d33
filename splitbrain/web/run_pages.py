"""The pages of a run: what it found, its files, its own pages in their cage, two side by side."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse

from histories.archive import ArchiveError
from splitbrain.archive.names import EXPLANATION, MANIFEST, PAGE
from splitbrain.archive.summary import read_object
from splitbrain.text import clipped
from splitbrain.web import answers
from splitbrain.web.apart import Pipe, apart, each
from splitbrain.web.comparing import count_measures, fault_pairs, plan_rows
from splitbrain.web.files import NoSuchFile, blocks, files_of, opened
from splitbrain.web.gate import SAFE, Refusal
from splitbrain.web.glossary import meant_by
from splitbrain.web.shelf import strange_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from splitbrain.archive.summary import RunSummary
    from splitbrain.record import RunRecord
    from splitbrain.web.site import Site
    from splitbrain.web.told import Told

OWN_PAGES = {PAGE: "Report", EXPLANATION: "Why: every order that was possible"}
LISTED_MAX = 12


async def run_page(site: Site, request: Request) -> Response:
    """A run: what it found, drawn, and everything there is of it."""
    found = await apart(lambda: _the(site, request.path_params["run"], "/runs/{}"))
    if not isinstance(found, _Run):
        return found
    run = found.run
    return await apart(lambda: _shown(site, run))


def _shown(site: Site, run: RunSummary) -> Response:
    told, trouble = _told(site, run)
    strange = strange_in(run.folder)
    error = None
    if run.state == "failed" and strange is None:
        said = (read_object(run.folder / MANIFEST) or {}).get("error")
        error = clipped(said, 2000) if isinstance(said, str) else None
    files = [] if strange else files_of(site.store, run.run)
    names = {file.name for file in files}
    alive = run.alive
    live = site.following.of(run.run) if run.verdict is None and strange is None else None
    return answers.page(
        "run.html",
        run=run,
        told=told,
        trouble=trouble,
        error=error,
        live=live,
        alive=alive,
        meaning=meant_by(run.outcome),
        files=files,
        logs=[file for file in files if "/" in file.name],
        reports={
            name: title
            for name, title in OWN_PAGES.items()
            if name in names or (name == PAGE and told is not None)
        },
        before=_before(site, run),
    )


def untellable() -> tuple[type[Exception], ...]:
    """What reading a run ends with whose files are damaged, or gone by now."""
    from histories.errors import HistoryError
    from nemesis.ledger import LedgerError

    return (ArchiveError, HistoryError, LedgerError, OSError)


def pages_of(record: RunRecord) -> dict[str, str]:
    """A run's own pages, made now."""
    from splitbrain.run_files import pages

    return dict(pages(record))


def _told(site: Site, run: RunSummary) -> tuple[Told | None, str | None]:
    """A finished run told; else why it cannot be."""
    if run.verdict is None:
        return None, None
    try:
        return site.told(run), None
    except OSError as error:
        return None, f"{Path(str(error.filename)).name}: {error.strerror}"
    except untellable() as error:
        return None, clipped(str(error).replace("\n", " "), 1000)


def _before(site: Site, run: RunSummary) -> RunSummary | None:
    """The run before this one that one would compare it with."""
    runs = site.shelf.runs()
    place = next((i for i, one in enumerate(runs) if one.run == run.run), 0)
    like = (
        one
        for one in reversed(runs[:place])
        if (one.system, one.workload) == (run.system, run.workload) and one.verdict is not None
    )
    return next(like, None)


class _Run:
    """A run that was found."""

    def __init__(self, run: RunSummary) -> None:
        self.run = run


def _the(site: Site, text: str, address: str | None) -> _Run | Response:
    """The one run of this name; or the answer that there is none, many, or where it is."""
    from splitbrain.web.rendering import part

    found = site.shelf.find(text)
    if len(found) == 1:
        if found[0].run != text and address is not None:
            where = address.format(part(found[0].run))
            return RedirectResponse(where, 307, headers=dict(SAFE))
        return _Run(found[0])
    seen = clipped(text, 100)
    if not found:
        return answers.refusal(
            Refusal(
                404,
                "There is no such run",
                f"No run in this store is called {seen!r}. It may have been removed since "
                "(splitbrain prune), or belong to another store (splitbrain serve --store). "
                "A run is named by its whole name, or the six digits at the end of it.",
            )
        )
    return answers.refusal(
        Refusal(404, "That could be several runs", f"{seen!r} could mean {len(found):,} runs."),
        runs=found[-LISTED_MAX:],
    )


async def state(site: Site, request: Request) -> Response:
    """How far a run is that goes on, for its page."""

    def told() -> Response:
        found = _the(site, request.path_params["run"], None)
        if not isinstance(found, _Run):
            return found
        run = found.run
        over = run.verdict is not None or not run.alive
        live = {} if over or strange_in(run.folder) else site.following.of(run.run)
        return answers.data({"outcome": run.outcome, "over": over} | live)

    return await apart(told)


async def file(site: Site, request: Request) -> Response:
    """A file of a run, to keep."""
    run, name = request.path_params["run"], request.path_params["name"]

    def found() -> int | Response:
        one = _the(site, run, None)
        if not isinstance(one, _Run):
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

    def found() -> _Run | Response:
        one = _the(site, request.path_params["run"], "/runs/{}/bundle")
        if not isinstance(one, _Run):
            return one
        why = _unbundled(one.run)
        if why is None:
            return one
        return answers.refusal(Refusal(409, "This run cannot be exported", why))

    one = await apart(found)
    if not isinstance(one, _Run):
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


async def shown_page(site: Site, request: Request) -> Response:
    """A run's own page in a frame of ours, which it cannot leave."""
    host = request.headers["host"]
    run, name = request.path_params["run"], request.path_params["name"]
    return await apart(lambda: _around(site, run, name, f"{request.url.scheme}://{host}"))


def _around(site: Site, text: str, name: str, origin: str) -> Response:
    from splitbrain.web.rendering import part

    if name not in OWN_PAGES:
        return _no_page(f"{clipped(name, 60)!r} is none of them: {', '.join(OWN_PAGES)}.")
    found = _the(site, text, f"/runs/{{}}/show/{name}")
    if not isinstance(found, _Run):
        return found
    run = found.run
    told, trouble = _told(site, run) if _file_of(site, run.run, name) is None else (None, None)
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


async def compare(site: Site, request: Request) -> Response:
    """Two runs side by side."""
    asked = request.query_params.getlist("run")
    if len(asked) != 2:
        return answers.refusal(
            Refusal(
                400,
                "Two runs are compared",
                f"Seen {len(asked)}. Choose two in the list (the boxes at the left, or x on the "
                "keyboard), then Compare.",
            )
        )
    return await apart(lambda: _compared(site, asked))


def _compared(site: Site, asked: list[str]) -> Response:
    sides: list[RunSummary] = []
    for text in asked:
        found = _the(site, text, None)
        if not isinstance(found, _Run):
            return found
        sides.append(found.run)
    told = [_told(site, run) for run in sides]
    left, right = (one for one, _ in told)
    plans = [
        one.plan if one is not None else _plan_of(run)
        for run, (one, _) in zip(sides, told, strict=True)
    ]
    rows = plan_rows(*plans)
    both = left is not None and right is not None
    return answers.page(
        "compare.html",
        left=sides[0],
        right=sides[1],
        tolds=(left, right),
        troubles=[trouble for _, trouble in told],
        differing=[row for row in rows if row.differs],
        same=[row for row in rows if not row.differs],
        counts=count_measures(left, right) if both else [],  # type: ignore[arg-type]
        faults=fault_pairs(left, right) if both else [],  # type: ignore[arg-type]
        both=both,
    )


def _plan_of(run: RunSummary) -> dict[str, Any]:
    plan = (
        None if strange_in(run.folder) else (read_object(run.folder / MANIFEST) or {}).get("plan")
    )
    return plan if isinstance(plan, dict) else {}
