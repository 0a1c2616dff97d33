"""A matrix as Markdown: for the summary of a job, or a pull request."""

from __future__ import annotations

import html
from collections.abc import Iterator

from splitbrain.markdown import code, fenced, text
from splitbrain.matrix.lengths import clock_text
from splitbrain.matrix.outcome import Outcome
from splitbrain.matrix.result import MatrixResult
from splitbrain.matrix.text import FINDING_MAX, mark
from splitbrain.text import clipped, shortened

SHOWN_MAX = 20
STORY_MAX = 10_000
"""Characters: GitHub takes a megabyte of summary in all."""


def matrix_markdown(result: MatrixResult) -> str:
    """The verdict first, then a table, and what did not pass, each to be unfolded."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: MatrixResult) -> Iterator[str]:
    yield f"## {text(result.title)}: {mark_of(result)}"
    yield ""
    yield text(result.headline())
    yield ""
    yield "|   | cell | passed | operations | took | finding |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for group in result.groups():
        yield (
            f"| {mark(group.state)} {group.state} | {text(group.name)} | {group.seeds()} "
            f"| {group.operations:,} | {clock_text(group.seconds)} "
            f"| {text(clipped(group.finding(), FINDING_MAX))} |"
        )
    yield ""
    open_ones = result.open_ones()
    for one in open_ones[:SHOWN_MAX]:
        yield from _details(one)
    if (more := len(open_ones) - SHOWN_MAX) > 0:
        yield f"… and {more:,} more."
        yield ""
    yield f"Took {clock_text(result.seconds)}. Again: {code(result.command)}"


def mark_of(result: MatrixResult) -> str:
    """What it comes to, in a sign and a word."""
    return result.headline().partition(":")[0].lower()


def _details(one: Outcome) -> Iterator[str]:
    yield "<details>"
    title = f"{mark(one.state)} {one.cell.name}: {one.state}"
    yield f"<summary>{html.escape(clipped(title, FINDING_MAX))}</summary>"
    yield ""
    yield fenced(shortened(one.found.story or one.why, STORY_MAX))
    yield ""
    if one.found.run is not None:
        yield f"Run {code(one.found.run)}" + (
            "" if one.bundle is None else f", in the bundle {code(one.bundle)}"
        )
        yield ""
    yield f"Again: {code(one.command)}"
    yield ""
    yield "</details>"
    yield ""
