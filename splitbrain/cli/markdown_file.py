"""A run written as Markdown where it was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from splitbrain.text import printable

if TYPE_CHECKING:
    from splitbrain.record import RunRecord

STDOUT = Path("-")


def problems_with(path: Path | None, *, as_json: bool = False) -> list[str]:
    """A sentence for each reason why the file cannot be written, as far as that can be told."""
    from splitbrain.cli.outputs import problems_of

    if path == STDOUT:
        both = "--markdown: - and --json both want stdout; name a file for the Markdown."
        return [both] if as_json else []
    return problems_of({"--markdown": path}, {})


def write_markdown(record: RunRecord, path: Path | None) -> bool:
    """Write the run there, or to stdout; whether what was asked for could be written."""
    if path is None:
        return True
    from histories.archive import write_text
    from splitbrain.report.markdown import run_markdown

    told = run_markdown(record)
    if path == STDOUT:
        click.echo(told, nl=False)
        return True
    try:
        write_text(path, told)
    except OSError as error:
        why = printable(f"{path}: cannot be written ({error.strerror or error}).")
        click.echo(f"splitbrain: {why}", err=True)
        return False
    return True


def problems_of_one_run(path: Path | None, *, many: bool) -> list[str]:
    """The same for a run that is yet to be made; of ``many`` none is told in a file."""
    if path is None or not (many or path == STDOUT):
        return problems_with(path)
    return [
        "--markdown: tells one run, into a file. Of those that --runs keeps, and on stdout: "
        "splitbrain show RUN --markdown -"
    ]
