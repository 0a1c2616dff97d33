"""A matrix told on a terminal: a table, then what did not pass, and last what it comes to."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from splitbrain.matrix.cell import Cell, Expect
from splitbrain.matrix.lengths import Lengths, clock_text
from splitbrain.matrix.outcome import Outcome, State
from splitbrain.matrix.result import MatrixResult
from splitbrain.terminal import GREEN, RED, YELLOW, colored
from splitbrain.text import clipped, printable, shortened

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

MARKS = {State.PASSED: "✓", State.FAILED: "✗", State.ERROR: "✗", State.SKIPPED: "–"}
COLORS = {State.PASSED: GREEN, State.FAILED: RED, State.ERROR: RED}
SHOWN_MAX = 10
"""Of what did not pass: more of it is in the other forms."""
FINDING_MAX = 200


def mark(state: State) -> str:
    """A sign for it; the word stands beside it everywhere."""
    return MARKS.get(state, "?")


def print_matrix(result: MatrixResult, stream: TextIO, width: int) -> None:
    """Print all of it."""
    console = _console(stream, width)
    _print_table(console, _table(result), stream)
    for line in _open_ones(result, width):
        console.print(_plain(line), soft_wrap=True)
    color = {0: GREEN, 3: YELLOW}.get(result.exit_code, RED)
    console.print(_plain(result.headline(), f"bold {color}"))
    took = f"Took {clock_text(result.seconds)}. Again: {result.command}"
    console.print(_plain(took), soft_wrap=True)


def print_cells(
    cells: Sequence[Cell], jobs: int, budget_s: float | None, stream: TextIO, width: int
) -> None:
    """Print what would be run, in the order in which it would be, and how long it would take."""
    from rich.table import Table

    lengths = Lengths()
    console = _console(stream, width)
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold")
    for head in ("", "cell", "seed", "host", "expected", "about"):
        table.add_column(head, justify="right" if head in ("", "seed", "about") else "left")
    for number, cell in enumerate(cells, 1):
        table.add_row(
            str(number),
            _plain(cell.group),
            str(cell.plan.seed),
            _plain(cell.plan.host or "docker or sandbox"),
            str(cell.expect),
            clock_text(lengths.expected_s(cell)),
        )
    _print_table(console, table, stream)
    total_s = lengths.total_s(list(cells), jobs)
    told = f"{len(cells):,} cells, about {clock_text(total_s)} with --jobs {jobs}"
    if budget_s is not None:
        fits = "fits" if total_s <= budget_s else "does not fit"
        told += f"; that {fits} the time budget of {clock_text(budget_s)}"
    console.print(_plain(f"{told}. Lengths are guesses until cells have run."), soft_wrap=True)


def outcome_line(one: Outcome) -> str:
    """A cell that has ended, for the lines of progress."""
    told = f"{mark(one.state)} {one.state}  {one.cell.name}"
    if one.state is not State.SKIPPED:
        told += f"  ({clock_text(one.seconds)})"
    if one.why:
        told += f": {clipped(one.why.partition(chr(10))[0], FINDING_MAX)}"
    return told


def _table(result: MatrixResult) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for head in ("", "cell", "passed", "operations", "took", "finding"):
        right = head in ("passed", "operations", "took")
        table.add_column(
            head, justify="right" if right else "left", no_wrap=head not in ("cell", "finding")
        )
    for group in result.groups():
        color = COLORS.get(group.state, YELLOW)
        expects = group.outcomes[0].cell.expect
        expected = "" if expects is Expect.VALID else f"  (expected: {expects})"
        table.add_row(
            _plain(f"{mark(group.state)} {group.state}", color),
            _plain(f"{group.name}{expected}"),
            group.seeds(),
            f"{group.operations:,}" if group.operations else "",
            clock_text(group.seconds) if group.seconds else "",
            _plain(clipped(group.finding(), FINDING_MAX)),
        )
    return table


def _open_ones(result: MatrixResult, width: int) -> Iterator[str]:
    open_ones = result.open_ones()
    for one in open_ones[:SHOWN_MAX]:
        yield f"{mark(one.state)} {one.cell.name}: {one.state}"
        told = shortened(one.why)
        for line in told.splitlines():
            yield from textwrap.wrap(
                line, width, initial_indent="  ", subsequent_indent="  ", break_long_words=False
            )
        if one.found.folder is not None:
            yield f"  Kept in  {one.found.folder}"
            yield f"  Shown    splitbrain show {one.found.run}"
        if one.bundle is not None:
            yield f"  Bundle   {one.bundle}"
        yield f"  Again    {one.command}"
        yield ""
    if (more := len(open_ones) - SHOWN_MAX) > 0:
        yield f"… and {more:,} more, all of which --json, --junit and --markdown tell of."
        yield ""


def _console(stream: TextIO, width: int) -> Console:
    from rich.console import Console

    bright = colored(stream)
    return Console(
        file=stream,
        width=width,
        force_terminal=bright,
        no_color=not bright,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _print_table(console: Console, table: Table, stream: TextIO) -> None:
    """Print it without the blanks that fill up its lines."""
    with console.capture() as drawn:
        console.print(table)
    stream.write("\n".join(line.rstrip() for line in drawn.get().splitlines()).strip("\n") + "\n\n")


def _plain(text: str, style: str = "") -> Text:
    from rich.text import Text

    # Text and not str: a name in the file must not be read as markup.
    return Text(printable(text), style=style)
