"""Writing results to stdout."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from splitbrain.terminal import COLORS, colored
from splitbrain.text import printable

store_option = click.option(
    "--store",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where runs are kept.  [default: $SPLITBRAIN_STORE or ~/.local/share/splitbrain]",
)

WIDTH_MIN, WIDTH_MAX = 60, 120


def width() -> int:
    """Columns to write for: the terminal's, kept within what reads well."""
    return min(WIDTH_MAX, max(WIDTH_MIN, shutil.get_terminal_size((100, 24)).columns))


def print_text(text: str) -> None:
    """Print ``text``, with everything a terminal could stumble over spelt out."""
    click.echo(printable(text))


def print_verdict(text: str, verdict: str | None) -> None:
    """Print ``text``, in whose first line the verdict's word has its colour where there are any."""
    shown = printable(text)
    color = COLORS.get(verdict or "")
    if color is None or not colored(sys.stdout):
        click.echo(shown)
        return
    first, end, rest = shown.partition("\n")
    assert verdict is not None
    for word in (verdict.upper(), verdict):
        # A file may have any name: the last one is the verdict's.
        before, found, after = first.rpartition(word)
        if found:
            first = f"{before}{click.style(word, fg=color, bold=True)}{after}"
            break
    click.echo(f"{first}{end}{rest}", color=True)


def print_json(data: Any) -> None:
    """Print ``data`` as JSON, in ASCII, and nothing else."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=True, default=str))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads; the last column takes what room there is, and wraps."""
    import textwrap

    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *shown, strict=True)]
    indent = sum(widths[:-1]) + 2 * (len(heads) - 1)
    room = max(30, width() - indent)
    lines = []
    for row in (heads, *shown):
        start = "".join(f"{cell:<{w}}  " for cell, w in zip(row[:-1], widths[:-1], strict=True))
        wrapped = textwrap.wrap(row[-1], room) or [""]
        lines.append((start + wrapped[0]).rstrip())
        lines.extend(" " * indent + line for line in wrapped[1:])
    click.echo("\n".join(lines))


def print_rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads, each on one line however long; for lists of thousands.

    Columns in which nothing stands are left out.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    columns = [column for column in zip(heads, *shown, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    lines = zip(*columns, strict=True)
    told = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    click.echo("\n".join(told))
