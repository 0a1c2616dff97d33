"""Decides which levels of isolation a history shows, and which it refutes."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.transactions.anomalies import NO_SERIAL_ORDER, NO_SNAPSHOTS, Anomaly
from checker.transactions.choosing import by_versions
from checker.transactions.classifying import classified, doubtful_levels, find_cycles
from checker.transactions.columns import Transactions
from checker.transactions.cycles import Cycles
from checker.transactions.edges import (
    DUPLICATE,
    INCOMPATIBLE,
    INTERNAL,
    PROCESS,
)
from checker.transactions.findings import Findings
from checker.transactions.graph import Components
from checker.transactions.inferred import Inferred
from checker.transactions.kernels import kernels as kernels_for
from checker.transactions.levels import (
    CAUSAL,
    LEVELS,
    REPEATABLE_READ,
    SERIAL,
    SERIALIZABLE,
    SNAPSHOT_ISOLATION,
    SNAPSHOTS,
    STRONG_SESSION,
    at_least,
)
from checker.transactions.lists import infer_lists
from checker.transactions.registers import infer_registers
from checker.transactions.serial import (
    every_order,
    supposed_order,
    topological_order,
    woven_order,
)
from checker.transactions.snapshots import commit_places, prefix_order, snapshot_order
from checker.transactions.suspects import suspects
from histories.table import FAIL

SUPPOSING_STEPS_MAX = 100
"""Steps of a history that plain Python looks through for an order sooner than numba is loaded."""


def decide(columns: Transactions, *, compiled: bool | None = None) -> Findings:
    """All that can be told of a history's isolation. Near linear in what it holds.

    First the whole graph at once, real time included: where it has no cycle there is none of any
    kind, and a topological order replays if all was inferred. Only what lies on cycles is looked
    at closer.
    """
    kernels = kernels_for(len(columns.kind), compiled)
    infer = infer_lists if columns.lists else infer_registers
    inferred = infer(columns, kernels)
    findings = Findings(inferred, suspects(inferred), doubts=list(inferred.undecided))
    whole, searched = classified(inferred, kernels, compiled)
    doubtful: set[str] = set()
    if searched is not None:
        findings.anomalies += find_cycles(searched)
        doubtful = doubtful_levels(searched)
    _serial(findings, whole if searched is None else None, kernels, compiled)
    if not columns.lists:
        _snapshots(findings, compiled)
    for level in _weaker(findings, searched, kernels, compiled):
        if level not in doubtful:
            findings.holds.add(level)
    findings.anomalies.sort(key=lambda one: one.gravity)
    _explain(findings, doubtful)
    return findings


def _supposing(inferred: Inferred, compiled: bool | None) -> Any:
    """The kernels for a search, which costs more a step than the rest."""
    return kernels_for(len(inferred.transactions.kind), compiled, SUPPOSING_STEPS_MAX)


def _serial(
    findings: Findings, whole: Components | None, kernels: Any, compiled: bool | None
) -> None:
    """Look for an order of all transactions, of the strongest level that nothing rules out.

    Where it is shown that some few of them have none, or where there are few and every order was
    tried, that is an anomaly, too.
    """
    inferred = findings.inferred
    none: Anomaly | None = None
    for level, within in reversed(SERIAL.items()):
        if level in findings.refuted:
            continue
        few: tuple[int, ...] = ()
        if inferred.transactions.lists:
            order = topological_order(inferred, whole, within, kernels)
        else:
            order = woven_order(inferred, within, kernels)
            if order is None:
                order, few = supposed_order(inferred, within, _supposing(inferred, compiled))
        if order is None and not few:
            known, order = every_order(inferred, within)
            if known:
                findings.algorithm = "dependency graph, every order"
            if known and order is None:
                few = tuple(np.flatnonzero(inferred.transactions.outcome != FAIL).tolist())
        if few:
            # The weakest level that has none rules out all that is stronger. Without predicates,
            # whoever keeps items repeatable is serializable.
            items = (REPEATABLE_READ,) if level == SERIALIZABLE else ()
            none = Anomaly(NO_SERIAL_ORDER, few, (level, *items))
        if order is not None:
            findings.order, findings.serial = order, level
            findings.hold([level])
            break
    if none is not None:
        findings.anomalies.append(none)


def _snapshots(findings: Findings, compiled: bool | None) -> None:
    """Look for an order of begins and commits over registers, of the strongest level that nothing
    rules out; or a few transactions that have none."""
    inferred = findings.inferred
    kernels = _supposing(inferred, compiled)
    none: Anomaly | None = None
    for level, within in reversed(SNAPSHOTS.items()):
        if level in findings.holds:
            break
        if level in findings.refuted:
            continue
        order, few = snapshot_order(inferred, within, kernels)
        if few:
            # Whoever keeps items repeatable is serializable, and that implies snapshots.
            items = (REPEATABLE_READ,) if level == SNAPSHOT_ISOLATION else ()
            none = Anomaly(NO_SNAPSHOTS, few, (level, *items))
        if order is not None:
            findings.commits.append(commit_places(inferred.transactions, order))
            findings.hold([level])
            break
    if none is not None:
        findings.anomalies.append(none)
    for level, within in ((STRONG_SESSION + CAUSAL, PROCESS), (CAUSAL, 0)):
        if level in findings.holds:
            break
        if level in findings.refuted:
            continue
        order = prefix_order(inferred, within, kernels)
        if order is not None:
            findings.commits.append(commit_places(inferred.transactions, order))
            findings.hold([level])
            break


def _weaker(
    findings: Findings, searched: Cycles | None, kernels: Any, compiled: bool | None
) -> set[str]:
    """Levels below one order of all transactions that were shown to hold by the graph alone."""
    inferred = findings.inferred
    if inferred.undecided or (inferred.flags & (INTERNAL | DUPLICATE | INCOMPATIBLE)).any():
        return set()
    # Without one order of all transactions nothing is known of those that ask for it.
    open_levels = set(LEVELS) - findings.refuted - at_least([SERIALIZABLE, REPEATABLE_READ])
    if inferred.transactions.lists and not len(inferred.unordered):
        return open_levels
    return by_versions(findings, open_levels, searched, kernels, compiled)


def _explain(findings: Findings, doubtful: set[str]) -> None:
    """Say why some levels are neither refuted nor shown to hold."""
    left = set(LEVELS) - findings.refuted - findings.holds
    if not left or findings.doubts:
        return
    flags = findings.inferred.flags
    if doubtful & left:
        findings.doubts.append("there are more cycles than were looked at")
    elif (flags & (INTERNAL | DUPLICATE | INCOMPATIBLE)).any():
        findings.doubts.append("reads that contradict others were left out")
    elif findings.inferred.transactions.lists:
        findings.doubts.append("nothing tells the order of appends that nobody read")
    else:
        findings.doubts.append(
            "nothing tells the order of writes that no read-modify-write connects"
        )
