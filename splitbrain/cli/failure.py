"""What a user is told when something goes wrong: a sentence, and where the rest is.

Problems                       what was asked cannot be done     exit 2
histories, archives, faults    input that cannot be read         exit 2
what defines a target          its file is none                  exit 2
TargetError, OSError           the harness's surroundings        exit 70
anything else                  a bug of splitbrain               exit 70, traceback in a file
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from splitbrain.text import printable

EXIT_USAGE = 2
EXIT_HARNESS = 70
EXIT_INTERRUPTED = 130

# By name, so that the front door imports none of the packages that raise them.
_EXPECTED = {
    ("histories", "HistoryError"): EXIT_USAGE,
    ("histories", "ArchiveError"): EXIT_USAGE,
    ("nemesis", "FaultTargetError"): EXIT_USAGE,
    ("nemesis", "LedgerError"): EXIT_USAGE,
    ("splitbrain", "PlanError"): EXIT_USAGE,
    ("splitbrain", "TargetBroke"): EXIT_HARNESS,
    ("splitbrain", "TargetRefused"): EXIT_USAGE,
    ("splitbrain", "CampaignRefused"): EXIT_USAGE,
    ("splitbrain", "CampaignBroken"): EXIT_HARNESS,
    ("splitbrain", "ProgramEdited"): EXIT_HARNESS,
    ("splitbrain", "Interrupted"): EXIT_INTERRUPTED,
    ("splitbrain", "Unjudged"): EXIT_HARNESS,
    ("targets", "TargetError"): EXIT_HARNESS,
}


class Problems(click.UsageError):
    """Everything that is wrong with what was asked, all at once."""

    def __init__(self, problems: Sequence[str], ctx: click.Context | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__(_listed(self.problems), ctx)


def _listed(problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    return f"{len(problems)} problems:\n" + "\n".join(f"  - {problem}" for problem in problems)


def report_failure(error: Exception, *, debug: bool) -> int:
    """Tell the user of ``error`` on stderr; returns the exit code."""
    code = expected_exit_code(error)
    if code is not None:
        click.echo(f"splitbrain: {failure_sentence(error)}", err=True)
        if debug:
            click.echo(_trace(error), err=True)
        return code
    click.echo(
        f"splitbrain: this is a bug of splitbrain, not of the system under test: "
        f"{type(error).__name__}: {failure_sentence(error)}",
        err=True,
    )
    if debug:
        click.echo(_trace(error), err=True)
    else:
        click.echo(_kept(error), err=True)
    return EXIT_HARNESS


def expected_exit_code(error: Exception) -> int | None:
    """The exit code of an error that is no bug of ours, or None."""
    for kind in type(error).__mro__:
        code = _EXPECTED.get((kind.__module__.partition(".")[0], kind.__name__))
        if code is not None:
            return code
    return EXIT_HARNESS if isinstance(error, OSError) else None


def failure_sentence(error: Exception) -> str:
    """What an error says, and the notes that were added to it, safe for a terminal."""
    told = str(error) or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        what = f"{error.filename}: " if error.filename is not None else ""
        told = f"{what}{error.strerror}."
    return printable("\n".join((told, *getattr(error, "__notes__", ()))))


def _trace(error: Exception) -> str:
    return printable("".join(traceback.format_exception(error)).rstrip())


def _kept(error: Exception) -> str:
    """Write the traceback to a file; returns the sentence that names it."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    text = (
        f"{stamp}\nargv: {sys.argv!r}\nPython {sys.version}\n{platform.platform()}\n\n"
        f"{_trace(error)}\n"
    )
    for folder in (_store() / "crashes", Path(tempfile.gettempdir())):
        path = folder / f"splitbrain-{stamp}-{os.getpid()}.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError:
            continue
        return f"The traceback is in {path}; please report it with what you ran."
    return "Its traceback could not be written anywhere; run again with --debug to see it."


def _store() -> Path:
    given = os.environ.get("SPLITBRAIN_STORE")
    return Path(given) if given else Path("~/.local/share/splitbrain").expanduser()
