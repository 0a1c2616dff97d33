"""Judges a history of transactions: which levels of isolation it shows, and which it refutes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from checker.linearizability.search import linearizable
from checker.models.list_append import LIST_APPEND
from checker.reading import SPLITBRAIN, Reading
from checker.transactions.anomalies import Anomaly
from checker.transactions.choosing import versions_for
from checker.transactions.columns import LIST_APPEND as LISTS
from checker.transactions.columns import RW_REGISTER
from checker.transactions.deciding import decide
from checker.transactions.edges import PROCESS, REALTIME
from checker.transactions.evidence import IsolationRefutation, SerialOrder, VersionOrder
from checker.transactions.findings import Findings
from checker.transactions.intake import transactions_of
from checker.transactions.levels import LEVELS, STRICT_SERIALIZABLE, implied, strongest
from checker.transactions.showing import evidence_of
from checker.transactions.telling import violation_of
from checker.verdict import Result, Verdict
from histories.table import Table

MODELS = {
    LISTS: LIST_APPEND.summary,
    RW_REGISTER: "registers written and read in one transaction; nil at first",
}
"""Models of which levels of isolation are judged, and what they are."""


def judge_isolation(
    table: Table,
    model: str,
    level: str = STRICT_SERIALIZABLE,
    *,
    reading: Reading | None = None,
    explained: bool = True,
    compiled: bool | None = None,
    **limits: Any,
) -> Result:
    """The verdict on one level, and in ``statistics["isolation"]`` what becomes of all levels.

    VALID comes with an order of all transactions where one was found, or for levels that ask for
    none with one of all versions; INVALID with an anomaly. ``verifying.py`` checks all of them.
    What inference leaves open of strict serializability over lists is searched for as any object's
    linearizability, within ``limits`` (those of ``linearizable``). ``reading``: under one where nil
    says nothing, nil says nothing; by default it was seen. Raises HistoryError for what is no
    transaction of the model.
    """
    told = reading or SPLITBRAIN
    columns = transactions_of(table, model, nil_says_nothing=told.nil_read == "anything")
    began = time.perf_counter()
    findings = decide(columns, compiled=compiled)
    verdict = findings.verdict(level)
    took = time.perf_counter() - began
    if verdict is Verdict.UNKNOWN and level == STRICT_SERIALIZABLE and columns.lists:
        result = linearizable(table, LIST_APPEND, reading=told, explained=explained, **limits)
        if result.verdict is not Verdict.UNKNOWN:
            if result.verdict is Verdict.VALID:
                findings.hold([STRICT_SERIALIZABLE])
            result.statistics["isolation"] = _isolation(findings, level)
            return result
    against = findings.against(level)
    began = time.perf_counter()
    violations = (
        tuple(violation_of(findings.inferred, table, one) for one in against) if explained else ()
    )
    explaining = time.perf_counter() - began
    if verdict is Verdict.INVALID:
        shown = against[0]
        sentence = (violations or (violation_of(findings.inferred, table, shown),))[0].sentence
        reason: str | None = f"{shown.name}: {sentence}"
        proof: Any = IsolationRefutation(
            model, level, shown.name, evidence_of(findings.inferred, shown), told.name
        )
    else:
        reason = None if verdict is Verdict.VALID else "; ".join(findings.doubts)
        proof = None
        if verdict is Verdict.VALID:
            proof = _proof(findings, level, told.name, compiled)
    return Result(
        verdict,
        model,
        findings.algorithm,
        len(columns),
        len(columns.keys),
        reason,
        took,
        explaining,
        violations,
        proof,
        {"isolation": _isolation(findings, level), "reading": told.name},
    )


def _proof(
    findings: Findings, level: str, reading: str, compiled: bool | None
) -> SerialOrder | VersionOrder | None:
    """What shows that a level holds: an order of all transactions, or one of all versions."""
    columns = findings.inferred.transactions
    serial = findings.serial
    if serial is None or level not in implied(serial):
        versions = versions_for(findings, level, compiled)
        if versions is not None:
            return VersionOrder(columns.model, level, versions, reading)
    if serial is None or findings.order is None:
        return None
    return SerialOrder(columns.model, serial, columns.call[findings.order], reading)


def _isolation(findings: Findings, level: str) -> dict[str, Any]:
    """The level asked for, what becomes of each, and what was found."""
    refuted = findings.refuted
    return {
        "level": level,
        "levels": {name: str(findings.verdict(name)) for name in LEVELS},
        "not_refuted": list(findings.maximal),
        "shown": list(strongest(findings.holds)),
        "refuted_by": {name: findings.closest(name).name for name in LEVELS if name in refuted},
        "anomalies": {
            one.name: _count(one)
            for one in (*findings.anomalies, *_in_real_time(findings.anomalies))
            if one in findings.anomalies or all(one.name != a.name for a in findings.anomalies)
        },
        "doubts": list(findings.doubts),
    }


def _in_real_time(anomalies: Sequence[Anomaly]) -> list[Anomaly]:
    """Cycles that go by sessions, named as those of real time that they are, too: what a process
    knew the end of was over. Nobody looks for those once a level is ruled out by the former."""
    return [
        Anomaly.of_cycle(
            tuple(
                replace(edge, sort=REALTIME) if edge.sort == PROCESS else edge for edge in one.cycle
            )
        )
        for one in anomalies
        if any(edge.sort == PROCESS for edge in one.cycle)
    ]


def _count(anomaly: Anomaly) -> dict[str, Any]:
    return {
        "transactions": len(anomaly.rows),
        "found": anomaly.found,
        "rules_out": list(anomaly.refutes),
    }
