"""Levels of isolation in a few lines: what a history shows, and what it rules out."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from checker.verdict import Result
from splitbrain.text import shortened


def isolation_of(result: Result) -> Mapping[str, Any] | None:
    """What a result says of levels of isolation; None where it says nothing of them.

    A run may have been written by others: what does not have the shape says nothing.
    """
    told = result.statistics.get("isolation")
    if not isinstance(told, Mapping) or not isinstance(told.get("level"), str):
        return None
    lists = (told.get(name) for name in ("shown", "not_refuted", "doubts"))
    tables: list[Any] = [told.get(name) for name in ("levels", "refuted_by", "anomalies")]
    if not all(isinstance(one, list) and all(isinstance(x, str) for x in one) for one in lists):
        return None
    if not all(isinstance(one, Mapping) for one in tables):
        return None
    levels, refuted, anomalies = tables
    if not all(isinstance(one, str) for one in (*levels.values(), *refuted.values())):
        return None
    if not all(isinstance(one, Mapping) for one in anomalies.values()):
        return None
    ruled_out = [one.get("rules_out") for one in anomalies.values()]
    return told if all(isinstance(one, list) for one in ruled_out) else None


def levels_text(isolation: Mapping[str, Any], width: int) -> str:
    """The lines, indented and no wider than that."""
    return "\n".join(
        textwrap.fill(
            shortened(line),
            width - 2,
            initial_indent="  ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
        for line in levels_lines(isolation)
    )


def levels_lines(isolation: Mapping[str, Any]) -> list[str]:
    """What holds, what is left open, and what is ruled out by what: a sentence each."""
    levels: Mapping[str, str] = isolation["levels"]
    shown, free = list(isolation["shown"]), list(isolation["not_refuted"])
    ruled: dict[str, list[str]] = {}
    for name, anomaly in isolation["refuted_by"].items():
        ruled.setdefault(anomaly, []).append(name)
    lines = []
    if shown:
        lines.append(f"Holds: {', '.join(shown)}.")
    left = [name for name in free if name not in shown and levels.get(name) == "unknown"]
    if left:
        doubts = "; ".join(isolation["doubts"])
        why = f" ({doubts})" if doubts else ""
        lines.append(f"Not ruled out, and not shown: {', '.join(left)}{why}.")
    for anomaly, names in ruled.items():
        first = ", ".join(_weakest(names, isolation))
        lines.append(f"Ruled out by {anomaly}: {first}, and what implies it.")
    return lines


def _weakest(names: list[str], isolation: Mapping[str, Any]) -> list[str]:
    """Of those that one anomaly rules out the ones that it names itself, else the first."""
    own: list[str] = []
    for anomaly in isolation["anomalies"].values():
        own += [name for name in anomaly["rules_out"] if name in names and name not in own]
    return own or names[:1]
