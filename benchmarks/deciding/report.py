"""The table as text (Markdown) and as JSON."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deciding.contest import Row
from deciding.sides import Limits, Ours, Peer


def header(peers: Sequence[Peer]) -> str:
    """The column names, Markdown."""
    names = ["case", "operations", "min / median / max, ms", "peak MB", "end to end, s"]
    for peer in peers:
        names += [f"{peer.name}: min / median / max, ms", "peak MB", "ratio", "worst"]
    names.append("to reach")
    return _line(names) + "\n" + _line(["---"] * len(names))


def line(row: Row, peers: Sequence[Peer]) -> str:
    """A row, Markdown. Ratio: of medians, added over the histories; worst: of one history."""
    cells = [row.case.name, f"{row.operations:,}", *_side(row, Ours.name)]
    if row.end_to_end_s:
        cells.append(f"{min(row.end_to_end_s):.2f}")
    else:
        cells.append(row.end_to_end_failure or "–")
    for peer in peers:
        if peer.name not in row.samples:
            cells += ["–"] * 4
            continue
        cells += _side(row, peer.name)
        mine, theirs = row.seconds(Ours.name), row.seconds(peer.name)
        if mine and theirs:
            cells.append(_times(theirs[1] / mine[1]))
            cells.append(_worst(row, peer.name) if len(row.case.items) > 1 else "")
        else:
            cells += ["–", ""]
    cells.append(row.case.goal)
    return _line(cells)


def _worst(row: Row, peer: str) -> str:
    """The least ratio of any history, and which that is."""
    ratio, number = min((ratio, number) for number, ratio in enumerate(row.ratios(peer)))
    file = row.case.items[number].file
    return f"{_times(ratio)} ({file.name if file else f'number {number}'})"


def _side(row: Row, side: str) -> list[str]:
    seconds = row.seconds(side)
    if seconds is None:
        return [row.ended(side), f"{row.peak_mb(side):,.0f}"]
    return [" / ".join(_milliseconds(one) for one in seconds), f"{row.peak_mb(side):,.0f}"]


def _milliseconds(seconds: float) -> str:
    ms = seconds * 1000
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.1f}" if ms >= 10 else f"{ms:.3g}"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×" if ratio >= 1 else f"{ratio:.2f}×"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def crashes_ratio(rows: Sequence[Row]) -> str | None:
    """What 700 crashed operations cost, where both cases were measured."""
    by_name = {row.case.name: row for row in rows}
    with_them = by_name.get("cas-10x20000-700-crashed-valid")
    without = by_name.get("cas-10x20000-valid")
    if with_them is None or without is None:
        return None
    a, b = with_them.seconds(Ours.name), without.seconds(Ours.name)
    if a is None or b is None:
        return None
    return f"700 crashed operations take {a[1] / b[1]:.1f} times the time of none (goal: 3)."


def machine() -> dict[str, Any]:
    """Where and when, and by which versions of what."""
    model = next(
        (
            text.partition(":")[2].strip()
            for text in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if text.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "date": datetime.date.today().isoformat(),
        "processor": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numba": importlib.metadata.version("numba"),
        "numpy": importlib.metadata.version("numpy"),
        "system": platform.system(),
    }


def document(rows: Sequence[Row], peers: Sequence[Peer], limits: Limits) -> dict[str, Any]:
    """Everything that was measured, every sample of it."""
    return {
        "machine": machine(),
        "time_limit_s": limits.time_s,
        "memory_limit_mb": limits.memory_mb,
        "peers": {peer.name: peer.command for peer in peers},
        "cases": [
            {
                "case": row.case.name,
                "operations": row.operations,
                "model": row.case.model,
                "goal": row.case.goal,
                "end_to_end_seconds": row.end_to_end_s,
                "end_to_end_failure": row.end_to_end_failure or None,
                "sides": {
                    side: [
                        {
                            "promise": item.promise,
                            "verdict": one.verdict,
                            "ended": one.ended,
                            "why": one.why or None,
                            "algorithm": one.algorithm,
                            "search_seconds": one.seconds,
                            "peak_mb": one.peak_mb,
                        }
                        for item, one in zip(row.case.items, samples, strict=True)
                    ]
                    for side, samples in row.samples.items()
                },
            }
            for row in rows
        ],
    }
