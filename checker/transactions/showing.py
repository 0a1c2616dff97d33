"""Each anomaly as evidence: which read shows what, by call index and value."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.transactions.anomalies import (
    DIRTY_UPDATE,
    REORDERED_APPENDS,
    Anomaly,
    Dependency,
)
from checker.transactions.columns import NOTHING, READ, WRITE
from checker.transactions.edges import NAMES, PROCESS, REALTIME, RW, WR, WW
from checker.transactions.inferred import Inferred
from histories.table import FAIL, INFO


def evidence_of(inferred: Inferred, anomaly: Anomaly) -> dict[str, Any]:
    """What shows an anomaly, in the form that ``evidence.py`` documents."""
    columns = inferred.transactions
    call = columns.call
    if anomaly.cycle:
        steps = [edge_evidence(inferred, edge) for edge in anomaly.cycle]
        unknown = [row for row in anomaly.rows if columns.outcome[row] == INFO]
        shown: dict[str, Any] = {"cycle": steps}
        if unknown:
            shown["seen"] = [_sighting(inferred, row) for row in unknown]
        return shown
    shown = {"transactions": [int(call[row]) for row in anomaly.rows]}
    if anomaly.key >= 0:
        shown |= named(inferred, anomaly.key)
    reads = [int(call[inferred.owner[s]]) for s in anomaly.steps if columns.kind[s] == READ]
    writes = [s for s in anomaly.steps if columns.kind[s] == WRITE]
    if reads:
        shown["reads"] = reads
    if anomaly.steps and columns.kind[anomaly.steps[-1]] == READ:
        shown["step"] = int(anomaly.steps[-1] - columns.first[anomaly.rows[-1]])
    if writes:
        shown["values"] = [columns.values[int(columns.value[s])] for s in writes]
    if anomaly.name in (DIRTY_UPDATE, REORDERED_APPENDS):
        spine = int(inferred.spine[anomaly.key])
        shown["reads"] = [int(call[inferred.owner[spine]])]
    return shown


def edge_evidence(inferred: Inferred, edge: Dependency) -> dict[str, Any]:
    """One dependency, and what shows it."""
    columns = inferred.transactions
    shown: dict[str, Any] = {
        "kind": NAMES[edge.sort],
        "from": int(columns.call[edge.source]),
        "to": int(columns.call[edge.target]),
    }
    if edge.sort in (PROCESS, REALTIME):
        return shown
    shown |= named(inferred, edge.key)
    value = columns.values
    if not columns.lists:
        assert inferred.writer is not None
        if edge.sort == WR:
            shown["value"] = value[_read_from(inferred, edge)]
            return shown
        reads = _reads(inferred, edge.source, edge.key)
        later = _writes(inferred, edge.target, edge.key)
        read_from = {
            int(inferred.owner[inferred.writer[s]])
            for s in columns.steps(edge.target)
            if inferred.writer[s] >= 0
        }
        # A read of nil, or of a version of somebody from whom the target read.
        chosen = next(
            (
                s
                for s in reads
                if columns.value[s] == NOTHING
                or (
                    inferred.writer[s] >= 0 and int(inferred.owner[inferred.writer[s]]) in read_from
                )
            ),
            reads[0],
        )
        shown["value"] = value[int(columns.value[chosen])]
        shown["later"] = value[int(columns.value[later[0]])]
        return shown
    if edge.sort == WR:
        shown["value"] = value[_read_from(inferred, edge)]
    elif edge.sort == WW:
        one, other = _in_turn(inferred, edge)
        shown["value"] = value[int(columns.value[one])]
        shown["later"] = value[int(columns.value[other])]
        shown["read"] = int(columns.call[inferred.owner[int(inferred.spine[edge.key])]])
    elif edge.sort == RW:
        shown["later"] = value[int(columns.value[_unseen(inferred, edge)])]
    return shown


def named(inferred: Inferred, key: int) -> dict[str, Any]:
    """How a key is named: with the operation's own key, where that has one."""
    name = inferred.transactions.keys[key]
    group = inferred.transactions.groups[key]
    return {"key": name} if group is None else {"group": group, "key": name}


def _writes(inferred: Inferred, row: int, key: int) -> list[int]:
    columns = inferred.transactions
    return [s for s in columns.steps(row) if columns.kind[s] == WRITE and columns.key[s] == key]


def _reads(inferred: Inferred, row: int, key: int) -> list[int]:
    """Reads of what others wrote."""
    columns = inferred.transactions
    found = []
    for s in columns.steps(row):
        if columns.key[s] != key:
            continue
        if columns.kind[s] == WRITE and not columns.lists:
            break
        if columns.kind[s] == READ:
            found.append(s)
    return found


def external(inferred: Inferred, step: int) -> list[int]:
    """What a read of a list saw but for its transaction's own appends."""
    columns = inferred.transactions
    seen = columns.seen(step)
    own = sum(
        1 for s in _writes(inferred, int(inferred.owner[step]), int(columns.key[step])) if s < step
    )
    return seen[: len(seen) - own]


def _read_from(inferred: Inferred, edge: Dependency) -> int:
    """The number of the value of the source that the target read."""
    columns = inferred.transactions
    written = {int(columns.value[s]) for s in _writes(inferred, edge.source, edge.key)}
    for s in _reads(inferred, edge.target, edge.key):
        if not columns.lists:
            if int(columns.value[s]) in written:
                return int(columns.value[s])
            continue
        # Behind it there may be what failed.
        for one in reversed(external(inferred, s)):
            if one in written:
                return one
            if not _failed(inferred, edge.key, one):
                break
    raise AssertionError("an edge wr that no read shows")


def _failed(inferred: Inferred, key: int, value: int) -> bool:
    columns = inferred.transactions
    steps = np.flatnonzero(
        (columns.kind == WRITE) & (columns.key == key) & (columns.value == value)
    )
    return all(columns.outcome[inferred.owner[s]] == FAIL for s in steps)


def _in_turn(inferred: Inferred, edge: Dependency) -> tuple[int, int]:
    """An append of the source, and one of the target that came after it."""
    place = inferred.place
    ones = [s for s in _writes(inferred, edge.source, edge.key) if place[s] >= 0]
    others = _writes(inferred, edge.target, edge.key)
    one = min(ones, key=lambda s: int(place[s]))
    for other in others:
        if place[other] < 0 or place[other] > place[one]:
            return one, other
    raise AssertionError("an edge ww that no read shows")


def _unseen(inferred: Inferred, edge: Dependency) -> int:
    """An append of the target that a read of the source lacks."""
    columns = inferred.transactions
    for s in _reads(inferred, edge.source, edge.key):
        seen = set(external(inferred, s))
        for other in _writes(inferred, edge.target, edge.key):
            if int(columns.value[other]) not in seen:
                return other
    raise AssertionError("an edge rw that no read shows")


def _sighting(inferred: Inferred, row: int) -> dict[str, Any]:
    """A read of something that a transaction of unknown outcome wrote."""
    columns = inferred.transactions
    for s in columns.steps(row):
        if columns.kind[s] != WRITE:
            continue
        value, key = int(columns.value[s]), int(columns.key[s])
        for reader in np.flatnonzero((columns.kind == READ) & (columns.key == key)):
            saw = columns.seen(int(reader)) if columns.lists else [int(columns.value[reader])]
            if value in saw:
                return {
                    "transaction": int(columns.call[row]),
                    **named(inferred, key),
                    "value": columns.values[value],
                    "read": int(columns.call[inferred.owner[reader]]),
                }
    raise AssertionError("a transaction of unknown outcome that nobody saw")
