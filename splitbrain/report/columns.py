"""A run as compact columns for the timeline page: numbers in arrays, strings in tables."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from histories.canonical import canonical
from histories.event import Operation, Outcome
from splitbrain.evidence import evidence
from splitbrain.record import RunRecord
from splitbrain.report.faults import band_label, effect_text, fault_title
from splitbrain.report.findings import FINDINGS_MAX, found_in
from splitbrain.text import clipped, value_text

COLUMNS = (
    *("call", "duration", "process", "f", "key", "input", "output"),
    *("outcome", "node", "error"),
)
VALUE_LENGTHS = (120, 40, 16)
"""Characters of a value that are kept: as many as there is room for."""
NAME_MAX = 120
FAULTS_MAX = 2_000
BYTES_MAX = 3_800_000
OPERATIONS_MAX = 120_000
"""More than these no browser opens at once."""
OUTCOMES = (Outcome.OK, Outcome.FAIL, Outcome.INFO)
NS_PER_US = 1000


class _Table:
    """Gives each different thing a small number, and keeps its text once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, thing: Any, text: Callable[[Any], str]) -> int:
        identity = canonical(thing)
        if identity not in self._numbers:
            self._numbers[identity] = len(self.texts)
            self.texts.append(text(thing))
        return self._numbers[identity]


def timeline_data(
    record: RunRecord, operations: Sequence[Operation] | None = None
) -> dict[str, Any]:
    """JSON-ready columns, one entry an operation in order of invocation.

    ``call`` holds microseconds since the operation before, ``duration`` microseconds (-1:
    never completed), ``outcome`` 0 ok, 1 fail, 2 info; the others are numbers of texts in
    ``texts`` (-1: none). ``findings`` and ``faults`` are in the order of the report.
    ``operations`` are those of the run, from whoever has them at hand.

    It is at most ``BYTES_MAX`` long: values are cut shorter, and if that is not enough those
    operations are left out (``left_out``) that are farthest from what was found.
    """
    violations = found_in(record)[:FINDINGS_MAX]
    named = [[o.call for o in evidence(one, record.operations)] for one in violations]
    operations = sorted(operations or record.operations, key=lambda operation: operation.call)
    beside: dict[str, Any] = {"clients": record.plan.concurrency, "faults": _faults(record)}
    kept = _nearest(operations, named, OPERATIONS_MAX)
    length = VALUE_LENGTHS[0]
    while True:
        data: dict[str, Any] = beside | _columns(kept, length)
        if len(json.dumps(data, separators=(",", ":"))) <= BYTES_MAX or len(kept) < 1_000:
            break
        shorter = [less for less in VALUE_LENGTHS if less < length]
        length = shorter[0] if shorter else length
        if not shorter:
            kept = _nearest(operations, named, len(kept) // 2)
    rows = {operation.call: row for row, operation in enumerate(kept)}
    findings = []
    for violation, calls in zip(violations, named, strict=True):
        culprit = -1 if violation.culprit is None else rows.get(violation.culprit, -1)
        shown = [rows[call] for call in calls if call in rows]
        findings.append({"rows": shown, "culprit": culprit})
    return data | {"findings": findings, "left_out": len(operations) - len(kept)}


def _nearest(
    operations: Sequence[Operation], named: Sequence[Sequence[int]], most: int
) -> list[Operation]:
    """At most ``most`` operations: those called about when the named ones were."""
    if len(operations) <= most:
        return list(operations)
    first = [calls[0] for calls in named if calls][:1]
    marked = {call for calls in named for call in calls[:100]}
    pivot = bisect_left(operations, first[0], key=lambda o: o.call) if first else 0
    begin = max(0, min(pivot - most // 2, len(operations) - most))
    return [
        operation
        for place, operation in enumerate(operations)
        if begin <= place < begin + most or operation.call in marked
    ]


def _columns(operations: Sequence[Operation], length: int) -> dict[str, Any]:
    def value(thing: Any) -> str:
        return value_text(thing, length)

    def name(thing: str) -> str:
        return clipped(thing, NAME_MAX)

    values, keys, names, nodes, errors = (_Table() for _ in range(5))
    columns: dict[str, list[int]] = {column: [] for column in COLUMNS}
    before_us = 0
    for operation in operations:
        call_us = operation.call_ns // NS_PER_US
        row = (
            call_us - before_us,
            _duration_us(operation),
            operation.process,
            names.number(operation.f, name),
            -1 if operation.key is None else keys.number(operation.key, value),
            -1 if operation.input is None else values.number(operation.input, value),
            values.number(operation.output, value) if _tells(operation) else -1,
            OUTCOMES.index(operation.outcome),
            -1 if operation.node is None else nodes.number(operation.node, name),
            -1 if operation.error is None else errors.number(operation.error, name),
        )
        before_us = call_us
        for column, number in zip(columns.values(), row, strict=True):
            column.append(number)
    texts = {"f": names, "key": keys, "value": values, "node": nodes, "error": errors}
    return {"columns": columns, "texts": {what: table.texts for what, table in texts.items()}}


def _faults(record: RunRecord) -> list[dict[str, Any]]:
    return [
        {
            "start": fault.start_ns // NS_PER_US,
            "end": -1 if fault.healed_ns is None else fault.healed_ns // NS_PER_US,
            "kind": clipped(fault.symbolic.kind, NAME_MAX),
            "label": clipped(band_label(fault), NAME_MAX),
            "title": clipped(fault_title(fault), 4 * NAME_MAX),
            "effect": clipped(effect_text(fault), 4 * NAME_MAX),
            "mechanical": fault.effect.mechanical,
        }
        for fault in record.faults[:FAULTS_MAX]
    ]


def _duration_us(operation: Operation) -> int:
    if operation.ret_ns is None:
        return -1
    return max(0, operation.ret_ns // NS_PER_US - operation.call_ns // NS_PER_US)


def _tells(operation: Operation) -> bool:
    """Whether the completion told what the invocation had not: a read's value, nil included."""
    silent = operation.output == operation.input is not None
    return operation.outcome is Outcome.OK and not silent
