"""A run read back and told, whoever wrote its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from histories.archive import ArchiveError

if TYPE_CHECKING:
    from splitbrain.record import RunRecord

UNTELLABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
"""What telling a run ends with whose files were changed so that they do not fit together."""


def told_again(folder: Path) -> RunRecord:
    """A finished run, of which it is sure that it can be told: as text, and as JSON.

    Raises ArchiveError, HistoryError or LedgerError where its files are not what a run leaves.
    """
    from splitbrain.report.document import run_document
    from splitbrain.report.text import summary
    from splitbrain.run import load

    try:
        record = load(folder)
        summary(record)
        run_document(record)
    except UNTELLABLE as error:
        raise ArchiveError(
            f"{folder.name}: what its files hold cannot be told as a run "
            f"({type(error).__name__}: {error}). They were changed by hand, or are of another "
            "version."
        ) from error
    return record
