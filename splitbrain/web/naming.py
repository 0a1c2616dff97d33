"""The one run that a name in an address means, and what its files can tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from histories.archive import ArchiveError
from splitbrain.text import clipped
from splitbrain.web import answers
from splitbrain.web.gate import SAFE, Refusal
from splitbrain.web.rendering import part

if TYPE_CHECKING:
    from starlette.responses import Response

    from splitbrain.archive.summary import RunSummary
    from splitbrain.web.site import Site
    from splitbrain.web.told import Told

LISTED_MAX = 12


class Found:
    """A run that was found."""

    def __init__(self, run: RunSummary) -> None:
        self.run = run


def the_run(site: Site, text: str, address: str | None) -> Found | Response:
    """The one run of this name; or the answer that there is none, many, or where it is."""
    found = site.shelf.find(text)
    if len(found) == 1:
        if found[0].run != text and address is not None:
            where = address.format(part(found[0].run))
            return RedirectResponse(where, 307, headers=dict(SAFE))
        return Found(found[0])
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


def untellable() -> tuple[type[Exception], ...]:
    """What reading a run ends with whose files are damaged, or gone by now."""
    from histories.errors import HistoryError
    from nemesis.ledger import LedgerError

    return (ArchiveError, HistoryError, LedgerError, OSError)


def told_of(site: Site, run: RunSummary) -> tuple[Told | None, str | None]:
    """A finished run told; else why it cannot be."""
    if run.verdict is None:
        return None, None
    try:
        return site.told(run), None
    except OSError as error:
        return None, f"{Path(str(error.filename)).name}: {error.strerror}"
    except untellable() as error:
        return None, clipped(str(error).replace("\n", " "), 1000)
