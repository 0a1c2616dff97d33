"""A run as compact columns for the timeline page: numbers in arrays, strings in tables."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from histories.canonical import canonical
from histories.event import Operation, Outcome
from splitbrain.record import RunRecord
from splitbrain.report.faults import band_label, effect_text, fault_title
from splitbrain.report.findings import evidence
from splitbrain.text import printable, value_text

VALUE_LENGTH_MAX = 120
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


def timeline_data(record: RunRecord) -> dict[str, Any]:
    """JSON-ready columns, one entry an operation in order of invocation.

    ``call`` holds microseconds since the operation before, ``duration`` microseconds (-1:
    never completed), ``outcome`` 0 ok, 1 fail, 2 info; the others are numbers of texts in
    ``texts`` (-1: none). ``findings`` and ``faults`` are in the order of the report.
    """
    operations = sorted(record.operations, key=lambda operation: operation.call)
    values, keys, names, nodes, errors = (_Table() for _ in range(5))
    columns: dict[str, list[int]] = {
        name: []
        for name in (
            *("call", "duration", "process", "f", "key", "input", "output"),
            *("outcome", "node", "error"),
        )
    }
    before_us = 0
    for operation in operations:
        call_us = operation.call_ns // NS_PER_US
        row = {
            "call": call_us - before_us,
            "duration": _duration_us(operation),
            "process": operation.process,
            "f": names.number(operation.f, printable),
            "key": -1 if operation.key is None else keys.number(operation.key, _value),
            "input": -1 if operation.input is None else values.number(operation.input, _value),
            "output": _output(operation, values),
            "outcome": OUTCOMES.index(operation.outcome),
            "node": -1 if operation.node is None else nodes.number(operation.node, printable),
            "error": -1 if operation.error is None else errors.number(operation.error, printable),
        }
        before_us = call_us
        for name, number in row.items():
            columns[name].append(number)
    rows = {operation.call: row for row, operation in enumerate(operations)}
    return {
        "clients": record.plan.concurrency,
        "columns": columns,
        "texts": {
            "f": names.texts,
            "key": keys.texts,
            "value": values.texts,
            "node": nodes.texts,
            "error": errors.texts,
        },
        "faults": [
            {
                "start": fault.start_ns // NS_PER_US,
                "end": -1 if fault.healed_ns is None else fault.healed_ns // NS_PER_US,
                "kind": fault.symbolic.kind,
                "label": printable(band_label(fault)),
                "title": printable(fault_title(fault)),
                "effect": printable(effect_text(fault)),
                "mechanical": fault.effect.mechanical,
            }
            for fault in record.faults
        ],
        "findings": [
            {
                "rows": [rows[o.call] for o in evidence(violation, operations)],
                "culprit": rows.get(violation.culprit, -1) if violation.culprit is not None else -1,
            }
            for result in record.results
            for violation in result.violations
        ],
    }


def _duration_us(operation: Operation) -> int:
    if operation.ret_ns is None:
        return -1
    return max(0, operation.ret_ns // NS_PER_US - operation.call_ns // NS_PER_US)


def _output(operation: Operation, values: _Table) -> int:
    """What the completion told that the invocation had not: a read's value, nil included."""
    if operation.outcome is not Outcome.OK or operation.output == operation.input is not None:
        return -1
    return values.number(operation.output, _value)


def _value(value: Any) -> str:
    return value_text(value, VALUE_LENGTH_MAX)
