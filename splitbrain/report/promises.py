"""A verdict for each promise that was asked about, as a table."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from checker.consistency.judging import headline
from checker.elements import account_text
from checker.verdict import Promised, Result, Verdict, Violation
from checker.wording import plural
from splitbrain.text import shortened

HEADS = ("promise", "verdict", "")
ROOM_MIN = 30
SHOWN_MAX = 3


def rows_of(result: Result) -> tuple[Promised, ...]:
    """The rows of a result; of one that asked for linearizability alone, that row."""
    if result.promises:
        return result.promises
    return (
        Promised(
            "linearizable",
            result.verdict,
            result.reason,
            result.algorithm,
            result.search_seconds,
            result.violations,
            result.certificate,
        ),
    )


def promises_text(rows: Sequence[Promised], width: int) -> str:
    """What they come to in a line, where they differ, and the table; ``width`` columns at most."""
    cells = [(row.promise, str(row.verdict), because(row)) for row in rows]
    widths = [
        max(map(len, column)) for column in zip(HEADS[:2], *(c[:2] for c in cells), strict=True)
    ]
    indent = 2 + sum(widths) + 4
    lines = []
    told = headline(rows)
    if told is not None:
        lines += textwrap.wrap(shortened(f"{told[0].upper()}{told[1:]}."), width - 2)
        lines = [f"  {line}" for line in lines] + [""]
    for name, verdict, why in (HEADS, *cells):
        wrapped = textwrap.wrap(
            shortened(why), max(ROOM_MIN, width - indent), break_on_hyphens=False
        ) or [""]
        start = f"  {name:<{widths[0]}}  {verdict:<{widths[1]}}  "
        lines.append(f"{start}{wrapped[0]}".rstrip())
        lines += [" " * indent + line for line in wrapped[1:]]
    return "\n".join(lines)


def because(row: Promised) -> str:
    """Why the verdict is what it is, in short.

    Of what is broken: kinds of violations, whose sentences stand below. Of what is kept: what that
    is worth, or what it was decided by.
    """
    if row.verdict is Verdict.INVALID and row.violations:
        kinds = dict.fromkeys(violation.kind for violation in row.violations)
        count = len(row.violations)
        times = f" ({plural(count, 'violation')})" if count > 1 else ""
        told = f"{', '.join(kinds)}{times}"
        # What became of all elements is worth knowing of the broken promise most of all.
        elements = row.statistics.get("elements")
        return told if elements is None else f"{told}; {account_text(elements)}"
    if row.reason or not row.algorithm or row.algorithm.startswith("follows"):
        return row.reason or row.algorithm
    return f"by {row.algorithm}"


def cells_of(results: Sequence[Result]) -> list[tuple[str, str, str]]:
    """The table of promises: name, verdict, and why; empty where none were asked about."""
    rows = [row for result in results for row in result.promises]
    return [(row.promise, str(row.verdict), shortened(because(row))) for row in rows]


def worth_showing(violations: Sequence[Violation]) -> list[Violation]:
    """The first violations of each promise: of many promises many would be too much to read."""
    count: Counter[str] = Counter()
    shown = []
    for violation in violations:
        breaks = violation.details.get("breaks", [""])
        if min(count[name] for name in breaks) < SHOWN_MAX:
            count.update(breaks)
            shown.append(violation)
    return shown
