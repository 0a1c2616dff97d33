"""What a first verdict costs: ``splitbrain check FILE`` with an empty and with a full cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from deciding.files import write_journal
from deciding.planting import with_wrong_read
from deciding.registers import cas_register_history
from histories.table import Table


def measure_start(repeats: int) -> list[str]:
    """Markdown: seconds on the wall of whole processes, min / median / max."""
    lines = [
        "| history | empty cache, s | full cache, s | to reach |",
        "| --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, table, promised, goal in _histories():
            path = folder / "small.jsonl"
            write_journal(table, "cas-register", path)
            cold, warm = [], []
            for number in range(repeats):
                cache = folder / f"cache-{label}-{number}"
                cold.append(_seconds(path, cache, promised))
                warm.append(_seconds(path, cache, promised))
            lines.append(f"| {label} | {_summary(cold)} | {_summary(warm)} | {goal} |")
    return lines


def _histories() -> list[tuple[str, Table, int, str]]:
    small = cas_register_history(1, 150, 5, crashed=3, rare=True, pause=1.0)
    hard = with_wrong_read(cas_register_history(1, 2_000, 10, crashed=11, rare=True), 1)
    small_goal, hard_goal = "< 5 s, < 0.6 s", "< 5 s"
    return [
        ("5 clients, 150 operations, valid", small, 0, small_goal),
        ("the same, invalid", with_wrong_read(small, 1), 1, small_goal),
        ("10 busy clients, 2,000 operations, 11 crashed, invalid", hard, 1, hard_goal),
    ]


def _seconds(path: Path, cache: Path, promised: int) -> float:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "splitbrain", "check", str(path)],
        env=environment,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    if done.returncode != promised:
        sys.exit(f"{path.name}: exit {done.returncode}, not {promised}:\n{done.stderr}")
    return seconds


def _summary(seconds: list[float]) -> str:
    return f"{min(seconds):.2f} / {median(seconds):.2f} / {max(seconds):.2f}"
