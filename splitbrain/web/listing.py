"""The list of runs, and what a page asks now and then to see whether it has changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from splitbrain.web import answers
from splitbrain.web.apart import apart
from splitbrain.web.asked import Asked, choices

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from splitbrain.archive.summary import RunSummary
    from splitbrain.web.site import Site

HEADS = {
    "verdict": "Verdict",
    "found": "What was found",
    "system": "System",
    "workload": "Workload",
    "host": "Host",
    "faults": "Faults",
    "bugs": "Seeded bug",
    "seed": "Seed",
    "when": "Begun",
    "length": "Length",
    "operations": "Operations",
    "tags": "Tags",
}


async def list_runs(site: Site, request: Request) -> Response:
    """The runs that are asked for, a page of them."""
    asked, problems = Asked.of(request.query_params)
    return await apart(lambda: _listed(site, asked, problems))


def warm(site: Site) -> None:
    """Read the store and the templates before anybody asks: the first to come waits for neither."""
    _listed(site, Asked(), [])


def _listed(site: Site, asked: Asked, problems: list[str]) -> Response:
    runs = site.shelf.runs()
    found = asked.of_all(runs)
    shown, page, pages = asked.of_page(found)
    live = {run.run: site.following.of(run.run) for run in shown if run.alive}
    return answers.page(
        "list.html",
        400 if problems else 200,
        asked=asked,
        problems=problems,
        runs=shown,
        live=live,
        found=len(found),
        total=len(runs),
        failed=sum(run.failed for run in found),
        page=page,
        pages=pages,
        heads=HEADS,
        choices=choices(runs, asked),
        store=str(site.store),
        pulse=_pulse(runs),
    )


async def pulse(site: Site, request: Request) -> Response:
    """Whether the list has changed, and how far the runs are that go on."""

    def told() -> dict[str, Any]:
        runs = site.shelf.runs()
        alive = {run.run for run in runs if run.verdict is None and run.alive}
        site.following.only(alive)
        return {
            "pulse": _pulse(runs),
            "live": {run: site.following.of(run) for run in sorted(alive)[-50:]},
        }

    return answers.data(await apart(told))


def _pulse(runs: tuple[RunSummary, ...]) -> str:
    """A few digits that are others once any line of the list is."""
    digest = hashlib.blake2b(digest_size=8)
    for run in runs:
        told = (run.run, run.outcome, run.tags, run.kind, run.operations)
        digest.update(repr(told).encode("utf-8", "replace"))
    return digest.hexdigest()
