"""Operations as a time diagram in plain text, for a terminal.

    faults          [======= isolate n1 =======]
    process 1 n1         |-- write 7 --|
    process 3 n2                          |-- read 4 --|  <- has no place
    time (s)             2.31          2.40 2.79       2.81

The order of all calls and returns is exact; distances are not to scale, for operations
that take milliseconds must be read beside faults that last seconds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from checker.verdict import Violation
from checker.wording import deed, precise_seconds
from histories.event import Operation

Band = tuple[int, int, str]
"""(start_ns, end_ns, label): a fault, or anything else that lasted."""

MARK = "  <- has no place"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_GAP = 2
"""Columns between two events at least, so that their order can be seen."""


@dataclass(slots=True)
class _Bar:
    """Something drawn from one event to another (or, when ``end`` is None, on and on)."""

    lane: str
    label: str
    start: int
    end: int | None
    fault: bool = False
    culprit: bool = False


def violation_diagram(
    violation: Violation,
    operations: Sequence[Operation],
    *,
    width: int = 100,
    bands: Sequence[Band] = (),
) -> str:
    """The diagram of the operations a violation names, its culprit marked."""
    wanted = set(violation.operations)
    chosen = [operation for operation in operations if operation.call in wanted]
    return diagram(chosen, width=width, bands=bands, culprit=violation.culprit)


def diagram(
    operations: Sequence[Operation],
    *,
    width: int = 100,
    bands: Sequence[Band] = (),
    culprit: int | None = None,
) -> str:
    """Draw ``operations``, one lane a process; meant for ten or so.

    ``width``: columns to keep to, from 60 up. ``bands``: drawn in lanes on top; those that neither
    overlap the operations nor ended last before them are counted, not drawn. ``culprit``:
    the ``call`` of the operation to mark. An indeterminate operation has no right end
    (``…?``). A label that does not fit is a letter, explained underneath.
    """
    if not operations:
        return "(no operations to draw)"
    ordered = sorted(operations, key=lambda operation: operation.call)
    shown, omitted = _relevant_bands(ordered, bands)
    points, bars = _bars(ordered, shown, culprit)
    lanes = list(dict.fromkeys(bar.lane for bar in bars))
    margin = max(len(lane) for lane in (*lanes, "time (s)")) + 2
    # To the right of the last event stand the mark, its time, and the end of an open bar.
    room = max(width, 60) - margin - (len(MARK) + 1 if culprit is not None else 9)
    legend = _shorten(bars, len(points), room)
    columns = _columns(points, bars, room)
    lines = [
        (lane.ljust(margin) + _lane([b for b in bars if b.lane == lane], columns)).rstrip()
        for lane in lanes
    ]
    lines += [(" " * margin + row).rstrip() for row in _axis(points, columns)]
    lines[len(lanes)] = "time (s)".ljust(margin) + lines[len(lanes)][margin:]
    if all(time == 0 for time, _ in points):
        lines = lines[: len(lanes)]
    lines += legend
    if omitted:
        lines.append(f"({omitted} other fault{'s' if omitted > 1 else ''}, earlier or later)")
    return "\n".join(lines)


def _relevant_bands(
    operations: Sequence[Operation], bands: Sequence[Band]
) -> tuple[list[Band], int]:
    """Bands that overlap the operations; if none does, the last one before them."""
    first = min(operation.call_ns for operation in operations)
    last = max(operation.ret_ns or operation.call_ns for operation in operations)
    ordered = sorted(bands)
    overlapping = [band for band in ordered if band[0] <= last and band[1] >= first]
    before = [band for band in ordered if band[1] < first]
    shown = overlapping or before[-1:]
    return shown, len(bands) - len(shown)


def _bars(
    operations: Sequence[Operation], bands: Sequence[Band], culprit: int | None
) -> tuple[list[tuple[int, int]], list[_Bar]]:
    """All events as (time, index), in order, and the bars between their positions."""
    times = {operation.call: operation.call_ns for operation in operations}
    times |= {o.ret: o.ret_ns or 0 for o in operations if o.ret is not None}
    events = [(time, index) for index, time in sorted(times.items())]
    # The order of lines is what counts; a time that goes backwards may not break it.
    running = list(itertools.accumulate((time for time, _ in events), max))
    keys: list[tuple[int, int, int]] = [
        (running[i], 1, index) for i, (_, index) in enumerate(events)
    ]
    for number, (start, end, _) in enumerate(bands):
        keys += [(start, 0, -2 * number - 1), (end, 2, -2 * number - 2)]
    keys.sort()
    position = {index: place for place, (_, _, index) in enumerate(keys)}
    points = [(times.get(index, time), index) for time, _, index in keys]
    bars = []
    for number, (_, _, label) in enumerate(bands):
        # Blanks at the end tell lanes apart that read the same.
        lane = "faults" + " " * (number if _overlap(bands[: number + 1]) else 0)
        start, end = position[-2 * number - 1], position[-2 * number - 2]
        bars.append(_Bar(lane, label, start, end, fault=True))
    for operation in sorted(operations, key=lambda o: o.process):
        node = f" {operation.node}" if operation.node else ""
        bars.append(
            _Bar(
                lane=f"process {operation.process}{node}",
                label=deed(operation),
                start=position[operation.call],
                end=None if operation.ret is None else position[operation.ret],
                culprit=operation.call == culprit,
            )
        )
    return points, bars


def _overlap(bands: Sequence[Band]) -> bool:
    """Whether the last band begins before an earlier one of the same lane has ended."""
    return any(other[1] >= bands[-1][0] for other in bands[:-1])


def _shorten(bars: list[_Bar], points: int, room: int) -> list[str]:
    """Replace labels by letters until all fit, those first that gain most; what they mean.

    Letters are given in order of time, whichever label gave way first.
    """
    shortened: list[tuple[_Bar, str]] = []
    while _least(bars, points)[-1] > room and len(shortened) < len(LETTERS):
        gains: list[tuple[int, int, int, _Bar]] = []
        for bar in bars:
            label, bar.label = bar.label, "A"
            gains.append((-_least(bars, points)[-1], len(label), -len(gains), bar))
            bar.label = label
        # What has no place keeps its label as long as there is another to give way.
        others = [gain for gain in gains if not gain[-1].culprit and gain[1] > 1]
        _, length, _, bar = max(others or gains, key=lambda gain: gain[:3])
        if length <= 1:
            break
        shortened.append((bar, bar.label))
        bar.label = "A"
    legend = []
    for letter, (bar, label) in zip(
        LETTERS, sorted(shortened, key=lambda one: one[0].start), strict=False
    ):
        bar.label = letter
        legend.append(f"  {letter}: {label}")
    return legend


def _least(bars: Sequence[_Bar], points: int) -> list[int]:
    """The leftmost column of each event such that gaps and labels fit."""
    columns = [0] * points
    last = points - 1
    for place in range(points):
        if place:
            columns[place] = columns[place - 1] + _GAP
        for bar in bars:
            if (last if bar.end is None else bar.end) == place and bar.start < place:
                columns[place] = max(columns[place], columns[bar.start] + len(bar.label) + 3)
    tail = [columns[b.start] + len(b.label) + 6 for b in bars if b.end is None]
    columns[last] = max([columns[last], *tail])
    return columns


def _columns(points: Sequence[tuple[int, int]], bars: Sequence[_Bar], room: int) -> list[int]:
    """The column of each event: the least ones, with what is to spare given to long gaps."""
    columns = _least(bars, len(points))
    spare = room - columns[-1]
    if spare <= 0 or len(points) < 2:
        return columns
    gaps = [math.log1p(max(b[0] - a[0], 0) / 1e5) for a, b in itertools.pairwise(points)]
    total = sum(gaps) or 1.0
    shift = 0.0
    for place, gap in enumerate(gaps, start=1):
        shift += min(spare, 0.6 * room) * gap / total
        columns[place] += int(shift)
    return columns


def _lane(bars: Sequence[_Bar], columns: Sequence[int]) -> str:
    """One line: the bars of a lane, left to right."""
    text = ""
    for bar in sorted(bars, key=lambda bar: bar.start):
        start = columns[bar.start]
        text = text.ljust(start)
        fill = "=" if bar.fault else "-"
        left, right = ("[", "]") if bar.fault else ("|", "|")
        if bar.end is None:
            body = f" {bar.label} "
            space = max(columns[-1] - start - len(body) - 1, 2)
            text += left + fill * 2 + body + fill * (space - 2) + "…?"
        else:
            inner = max(columns[bar.end] - start - 1, 1)
            label = f" {bar.label} " if inner >= len(bar.label) + 2 else ""
            text += left + label.center(inner, fill) + right
    return text + MARK if any(bar.culprit for bar in bars) else text


def _axis(points: Sequence[tuple[int, int]], columns: Sequence[int]) -> list[str]:
    """Up to two rows of times under their events: what does not fit is left out."""
    labels = [text.removesuffix(" s") for text in precise_seconds(*(time for time, _ in points))]
    rows = ["", ""]
    previous = None
    for label, column in zip(labels, columns, strict=True):
        if label == previous:
            continue
        for number, row in enumerate(rows):
            if not row or len(row) + 1 <= column:
                rows[number] = row.ljust(column) + label
                previous = label
                break
    return [row for row in rows if row]
