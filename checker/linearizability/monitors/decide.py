"""Which monitor decides which model."""

from __future__ import annotations

from collections.abc import Callable

from checker.linearizability.decision import Budget
from checker.linearizability.monitors.finding import Findings
from checker.reading import Reading
from histories.table import Table

Monitor = Callable[[Table, Reading, Budget | None], Findings]


def monitor_of(model: str) -> Monitor | None:
    """The monitor for the model of this name, if there is one; loaded when asked for.

    It decides all keys of a table in one call, those it is suited for, until one is refuted.
    """
    if model == "append":
        from checker.linearizability.monitors.appends import decide_appends

        return decide_appends
    if model == "set":
        from checker.linearizability.monitors.sets import decide_sets

        return decide_sets
    if model == "fifo-queue":
        from checker.linearizability.monitors.fifo import decide_fifo

        return decide_fifo
    if model == "unordered-queue":
        from checker.linearizability.monitors.unordered import decide_unordered

        return decide_unordered
    return None
