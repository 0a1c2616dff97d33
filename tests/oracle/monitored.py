"""Holds what a monitor finds against the frontier: verdicts, orders, and the first culprit."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import oracle
import semantics

from checker.linearizability.monitors.finding import LINEARIZED, REFUTED, UNSUITED, Findings
from checker.reading import Reading
from histories.event import Operation, Outcome
from histories.table import NEVER, Table, table_of


def drawn(
    rng: random.Random, kind: str, longest: int = 60, **parameters: object
) -> list[Operation]:
    """A history of distinct values: small or long, crashed, falsified, with touching intervals."""
    small = rng.random() < 0.5
    history = oracle.concurrent(
        rng,
        kind,
        rng.randint(2, 9) if small else rng.randint(12, longest),
        **{
            "processes": rng.randint(1, 6),
            "values": 0,
            "crashed": rng.choice((0, 0.05, 0.3) if small else (0, 0.05)),
            "crashed_max": 6,
            "failed": rng.choice((0, 0.1)),
            "eager": rng.choice((0.2, 0.4, 0.6, 0.8)),
            **parameters,
        },
    )
    if rng.random() < 0.8:
        history = oracle.falsified(rng, history, rng.choice((1, 1, 2, 4)))
    if rng.random() < 0.15:
        # A return at the very index of another's call: closed intervals overlap there.
        calls = {operation.call for operation in history}
        history = [
            replace(one, ret=one.ret + 1) if one.ret is not None and one.ret + 1 in calls else one
            for one in history
        ]
    return history


def replays(model: str, table: Table, order: Sequence[int], reading: Reading) -> str | None:
    """Why some rows are no linearization; None when they are one."""
    operations = [table.operation(row) for row in range(len(table))]
    states = {semantics.INIT[model]}
    latest = -1
    for row in order:
        states = {
            after
            for state in states
            for after in semantics.apply(model, state, operations[row], reading)
        }
        if not states:
            return f"{operations[row]} is impossible"
        if table.ret[row] < latest:
            return f"{operations[row]} returned before one that is placed before it was called"
        latest = max(latest, int(table.call[row]))
    placed = Counter(order)
    for row, operation in enumerate(operations):
        required = operation.outcome is not Outcome.INFO and semantics.relevant(
            model, operation, reading
        )
        if placed[row] > 1 or (required and not placed[row]):
            return f"{operation} is placed {placed[row]} times"
    return None


def agrees(
    model: str,
    operations: list[Operation],
    reading: Reading,
    decide: Callable[[Table, Reading], Findings],
    told: Counter[str],
    exact: bool = True,
) -> None:
    """Assert that what a monitor decided is so, and (if ``exact``) its culprit the first.

    Counts in ``told`` what it said, of how many histories.
    """
    if not operations:
        return
    try:
        expected = oracle.first_stuck(model, operations, reading, configurations_max=4_000)
    except (oracle.TooLarge, TypeError):
        return
    table = table_of(operations)
    findings = decide(table, reading)
    finding = findings.of(0)
    told["histories"] += 1
    told["invalid"] += expected is not None
    told["unsuited"] += findings.status[0] == UNSUITED
    if finding is None:
        return
    if finding.linearized:
        assert findings.status[0] == LINEARIZED
        assert expected is None, operations
        problem = replays(model, table, finding.order.tolist(), reading)
        assert problem is None, (problem, operations)
        told["linearized"] += 1
        return
    assert findings.status[0] == REFUTED
    assert expected is not None, operations
    assert expected.ret is not None
    ret = int(table.ret[finding.stuck])
    assert expected.ret <= ret < NEVER, operations
    assert not exact or ret == expected.ret, (ret, expected, operations)
    assert all(0 <= row < len(table) for row in finding.clusters)
    told["refuted"] += 1
