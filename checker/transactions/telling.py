"""Anomalies in sentences: who came before whom, and why that cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checker.transactions.anomalies import (
    DIRTY_UPDATE,
    DUPLICATE_ELEMENTS,
    G1A,
    G1B,
    GARBAGE_READ,
    INCOMPATIBLE_ORDER,
    INTERNAL,
    LOST_UPDATE,
    NO_SNAPSHOTS,
    NO_VERSION_ORDER,
    REORDERED_APPENDS,
    Anomaly,
)
from checker.transactions.edges import PROCESS, REALTIME, WR, WW
from checker.transactions.inferred import Inferred
from checker.transactions.showing import edge_evidence, evidence_of
from checker.verdict import Violation
from checker.wording import describe, plural, show, show_name
from histories.event import Operation
from histories.table import Table

TOLD_MAX = 8
"""Transactions of a cycle that are all told; of a longer one only its dependencies are."""


def violation_of(inferred: Inferred, table: Table, anomaly: Anomaly) -> Violation:
    """The anomaly for people, with the evidence as data."""
    operations = [table.operation(row) for row in anomaly.rows]
    evidence = evidence_of(inferred, anomaly)
    details: dict[str, Any] = {
        "anomaly": anomaly.name,
        "rules_out": list(anomaly.refutes),
        "evidence": evidence,
        "found": anomaly.found,
    }
    if anomaly.cycle:
        sentence = _cycle(inferred, anomaly, operations)
        details["transactions"] = [one.call for one in operations]
    else:
        sentence = _suspect(inferred, anomaly, operations)
    shown = operations if len(operations) <= TOLD_MAX else operations[:TOLD_MAX]
    return Violation(
        anomaly.name,
        sentence,
        tuple(sorted(one.call for one in shown)),
        None,
        inferred.transactions.keys[anomaly.key] if anomaly.key >= 0 else None,
        details,
    )


def _cycle(inferred: Inferred, anomaly: Anomaly, operations: Sequence[Operation]) -> str:
    """Dependency after dependency; then who they are."""
    names = {row: f"T{number}" for number, row in enumerate(anomaly.rows, 1)}
    steps = [
        step_text(edge_evidence(inferred, edge), edge.sort, names[edge.source], names[edge.target],
                  operations[number].process, inferred.transactions.lists)
        for number, edge in enumerate(anomaly.cycle)
    ]  # fmt: skip
    told = "; ".join(steps[:-1]) + f"; yet {steps[-1]}: a contradiction"
    if len(operations) > TOLD_MAX:
        return told
    who = "; ".join(
        f"{names[row]} is {describe(one)}"
        for row, one in zip(anomaly.rows, operations, strict=True)
    )
    return f"{told}. {who}"


def step_text(
    shown: dict[str, Any], sort: int, one: str, other: str, process: int, lists: bool
) -> str:
    """One dependency in words, from its evidence: ``T1 read x before T2 appended 3 to it``."""
    if sort == PROCESS:
        return f"process {process} ran {one} before {other}"
    if sort == REALTIME:
        return f"{one} was acknowledged before {other} was asked for"
    key, value = show_name(shown["key"]), show(shown.get("value"))
    later = show(shown.get("later"))
    if sort == WW:
        return f"{one} appended {value} to {key} before {other} appended {later}"
    if sort == WR:
        return f"{one} {'appended' if lists else 'wrote'} the {value} that {other} read in {key}"
    if lists:
        return f"{one} read {key} before {other} appended {later} to it"
    return f"{one} read {value} in {key}, which {other} overwrote with {later}"


def _suspect(inferred: Inferred, anomaly: Anomaly, operations: Sequence[Operation]) -> str:
    """What single reads or versions show."""
    columns = inferred.transactions
    last = describe(operations[-1])
    more = f" ({plural(anomaly.found, 'case')} in all)" if anomaly.found > 1 else ""
    if anomaly.key < 0:
        many = plural(len(operations), "transaction")
        if anomaly.name == NO_VERSION_ORDER:
            return (
                f"every order in which the versions that {many} wrote may have come was tried, and "
                "under each there is a cycle"
            )
        of = "begins and commits of " if anomaly.name == NO_SNAPSHOTS else ""
        tried = f"every order of the {of}{many} was tried, and in none are all answers right"
        if len(operations) > TOLD_MAX:
            return tried
        who = "; ".join(describe(one) for one in operations)
        return f"{tried} that they gave of what they wrote: {who}"
    name = show_name(columns.keys[anomaly.key])
    first = describe(operations[0])
    saw = _saw(inferred, anomaly.steps[-1])  # of a write nothing that is told
    if anomaly.name == GARBAGE_READ:
        told = f"{last} read {saw} in {name}, and nobody ever wrote all of that"
    elif anomaly.name == DUPLICATE_ELEMENTS:
        told = f"{last} read {saw} in {name}, where an element stands twice"
    elif anomaly.name == G1A:
        told = f"{last} read {saw} in {name}, part of which is of {first}, which failed"
    elif anomaly.name == G1B:
        told = f"{last} read {saw} in {name}, in the middle of {first}"
    elif anomaly.name == INCOMPATIBLE_ORDER:
        other = _saw(inferred, anomaly.steps[0])
        told = (
            f"{last} read {saw} in {name}, and {first} read {other}: neither list is the beginning "
            "of the other"
        )
    elif anomaly.name == INTERNAL:
        told = f"{last} read {saw} in {name}, which contradicts what it had read or written itself"
    elif anomaly.name == LOST_UPDATE:
        told = f"{first} and {last} both read {saw} in {name}, and both wrote it: one is lost"
    elif anomaly.name == REORDERED_APPENDS:
        sooner, later = (show(columns.values[int(columns.value[s])]) for s in anomaly.steps)
        told = (
            f"{first} appended {sooner} to {name} and then {later}, and {last} read "
            f"{_saw(inferred, int(inferred.spine[anomaly.key]))}"
        )
    elif anomaly.name == DIRTY_UPDATE:
        told = f"{last} came on top of what {first} had written to {name}, which failed"
    else:
        raise AssertionError(anomaly.name)
    return told + more


def _saw(inferred: Inferred, step: int) -> str:
    columns = inferred.transactions
    if columns.lists:
        return show([columns.values[number] for number in columns.seen(step)])
    return show(columns.values[int(columns.value[step])])
