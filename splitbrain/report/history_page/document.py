"""A judged history as data for its page: columns of numbers, texts told once, trees of orders."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from checker.linearizability.account import Account
from checker.linearizability.obstacle import obstacle, state_text, value_text
from checker.linearizability.reach import UNKNOWN, Reach
from checker.models.model import Model
from checker.reading import Reading
from checker.verdict import Verdict, Violation
from histories.table import NEVER, NO_VALUE, OK, Int64, Table
from nemesis.fault import Fault
from splitbrain.report.faults import band_label, effect_text, fault_title
from splitbrain.text import printable

OPERATIONS_MAX = 250_000
"""Of longer histories the page shows those nearest to what was found."""
TEXT_WIDTH_MAX = 96
TEXT_WIDTH_MIN = 32
TEXTS_MANY = 20_000
"""With more different values than this each is told shorter."""
NS_PER_US = 1000
VERDICTS = (Verdict.VALID, Verdict.INVALID, Verdict.UNKNOWN)


def document(
    table: Table,
    accounts: Sequence[Account],
    violations: Sequence[Violation],
    model: Model | None,
    reading: Reading,
    faults: Sequence[Fault] = (),
) -> dict[str, Any]:
    """JSON-ready data. An operation is its place in ``columns``, a key its place in ``keys``.

    ``columns``: ``call`` (event index, as the difference from the operation before), ``span``
    (events until the return, 0: never), ``time`` (microseconds of the call, as a difference),
    ``duration`` (microseconds, -1: never), ``outcome`` 0 ok, 1 fail, 2 info; ``input2`` and
    ``output2`` the second of two elements, the others numbers of ``texts`` (-1: none).

    ``keys[k].tree``: node v of the tree of linearizable prefixes takes operation
    ``operation[v]`` (as the difference from node v-1's) after node ``v - back[v]`` and leaves
    the object in ``texts.state[state[v]]``; ``skipped`` nodes in front are left out; ``best``
    and ``through`` are nodes as in ``checker.linearizability.reach``, ``refused`` rows
    [node, operation, text number of the reason].
    """
    kept = _kept(table, violations)
    place = np.full(len(table), -1, np.int64)
    place[kept] = np.arange(len(kept))
    shown = table.take(kept)
    key_of = np.zeros(len(table), np.int64)
    for number, account in enumerate(accounts):
        key_of[account.rows] = number
    states = _Texts(
        lambda state: "…" if state is UNKNOWN else state_text(state, model, TEXT_WIDTH_MAX)
    )
    reasons = _Texts(str)
    width = TEXT_WIDTH_MAX if len(table.values) <= TEXTS_MANY else TEXT_WIDTH_MIN
    return {
        "version": 1,
        "model": model.name if model else "",
        "columns": _columns(shown, key_of[kept]),
        "texts": {
            "value": [_value(value, width) for value in table.values],
            "f": [printable(name) for name in table.functions],
            "observer": [_observer(name, table, model, reading) for name in table.functions],
            "node": [printable(node or "") for node in table.nodes],
            "error": [printable(error or "") for error in table.errors],
            "state": states.texts,
            "reason": reasons.texts,
        },
        "init": states.number(model.init) if model else -1,
        "keys": [
            {
                "name": None if account.key is None else _value(account.key, TEXT_WIDTH_MAX),
                "verdict": VERDICTS.index(account.verdict),
                "operations": len(account.rows),
                "stuck": -1 if account.stuck is None else int(place[account.rows[account.stuck]]),
                "tree": None
                if account.reach is None or model is None
                else _tree(account, account.reach, place, table, model, reading, states, reasons),
            }
            for account in accounts
        ],
        "findings": [_finding(violation, table, place, accounts) for violation in violations],
        "faults": [_fault(fault) for fault in faults],
        "left_out": len(table) - len(kept),
    }


class _Texts:
    """Gives each different thing a small number, and keeps its text once."""

    def __init__(self, text: Callable[[Any], str]) -> None:
        self.texts: list[str] = []
        self._text = text
        self._numbers: dict[Hashable, int] = {}

    def number(self, thing: Hashable) -> int:
        # 1 and True are equal, but are different values.
        identity = (type(thing), thing)
        number = self._numbers.get(identity)
        if number is None:
            number = self._numbers[identity] = len(self.texts)
            self.texts.append(printable(self._text(thing)))
        return number


def _kept(table: Table, violations: Sequence[Violation]) -> Int64:
    """The rows to show: all, or those nearest in time to the first finding, and each finding's."""
    if len(table) <= OPERATIONS_MAX:
        return np.arange(len(table), dtype=np.int64)
    middle = 0
    named: set[int] = set()
    for violation in reversed(violations):
        named.update(violation.operations)
        middle = violation.culprit if violation.culprit is not None else middle
    at = int(np.searchsorted(table.call, middle))
    first = min(max(0, at - OPERATIONS_MAX // 2), len(table) - OPERATIONS_MAX)
    near = np.arange(first, first + OPERATIONS_MAX, dtype=np.int64)
    return np.union1d(near, np.flatnonzero(np.isin(table.call, list(named))))


def _columns(table: Table, key: Int64) -> dict[str, list[int]]:
    never = table.ret == NEVER
    called_us = table.call_ns // NS_PER_US
    answered = table.outcome == OK
    repeated = (table.output == table.input) & (table.output2 == table.input2) & (table.input != 0)
    told = answered & ~repeated
    columns = {
        "call": np.diff(table.call, prepend=0),
        "span": np.where(never, 0, table.ret - table.call),
        "time": np.diff(called_us, prepend=0),
        "duration": np.where(
            never, -1, np.maximum(0, np.where(never, 0, table.ret_ns) // NS_PER_US - called_us)
        ),
        "process": table.process,
        "key": key,
        "f": table.f,
        "outcome": table.outcome,
        "input": table.input,
        "input2": np.where(table.input2 == NO_VALUE, -1, table.input2),
        "output": np.where(told, table.output, -1),
        "output2": np.where(told & (table.output2 != NO_VALUE), table.output2, -1),
        "node": table.node,
        "error": table.error,
    }
    return {name: column.tolist() for name, column in columns.items()}


def _observer(name: str, table: Table, model: Model | None, reading: Reading) -> bool:
    """Whether operations of this function only look, by the first that says anything."""
    if model is None:
        return False
    rows = np.flatnonzero((table.f == table.functions.index(name)) & (table.outcome == OK))
    for row in rows[:100].tolist():
        effect = model.effect(table.operation(row), reading)
        if effect is not None:
            return model.observes(effect)
    return False


def _value(value: Any, width: int) -> str:
    return printable(value_text(value, width))


def _tree(
    account: Account,
    reach: Reach,
    place: Int64,
    table: Table,
    model: Model,
    reading: Reading,
    states: _Texts,
    reasons: _Texts,
) -> dict[str, Any]:
    rows = place[account.rows]
    skipped = max(0, len(reach.parents) - OPERATIONS_MAX)
    taken = [int(rows[one]) for one in reach.operations[skipped:]]
    refused = []
    for node, positions in reach.refused.items():
        state = reach.state(node, model)
        for position in positions:
            operation = table.operation(int(account.rows[position]))
            why = obstacle(operation, model.effect(operation, reading), state, model)
            refused.append([node, int(rows[position]), reasons.number(why)])
    return {
        "operation": [b - a for a, b in itertools.pairwise([0, *taken])],
        "back": [v - parent for v, parent in enumerate(reach.parents)][skipped:],
        "state": [states.number(state) for state in reach.states[skipped:]],
        "skipped": skipped,
        "best": reach.best,
        "through": [[int(rows[position]), node] for position, node in reach.through.items()],
        "refused": refused,
        "exhaustive": reach.exhaustive,
        "explored": reach.explored,
    }


def _finding(
    violation: Violation, table: Table, place: Int64, accounts: Sequence[Account]
) -> dict[str, Any]:
    named = set(violation.operations)
    if violation.culprit is not None:
        named.add(violation.culprit)
    rows = np.flatnonzero(np.isin(table.call, list(named)))
    culprit = -1
    if violation.culprit is not None:
        at = np.flatnonzero(table.call == violation.culprit)
        culprit = int(place[at[0]]) if len(at) else -1
    possible = violation.details.get("possible")
    own = [n for n, account in enumerate(accounts) if len(rows) and rows[0] in account.rows]
    return {
        "kind": printable(violation.kind),
        "sentence": printable(violation.sentence),
        "rows": place[rows].tolist(),
        "culprit": culprit,
        "key": own[0] if own else -1,
        "possible": None
        if not isinstance(possible, list)
        else [_value(value, TEXT_WIDTH_MIN) for value in possible],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "start": fault.start_ns // NS_PER_US,
        "end": -1 if fault.healed_ns is None else fault.healed_ns // NS_PER_US,
        "label": printable(band_label(fault)),
        "title": printable(fault_title(fault)),
        "effect": printable(effect_text(fault)),
    }
