"""A matrix as Markdown: for the summary of a job, or a pull request."""

from __future__ import annotations

import html
from collections.abc import Iterator

from splitbrain.matrix.lengths import clock_text
from splitbrain.matrix.outcome import Outcome
from splitbrain.matrix.result import MatrixResult
from splitbrain.matrix.text import FINDING_MAX, mark
from splitbrain.text import clipped, printable, shortened

SHOWN_MAX = 20
STORY_MAX = 10_000
"""Characters: GitHub takes a megabyte of summary in all."""


def matrix_markdown(result: MatrixResult) -> str:
    """The verdict first, then a table, and what did not pass, each to be unfolded."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: MatrixResult) -> Iterator[str]:
    yield f"## {_text(result.title)}: {mark_of(result)}"
    yield ""
    yield _text(result.headline())
    yield ""
    yield "|   | cell | passed | operations | took | finding |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for group in result.groups():
        yield (
            f"| {mark(group.state)} {group.state} | {_text(group.name)} | {group.seeds()} "
            f"| {group.operations:,} | {clock_text(group.seconds)} "
            f"| {_text(clipped(group.finding(), FINDING_MAX))} |"
        )
    yield ""
    open_ones = result.open_ones()
    for one in open_ones[:SHOWN_MAX]:
        yield from _details(one)
    if (more := len(open_ones) - SHOWN_MAX) > 0:
        yield f"… and {more:,} more."
        yield ""
    yield f"Took {clock_text(result.seconds)}. Again: {_code(result.command)}"


def mark_of(result: MatrixResult) -> str:
    """What it comes to, in a sign and a word."""
    return result.headline().partition(":")[0].lower()


def _details(one: Outcome) -> Iterator[str]:
    yield "<details>"
    title = f"{mark(one.state)} {one.cell.name}: {one.state}"
    yield f"<summary>{html.escape(clipped(title, FINDING_MAX))}</summary>"
    yield ""
    yield from _block(one.found.story or one.why)
    if one.found.run is not None:
        yield f"Run {_code(one.found.run)}" + (
            "" if one.bundle is None else f", in the bundle {_code(one.bundle)}"
        )
        yield ""
    yield f"Again: {_code(one.command)}"
    yield ""
    yield "</details>"
    yield ""


def _block(text: str) -> Iterator[str]:
    """A block of code that nothing in the text can end."""
    shown = shortened(printable(text), STORY_MAX)
    fence = "`" * max(3, 1 + max(map(len, _ticks(shown)), default=0))
    yield f"{fence}text"
    yield shown
    yield fence
    yield ""


def _code(text: str) -> str:
    """Text as code in a line."""
    shown = clipped(text, 4000)
    fence = "`" * (1 + max(map(len, _ticks(shown)), default=0))
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _ticks(text: str) -> list[str]:
    import re

    return re.findall("`+", text)


def _text(text: str) -> str:
    """Text in which nothing is markup, on one line; also within a table."""
    import re

    shown = html.escape(printable(text).replace("\n", " "), quote=False)
    return re.sub(r"([\\`*_\[\]|~#!@])", r"\\\1", shown)
