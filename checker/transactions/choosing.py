"""Levels that some order of versions shows to hold, and that order as evidence."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from checker.transactions.anomalies import NO_VERSION_ORDER, Anomaly
from checker.transactions.classifying import classified, doubtful_levels, find_cycles
from checker.transactions.cycles import Cycles
from checker.transactions.edges import PROCESS, REALTIME, WR
from checker.transactions.findings import Findings
from checker.transactions.inferred import Inferred
from checker.transactions.kernels import kernels as kernels_for
from checker.transactions.levels import (
    CAUSAL,
    LEVELS,
    READ_ATOMIC,
    READ_COMMITTED,
    READ_UNCOMMITTED,
    STRONG,
    STRONG_SESSION,
    at_least,
    weakest,
)
from checker.transactions.showing import named
from checker.transactions.versions import every, likely, versioned
from histories.table import Int64

_BLIND = (READ_UNCOMMITTED, READ_COMMITTED, READ_ATOMIC, CAUSAL)


def by_versions(
    findings: Findings,
    open_levels: set[str],
    searched: Cycles | None,
    kernels: Any,
    compiled: bool | None,
) -> set[str]:
    """Of some levels those that an order of versions was found to keep.

    Where every order was tried, those that none keeps are noted as an anomaly of their own.
    ``searched``: what was found without any order, None if there is no cycle at all.
    """
    inferred = findings.inferred
    shown = open_levels & _by_any(inferred, searched)
    if open_levels <= shown | findings.holds:
        return shown
    for versions in likely(inferred, kernels, findings.commits):
        shown |= open_levels - _against(versioned(inferred, versions), kernels, compiled)
        if open_levels <= shown | findings.holds:
            return shown
    left = open_levels - shown - findings.holds
    orders = every(inferred) if left else None
    if orders is None:
        return shown
    for versions in orders:
        left &= _against(versioned(inferred, versions), kernels, compiled)
        if not left:
            break
    shown |= open_levels - left
    if left:
        rows = tuple(np.flatnonzero(inferred.happened).tolist())
        findings.anomalies.append(Anomaly(NO_VERSION_ORDER, rows, weakest(left)))
    return shown


def _by_any(inferred: Inferred, searched: Cycles | None) -> set[str]:
    """Levels that are kept by any order of versions that goes by who read from whom, and overwrote
    whom as far as is known."""
    if inferred.transactions.lists:
        # Nobody has to see whom he overwrites; and what nobody read, nobody missed.
        return {name for name in LEVELS if name.endswith(_BLIND)}
    return {
        prefix + name
        for prefix, within in (("", 0), (STRONG_SESSION, PROCESS), (STRONG, REALTIME))
        if searched is None or not searched.cyclic(WR | within)
        for name in (READ_UNCOMMITTED, READ_COMMITTED)
    }


def versions_for(
    findings: Findings, level: str, compiled: bool | None
) -> list[dict[str, Any]] | None:
    """An order of versions under which a level holds, as ``VersionOrder`` has it; or None."""
    inferred = findings.inferred
    c = inferred.transactions
    kernels = kernels_for(len(c.kind), compiled)
    for orders in (likely(inferred, kernels, findings.commits), every(inferred) or ()):
        for versions in orders:
            if level not in _against(versioned(inferred, versions), kernels, compiled):
                return _listed(inferred, versions)
    return None


def _against(inferred: Inferred, kernels: Any, compiled: bool | None) -> frozenset[str]:
    """Levels that some cycle rules out, or may."""
    _, searched = classified(inferred, kernels, compiled)
    if searched is None:
        return frozenset()
    refuted = at_least(name for one in find_cycles(searched) for name in one.refutes)
    return refuted | doubtful_levels(searched)


def _listed(inferred: Inferred, versions: Int64) -> list[dict[str, Any]]:
    c = inferred.transactions
    keys = c.key[versions]
    bounds = np.append(np.flatnonzero(np.append(True, keys[1:] != keys[:-1])), len(versions))
    if not len(versions):
        return []
    return [
        {
            **named(inferred, int(keys[low])),
            "values": [c.values[int(c.value[step])] for step in versions[low:high]],
        }
        for low, high in pairwise(bounds.tolist())
    ]
