"""One row of the table: a case decided by us and by a peer, in turns."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deciding.cases import Case, Item
from deciding.files import save_columns, write_jepsen_log, write_journal, write_kv_log
from deciding.sides import Limits, Ours, Peer, Samples, Side
from histories.table import Table

WITHIN, WITHIN_FAST = 3, 20
"""Repetitions that count in one process, after one that warms up; of what takes under FAST_S."""
FAST_S = 0.02
SLOW_S = 2.0
"""A side this slow is asked for one repetition a process, and no warm-up."""
TOO_SLOW_S = 10.0
"""A side this slow is asked once."""
END_TO_END_OPERATIONS_MAX = 1_000_000
SUFFIX = {"journal": ".jsonl", "kv log": ".txt", "jepsen log": ".log"}


@dataclass(slots=True)
class Row:
    """What was measured of a case: by side, a list with the samples of each item."""

    case: Case
    operations: int = 0
    samples: dict[str, list[Samples]] = field(default_factory=dict)
    end_to_end_s: list[float] = field(default_factory=list)
    end_to_end_failure: str = ""

    def wrong(self) -> list[str]:
        """A sentence for each verdict that is not what the generator promises."""
        return [
            f"{self.case.name}, history {number}: {side} says {one.verdict}, "
            f"but it is {item.promise} by construction"
            for side, samples in self.samples.items()
            for number, (item, one) in enumerate(zip(self.case.items, samples, strict=True))
            if one.verdict not in (None, "unknown", item.promise)
        ]

    def seconds(self, side: str) -> tuple[float, float, float] | None:
        """Min, median and max, added over the items; None unless all were decided."""
        samples = self.samples[side]
        if not all(one.decided for one in samples):
            return None
        low, middle, high = zip(*(one.summary() for one in samples), strict=True)
        return sum(low), sum(middle), sum(high)

    def ended(self, side: str) -> str:
        """How the first undecided item of a side ended."""
        for one in self.samples[side]:
            if not one.decided:
                return one.ended if one.ended != "failed" else f"failed: {one.why}"
        return "finished"

    def peak_mb(self, side: str) -> float:
        """The most any process of a side held."""
        return max(one.peak_mb for one in self.samples[side])

    def ratios(self, peer: str) -> list[float]:
        """Item by item, how many times our median the peer's is; empty where undecided."""
        pairs = list(zip(self.samples[Ours.name], self.samples[peer], strict=True))
        if not all(mine.decided and theirs.decided for mine, theirs in pairs):
            return []
        return [theirs.summary()[1] / mine.summary()[1] for mine, theirs in pairs]


def measure(
    case: Case, peers: Sequence[Peer], repeats: int, limits: Limits, end_to_end: bool
) -> Row:
    """Decide the case ``repeats`` times a side, the sides in turns."""
    row = Row(case)
    sides: list[Side] = [Ours(), *(peers if case.peers else ())]
    with tempfile.TemporaryDirectory() as name:
        columns, files = [], []
        for number, item in enumerate(case.items):
            mine, theirs, operations = _prepared(
                case, item, Path(name) / f"{number:03}", len(sides) > 1 or end_to_end
            )
            columns.append(mine)
            files.append(theirs)
            row.operations += operations
        for side in sides:
            row.samples[side.name] = [Samples() for _ in case.items]
        for turn in range(repeats + 1):
            for side in sides:
                _take_turn(row, side, columns if side is sides[0] else files, turn, limits)
        if end_to_end and row.operations <= END_TO_END_OPERATIONS_MAX:
            _measure_end_to_end(row, files, limits)
    return row


def _prepared(case: Case, item: Item, stem: Path, wanted: bool) -> tuple[Path, Path, int]:
    """(what we are given, what a peer is given, operations); files a peer needs if ``wanted``."""
    if item.draw is None:
        assert item.file is not None
        # Every invocation is an operation, in each of the formats that corpora are kept in.
        return item.file, item.file, item.file.read_text(encoding="utf-8").count(":invoke")
    table = item.draw()
    columns, file = stem.with_suffix(".npz"), stem.with_suffix(SUFFIX[case.shape])
    save_columns(table, columns)
    if wanted and len(table) <= END_TO_END_OPERATIONS_MAX:
        _write(table, case, file)
    return columns, file, len(table)


def _write(table: Table, case: Case, path: Path) -> None:
    if case.shape == "kv log":
        write_kv_log(table, path)
    elif case.shape == "jepsen log":
        write_jepsen_log(table, path)
    else:
        write_journal(table, case.model, path)


def _take_turn(row: Row, side: Side, paths: list[Path], turn: int, limits: Limits) -> None:
    """One process a path: the first turn finds out how long it takes, and counts where long."""
    samples = row.samples[side.name]
    slowest = max((one.seconds[0] for one in samples if one.seconds), default=0.0)
    if turn and (slowest > TOO_SLOW_S or not all(one.decided for one in samples)):
        return
    repetitions = 1 + (WITHIN_FAST if slowest < FAST_S else WITHIN)
    if turn == 0 or slowest > SLOW_S:
        repetitions = 1
    if turn == 1 and slowest <= SLOW_S:
        for one in samples:
            one.seconds.clear()
    for one, (answers, run) in zip(
        samples, side.decide(row.case, paths, repetitions, limits), strict=True
    ):
        one.take(answers, run)


def _measure_end_to_end(row: Row, files: list[Path], limits: Limits) -> None:
    """``splitbrain check FILE…`` as a user runs it, twice."""
    command = [sys.executable, "-m", "splitbrain", "check", "--model", row.case.model]
    command += [str(file) for file in files]
    promised = 1 if any(item.promise == "invalid" for item in row.case.items) else 0
    for _ in range(2):
        began = time.perf_counter()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=limits.time_s + 60
            )
        except subprocess.TimeoutExpired:
            row.end_to_end_failure = "out of time"
            return
        if done.returncode != promised:
            row.end_to_end_failure = f"exit {done.returncode}"
            return
        row.end_to_end_s.append(time.perf_counter() - began)
