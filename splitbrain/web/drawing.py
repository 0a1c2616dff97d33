"""The few operations that show a violation, laid out to be drawn: a row each, time to the right.

    write 20   process 0 on n1         |----|
    write 23   process 14 on n5                    |------|
    read 20    process 13 on n4                               |---|  ✗ cannot have happened

Behind them the faults that were in force. The order of all beginnings and ends is exact;
distances are not to scale, for operations of milliseconds stand beside faults of seconds. All
lengths are in units of the drawing; a page scales it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from checker.verdict import Violation
from checker.wording import deed, precise_seconds
from histories.event import Operation, Outcome
from nemesis.fault import Fault
from splitbrain.evidence import evidence
from splitbrain.report.findings import Band, bands_near
from splitbrain.text import clipped

ROWS_MAX, BANDS_MAX = 16, 4
"""More than these are counted, not drawn."""
DEED_MAX, NODE_MAX, BAND_MAX = 36, 16, 60
MARK_ROW = 20
MARK = "✗ cannot have happened"
_CHARACTER = 8.6
"""As wide as a character of the drawings is, at most."""
_MARK_WIDTH = len(MARK) * _CHARACTER + 12


@dataclass(frozen=True, slots=True)
class Shape:
    """How a drawing is laid out. ``above``: what a row is stands over its bar, not left of it."""

    name: str
    width: int
    left: int
    row: int
    above: bool


WIDE = Shape("wide", width=960, left=262, row=46, above=False)
NARROW = Shape("narrow", width=330, left=4, row=62, above=True)
SHAPES = (WIDE, NARROW)


@dataclass(frozen=True, slots=True)
class Bar:
    """An operation in the drawing: what was done, by whom, when, and where its bar lies.

    ``open``: nobody knows its end. ``mark_x``: where the words begin that say that it cannot have
    happened, None for one that can.
    """

    deed: str
    who: str
    when: str
    outcome: str
    y: float
    x: float
    width: float
    open: bool
    culprit: bool
    mark_x: float | None


@dataclass(frozen=True, slots=True)
class Shade:
    """A fault in the drawing; its label stands at ``label_y``."""

    label: str
    x: float
    width: float
    label_x: float
    label_y: float
    label_end: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A beginning or end of an operation: a line through the drawing."""

    x: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it, for one shape. ``omitted`` counts operations that are not drawn."""

    shape: Shape
    height: float
    top: float
    bars: tuple[Bar, ...]
    shades: tuple[Shade, ...]
    ticks: tuple[Tick, ...]
    omitted: int


def drawings(
    violation: Violation, operations: Sequence[Operation], faults: Sequence[Fault]
) -> tuple[Drawing, ...]:
    """A violation drawn in each shape; nothing where it names no operation."""
    shown = evidence(violation, operations)
    if not shown:
        return ()
    chosen = _chosen(shown, violation.culprit)
    bands = _clipped(bands_near(chosen, faults), chosen)
    omitted = len(shown) - len(chosen)
    return tuple(_drawn(shape, chosen, bands, violation.culprit, omitted) for shape in SHAPES)


def _chosen(operations: list[Operation], culprit: int | None) -> list[Operation]:
    """Few enough to draw, what has no place among them."""
    if len(operations) <= ROWS_MAX:
        return operations
    kept = operations[: ROWS_MAX - 1]
    last = [o for o in operations[ROWS_MAX - 1 :] if o.call == culprit]
    return kept + (last or operations[ROWS_MAX - 1 : ROWS_MAX])


def _clipped(bands: Sequence[Band], operations: Sequence[Operation]) -> list[Band]:
    """Those that overlap the operations; if none does, the last one before them."""
    first = min(o.call_ns for o in operations)
    ordered = sorted(bands)
    over = [band for band in ordered if band[1] >= first]
    return (over or ordered[-1:])[:BANDS_MAX]


def _drawn(
    shape: Shape,
    operations: Sequence[Operation],
    bands: Sequence[Band],
    culprit: int | None,
    omitted: int,
) -> Drawing:
    place = _places(shape, operations, bands)
    right = float(shape.width - 4)
    top = y = 8.0 + 20 * len(bands)
    bars = []
    for operation in operations:
        start = place["call", operation.call]
        end = right if operation.ret is None else place["ret", operation.ret]
        is_culprit = operation.call == culprit
        # Where the row says all over its bar, there is room for the mark under it.
        mark_x = min(start, right - _MARK_WIDTH) if shape.above else end + 8
        marked = is_culprit and (shape.above or operation.ret is not None)
        bars.append(
            Bar(
                deed=clipped(deed(operation), DEED_MAX),
                who=_who(operation),
                when=when(operation),
                outcome=str(operation.outcome),
                y=y,
                x=start,
                width=max(end - start, 3.0),
                open=operation.ret is None or operation.outcome is Outcome.INFO,
                culprit=is_culprit,
                mark_x=mark_x if marked else None,
            )
        )
        y += shape.row + (MARK_ROW if shape.above and is_culprit else 0)
    return Drawing(
        shape=shape,
        height=y + 26,
        top=top,
        bars=tuple(bars),
        shades=tuple(_shade(n, band, place, shape) for n, band in enumerate(bands)),
        ticks=tuple(Tick(x) for x in sorted({*place.values()})),
        omitted=omitted,
    )


def _places(
    shape: Shape, operations: Sequence[Operation], bands: Sequence[Band]
) -> dict[tuple[str, int], float]:
    """Where each beginning and end lies: in the order of the journal, long gaps wider."""
    events = [(o.call, o.call_ns, "call") for o in operations]
    events += [(o.ret, o.ret_ns or 0, "ret") for o in operations if o.ret is not None]
    events.sort()
    # The order of lines is what counts; a time that goes backwards may not break it.
    times = itertools.accumulate((time for _, time, _ in events), max)
    points = [
        (time, 1, (kind, index)) for time, (index, _, kind) in zip(times, events, strict=True)
    ]
    for number, (start, end, _) in enumerate(bands):
        points += [(start, 0, ("start", number)), (end, 2, ("end", number))]
    points.sort()
    gaps = [1.0 + math.log1p(max(b[0] - a[0], 0) / 1e5) for a, b in itertools.pairwise(points)]
    first, last = shape.left + 10.0, shape.width - (14.0 if shape.above else _MARK_WIDTH + 8)
    unit = (last - first) / (sum(gaps) or 1.0)
    xs = itertools.accumulate(gaps, lambda x, gap: x + gap * unit, initial=first)
    return {point[2]: round(x, 1) for point, x in zip(points, xs, strict=True)}


def _shade(number: int, band: Band, place: dict[tuple[str, int], float], shape: Shape) -> Shade:
    x, end = place["start", number], place["end", number]
    label = clipped(band[2], BAND_MAX)
    fits = x + len(label) * _CHARACTER <= shape.width
    at = x if fits else max(end, shape.left + min(len(label) * _CHARACTER, shape.width - 12))
    return Shade(label, x, max(end - x, 2.0), at, 18.0 + 20 * number, not fits)


def _who(operation: Operation) -> str:
    node = f" on {clipped(operation.node, NODE_MAX)}" if operation.node else ""
    return f"process {operation.process}{node}"


def when(operation: Operation) -> str:
    """From when to when it ran, in seconds of the run."""
    if operation.ret_ns is None or operation.ret is None:
        return f"from {precise_seconds(operation.call_ns)[0]}, never answered"
    start, end = precise_seconds(operation.call_ns, operation.ret_ns)
    return f"{start.removesuffix(' s')} – {end}"
