"""The page of a run, what it asks while the run goes on, and two runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from splitbrain.archive.names import MANIFEST, PAGE
from splitbrain.archive.summary import read_object
from splitbrain.text import clipped
from splitbrain.web import answers
from splitbrain.web.apart import apart
from splitbrain.web.comparing import count_measures, fault_pairs, plan_rows
from splitbrain.web.files import files_of
from splitbrain.web.gate import Refusal
from splitbrain.web.naming import Found, the_run, told_of
from splitbrain.web.outcomes import meant_by
from splitbrain.web.own_pages import OWN_PAGES
from splitbrain.web.shelf import strange_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from splitbrain.archive.summary import RunSummary
    from splitbrain.web.site import Site
    from splitbrain.web.told import Told


async def run_page(site: Site, request: Request) -> Response:
    """A run: what it found, drawn, and everything there is of it."""
    found = await apart(lambda: the_run(site, request.path_params["run"], "/runs/{}"))
    if not isinstance(found, Found):
        return found
    run = found.run
    return await apart(lambda: _shown(site, run))


def _shown(site: Site, run: RunSummary) -> Response:
    told, trouble = told_of(site, run)
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
        larger=_larger(site, told),
    )


def _larger(site: Site, told: Told | None) -> str | None:
    """The name of the run that one was shrunk from, where it is in this store."""
    named = None if told is None or told.shrunk_from is None else told.shrunk_from[0]
    return next((run.run for run in site.shelf.runs() if run.run == named), None)


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


async def state(site: Site, request: Request) -> Response:
    """How far a run is that goes on, for its page."""

    def told() -> Response:
        found = the_run(site, request.path_params["run"], None)
        if not isinstance(found, Found):
            return found
        run = found.run
        over = run.verdict is not None or not run.alive
        live = {} if over or strange_in(run.folder) else site.following.of(run.run)
        return answers.data({"outcome": run.outcome, "over": over} | live)

    return await apart(told)


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
        found = the_run(site, text, None)
        if not isinstance(found, Found):
            return found
        sides.append(found.run)
    told = [told_of(site, run) for run in sides]
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
