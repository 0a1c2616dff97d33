"""What the tests of isolation share: a history in short notation, judged."""

from notation import told

from checker.transactions.deciding import decide
from checker.transactions.intake import transactions_of
from checker.transactions.showing import evidence_of
from histories.table import table_of


def found(*texts, lists=True, compiled=None):
    """The findings on a history in short notation."""
    return of(told(*texts, lists=lists), lists=lists, compiled=compiled)


def of(operations, *, lists=True, compiled=None):
    """The findings on operations."""
    columns = transactions_of(table_of(operations), "list-append" if lists else "rw-register")
    return decide(columns, compiled=compiled)


def names(*texts, lists=True):
    """The anomalies found, by name."""
    return {one.name for one in found(*texts, lists=lists).anomalies}


def cycles(*texts, lists=True):
    """The edges of each cycle found: its name, and (kind, key) of each edge."""
    findings = found(*texts, lists=lists)
    return {
        one.name: [
            (step["kind"], step.get("key")) for step in evidence_of(findings.inferred, one)["cycle"]
        ]
        for one in findings.anomalies
        if one.cycle
    }
