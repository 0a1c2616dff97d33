"""Promises that are rules of their own: no order of operations is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from checker.consistency.promise import PROMISES
from checker.verdict import Promised, Result
from histories.event import Operation


def ruled(name: str, operations: Sequence[Operation], *, explained: bool = True) -> Promised:
    """What becomes of a promise that has a rule. Raises HistoryError for operations of others."""
    module, _, function = PROMISES[name].rule.partition(":")
    result: Result = getattr(import_module(module), function)(operations)
    return Promised(
        name,
        result.verdict,
        result.reason,
        result.algorithm,
        result.search_seconds,
        result.violations if explained else (),
        result.certificate,
        result.statistics,
    )
