"""Which monitor may decide which model, before any search."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from checker.linearizability.decision import Budget
from checker.models.model import Model
from checker.reading import Reading
from histories.table import Table

if TYPE_CHECKING:
    from checker.linearizability.monitors.finding import Findings

MONITORS = {
    "append": "appends.decide_appends",
}
"""By model: file and function in ``checker.linearizability.monitors``; imported when needed."""


def monitored(table: Table, model: Model, reading: Reading, budget: Budget) -> Findings | None:
    """What the model's monitor found of each key; None when it has none."""
    if model.name not in MONITORS:
        return None
    file, function = MONITORS[model.name].split(".")
    module = import_module(f"checker.linearizability.monitors.{file}")
    findings: Findings = getattr(module, function)(table, reading, budget)
    return findings
