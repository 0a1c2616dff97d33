"""Two runs side by side: what was asked of each, and what came of it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checker.wording import plural
from splitbrain.text import clipped
from splitbrain.web.told import FaultTold, Told

VALUE_MAX = 300


@dataclass(frozen=True, slots=True)
class Row:
    """A thing both runs have, and whether they differ in it."""

    name: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        """Whether they do."""
        return self.left != self.right


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of both. ``change`` says in words what the right one is to the left."""

    name: str
    left: str
    right: str
    change: str


def plan_rows(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[Row]:
    """The members of two plans, those first in which they differ."""
    rows = [
        Row(_head(name), _value(left.get(name), name), _value(right.get(name), name))
        for name in dict.fromkeys([*left, *right])
    ]
    return sorted(rows, key=lambda row: not row.differs)


def _head(name: str) -> str:
    words = name.removesuffix("_s").replace("_", " ")
    return f"{words} (s)" if name.endswith("_s") else words


def _value(value: Any, name: str) -> str:
    if value is None or value in ([], ()):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "script" and isinstance(value, dict):
        # Thousands of lines; that they are others is what there is to see.
        operations, faults = (
            plural(len(value.get(f"{noun}s") or ()), noun) for noun in ("operation", "fault")
        )
        return f"{operations} and {faults}, one by one ({_digest(value)})"
    if isinstance(value, (list, tuple)):
        return clipped(", ".join(map(str, value)), VALUE_MAX)
    return clipped(str(value), VALUE_MAX)


def _digest(value: Any) -> str:
    """Six digits that tell one long value from another."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:6]


def count_measures(left: Told, right: Told) -> list[tuple[str, list[Measure]]]:
    """For each kind of operation, and all: how they ended, and how long they took."""
    lefts, rights = dict(left.counts), dict(right.counts)
    groups = []
    for f in dict.fromkeys([*lefts, *rights]):
        one, two = lefts.get(f), rights.get(f)
        measures = [
            _counted(name, getattr(one, member, 0), getattr(two, member, 0))
            for name, member in (("ok", "ok"), ("failed", "fail"), ("indeterminate", "info"))
        ]
        for name, member in (("p50", "p50_ms"), ("p95", "p95_ms"), ("p99", "p99_ms")):
            pair = [
                None if told is None or told.latency is None else getattr(told.latency, member)
                for told in (one, two)
            ]
            if pair != [None, None]:
                measures.append(_timed(f"{name} (ms, of ok)", *pair))
        groups.append((clipped(f, 60), measures))
    # All of them first: it is what most come for.
    return sorted(groups, key=lambda group: group[0] != "all")


def _counted(name: str, left: int, right: int) -> Measure:
    change = "" if left == right else f"{right - left:+,}"
    return Measure(name, f"{left:,}", f"{right:,}", change)


def _timed(name: str, left: float | None, right: float | None) -> Measure:
    change = ""
    if left and right:
        ratio = right / left
        if ratio >= 2:
            change = f"{ratio:,.0f} times as long"
        elif ratio <= 0.5:
            change = f"{1 / ratio:,.0f} times as quick"
        else:
            percent = round(100 * (ratio - 1))
            change = f"{percent:+} %" if percent else ""
    shown = ["–" if ms is None else f"{ms:,.1f}" for ms in (left, right)]
    return Measure(name, shown[0], shown[1], change)


def fault_pairs(left: Told, right: Told) -> list[tuple[FaultTold | None, FaultTold | None]]:
    """The faults of both, the first beside the first."""
    return list(itertools.zip_longest(left.faults, right.faults))
