"""The nodes' logs as one, by time, and no longer than anybody reads.

Lines are laid beside the history by the wall clock's time at the run's zero (``nodes.jsonl``). A
log on another machine goes by that machine's clock. A line without a time belongs to the one
before it, as the lines of a stack trace do. Where there are too many, those are kept that are
nearest to what matters: faults, changes of leader, findings.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from splitbrain.archive.names import LOGS
from splitbrain.text import clipped

READ_BYTES_MAX = 12 << 20
"""Of all logs together; of one that is longer the beginning and the end are read."""
LINES_MAX, CHARACTERS_MAX, LINE_MAX = 4_000, 400_000, 400
NODES_MAX = 60
_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_STAMP_WITHIN = 160
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a node's log. ``at_s`` is the run's time; None where it is not known."""

    node: str
    at_s: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Logs:
    """What is shown of the logs, by time. ``left_out`` counts lines, ``unread`` bytes."""

    nodes: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    left_out: int = 0
    unread: int = 0


def read_logs(folder: Path, start: datetime | None, moments_s: Sequence[float] = ()) -> Logs:
    """The logs of a run's folder. ``start`` is the wall clock's time at zero, if it is known.

    ``moments_s`` are the times that matter most. Raises nothing.
    """
    paths = sorted((folder / LOGS).glob("n*.log"), key=lambda path: _natural(path.stem))
    paths = [path for path in paths if path.is_file() and not path.is_symlink()][:NODES_MAX]
    nodes, found, unread = [], [], 0
    for path in paths:
        try:
            text, more = _read(path, READ_BYTES_MAX // len(paths))
        except OSError:
            continue
        nodes.append(clipped(path.stem, 40))
        unread += more
        found += _lines(nodes[-1], text, start)
    # Stable: lines of one time stay in their order. What has no time comes last.
    found.sort(key=lambda line: float("inf") if line.at_s is None else line.at_s)
    kept = _nearest(found, sorted(moments_s))
    return Logs(tuple(nodes), tuple(kept), len(found) - len(kept), unread)


def _natural(name: str) -> tuple[str, int, str]:
    digits = re.search(r"\d{1,9}$", name, re.ASCII)
    return (name, 0, "") if digits is None else (name[: digits.start()], int(digits[0]), name)


def _read(path: Path, budget: int) -> tuple[str, int]:
    """The text of a log, and how many bytes of it were passed over."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= budget:
            return file.read(budget).decode(errors="replace"), 0
        head = file.read(budget // 4)
        file.seek(size - 3 * (budget // 4))
        tail = file.read(3 * (budget // 4))
    # Whole lines alone: what is torn in the middle would be told wrong.
    head, tail = head[: head.rfind(b"\n") + 1], tail[tail.find(b"\n") + 1 :]
    return (head + tail).decode(errors="replace"), size - len(head) - len(tail)


def _lines(node: str, text: str, start: datetime | None) -> list[Line]:
    stamped = [(line, _STAMP.search(line[:_STAMP_WITHIN])) for line in text.split("\n") if line]
    zone = _zone((stamp for _, stamp in stamped if stamp is not None), start)
    lines: list[Line] = []
    at_s: float | None = None
    for line, stamp in stamped:
        if stamp is not None and start is not None and (time := _time(stamp, zone)) is not None:
            at_s = (time - start).total_seconds()
        if stamp is not None and stamp.start() == 0:
            line = line[stamp.end() :].lstrip().removeprefix(f"{node} ")
        lines.append(Line(node, at_s, clipped(line, LINE_MAX)))
    return lines


def _zone(stamps: object, start: datetime | None) -> timedelta:
    """How far a log that names no zone is from UTC: its first time lies about the run's start."""
    first = next(iter(stamps), None)  # type: ignore[call-overload]
    if first is None or first[8] or start is None:
        return timedelta()
    time = _time(first, timedelta())
    return timedelta() if time is None else round((time - start) / _QUARTER) * _QUARTER


def _time(stamp: re.Match[str], zone: timedelta) -> datetime | None:
    micros = int(((stamp[7] or "") + "000000")[:6])
    year, month, day, hour, minute, second = (int(stamp[number]) for number in range(1, 7))
    try:
        time = datetime(year, month, day, hour, minute, second, micros, UTC)
        if stamp[8] and stamp[8] != "Z":
            digits = stamp[8].replace(":", "")
            zone = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:]))
            zone = -zone if digits[0] == "-" else zone
        return time - zone
    except (ValueError, OverflowError):
        return None


def _nearest(lines: list[Line], moments_s: list[float]) -> list[Line]:
    """All lines, or so many as may be shown: those nearest to a moment, in their order."""
    if len(lines) <= LINES_MAX and sum(len(line.text) for line in lines) <= CHARACTERS_MAX:
        return lines

    def away(place: int) -> float:
        at_s = lines[place].at_s
        if at_s is None:
            return float("inf")
        if not moments_s:
            return at_s
        near = bisect_left(moments_s, at_s)
        return min(abs(at_s - moment) for moment in moments_s[max(0, near - 1) : near + 1])

    kept, room = [], CHARACTERS_MAX
    for place in sorted(range(len(lines)), key=away)[:LINES_MAX]:
        room -= len(lines[place].text)
        if room < 0:
            break
        kept.append(place)
    return [lines[place] for place in sorted(kept)]
