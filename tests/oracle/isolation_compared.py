"""A history's levels of isolation, by the checker and by brute force, side by side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence

import isolation

from checker.transactions.choosing import versions_for
from checker.transactions.deciding import decide
from checker.transactions.evidence import IsolationRefutation, SerialOrder, VersionOrder
from checker.transactions.intake import transactions_of
from checker.transactions.levels import SERIAL, implied
from checker.transactions.showing import evidence_of
from checker.transactions.verifying import verify_isolation
from histories.event import Operation
from histories.table import table_of

Oracle = Callable[[Sequence[Operation]], bool]
TRUTH: dict[str, Oracle] = {
    "read-committed": isolation.committed,
    "read-atomic": lambda told: isolation.atomic(told, "read-atomic"),
    "causal": lambda told: isolation.atomic(told, "causal"),
    "parallel-snapshot-isolation": lambda told: isolation.atomic(
        told, "parallel-snapshot-isolation"
    ),
    "snapshot-isolation": isolation.snapshot,
    "strong-session-snapshot-isolation": lambda told: isolation.snapshot(told, "process"),
    "strong-snapshot-isolation": lambda told: isolation.snapshot(told, "realtime"),
    "serializable": isolation.serial,
    "strong-session-serializable": lambda told: isolation.serial(told, "process"),
    "strict-serializable": lambda told: isolation.serial(told, "realtime"),
}


def compared(
    operations: Sequence[Operation], *, lists: bool, compiled: bool | None = None
) -> tuple[list[str], Counter[tuple[str, str, str]]]:
    """What is wrong with the checker's findings, in sentences; and (level, verdict, truth) of
    each level, counted."""
    model = "list-append" if lists else "rw-register"
    columns = transactions_of(table_of(operations), model)
    findings = decide(columns, compiled=compiled)
    wrong: list[str] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    for level, oracle in TRUTH.items():
        verdict, truth = str(findings.verdict(level)), "valid" if oracle(operations) else "invalid"
        seen[level, verdict, truth] += 1
        if verdict not in (truth, "unknown"):
            wrong.append(f"{level}: {verdict}, but it is {truth}")
    if findings.order is not None and findings.serial is not None:
        order = SerialOrder(model, findings.serial, columns.call[findings.order])
        kept = SerialOrder.from_json(json.loads(json.dumps(order.to_json())))
        if problem := verify_isolation(operations, kept):
            wrong.append(f"its order: {problem}")
    for level in findings.holds.difference(implied(findings.serial) if findings.serial else ()):
        versions = versions_for(findings, level, compiled)
        if versions is None:
            if level in TRUTH and level not in SERIAL:
                wrong.append(f"{level} holds, and no order of versions shows it")
            continue
        shown = VersionOrder(model, level, versions)
        kept_so = VersionOrder.from_json(json.loads(json.dumps(shown.to_json())))
        if problem := verify_isolation(operations, kept_so):
            wrong.append(f"its order of versions for {level}: {problem}")
    for anomaly in findings.anomalies:
        for level in anomaly.refutes:
            evidence = evidence_of(findings.inferred, anomaly)
            proof = IsolationRefutation(model, level, anomaly.name, evidence)
            again = IsolationRefutation.from_json(json.loads(json.dumps(proof.to_json())))
            if problem := verify_isolation(operations, again):
                wrong.append(f"its {anomaly.name} against {level}: {problem}")
    return wrong, seen


def missed(seen: Counter[tuple[str, str, str]]) -> dict[str, tuple[int, int]]:
    """For each level how many histories that do not have it were left undecided, of how many."""
    return {
        level: (
            seen[level, "unknown", "invalid"],
            seen[level, "unknown", "invalid"] + seen[level, "invalid", "invalid"],
        )
        for level in TRUTH
    }
