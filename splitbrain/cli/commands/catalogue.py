"""``systems``, ``workloads``, ``faults``, ``bugs``, ``models``: what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from splitbrain.cli.catalogue import HOSTS, load_catalogue, system_of_bug
from splitbrain.cli.output import print_json, print_table

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")


@click.command("systems")
@_JSON
def systems_command(as_json: bool) -> int:
    """List the systems that can be tested, and the hosts they run on."""
    catalogue = load_catalogue()
    rows = [
        {
            "name": system.name,
            "workloads": list(system.workloads),
            "bugs": len(catalogue.bug_names(system.name)),
            "hosts": list(HOSTS),
        }
        for system in catalogue.systems.values()
    ]
    return _tell(
        as_json,
        rows,
        {"name": "system", "workloads": "workloads", "bugs": "seeded bugs", "hosts": "hosts"},
    )


@click.command("workloads")
@_JSON
def workloads_command(as_json: bool) -> int:
    """List what clients can be asked to do, and the model each is judged by."""
    rows = [
        {"name": workload.name, "model": workload.model, "summary": workload.summary}
        for workload in load_catalogue().workloads.values()
    ]
    return _tell(as_json, rows, {"name": "workload", "model": "model", "summary": "what it does"})


@click.command("faults")
@_JSON
def faults_command(as_json: bool) -> int:
    """List the faults, what each can aim at, and what a host must be able to do for it."""
    rows = [
        {
            "name": fault.name,
            "targets": list(fault.targets),
            "capability": str(fault.capability),
            "summary": fault.summary,
        }
        for fault in load_catalogue().faults.values()
    ]
    heads = {"name": "fault", "targets": "targets", "summary": "what it does"}
    return _tell(as_json, rows, heads)


@click.command("bugs")
@_JSON
def bugs_command(as_json: bool) -> int:
    """List the seeded bugs: wrong versions of the bundled nodes, which a good checker catches."""
    rows = [
        {
            "id": bug.id,
            "name": bug.name,
            "system": system_of_bug(bug.name),
            "seen_as": bug.seen_as,
            "workload": bug.workload,
            "faults": list(bug.faults),
            "fault_targets": list(bug.fault_targets),
            "overlap": bug.overlap,
            "options": list(bug.options),
            "interval": None if bug.interval is None else list(bug.interval),
            "tier": bug.tier,
            "mutation": bug.mutation,
        }
        for bug in load_catalogue().bugs.values()
    ]
    heads = {
        "id": "id",
        "tier": "tier",
        "name": "bug",
        "seen_as": "seen as",
        "workload": "workload",
        "faults": "faults",
        "mutation": "what is wrong",
    }
    return _tell(as_json, rows, heads)


@click.command("models")
@_JSON
def models_command(as_json: bool) -> int:
    """List the models a history can be judged by, and how each reads outcomes.

    \b
    A model of your own is a Python file with a start state and a step:
    splitbrain check history.jsonl --model path/to/file.py:NAME
    """
    from checker.models import MODELS

    rows = [
        {
            "name": model.name,
            "functions": list(model.functions),
            "by_key": model.by_key,
            "summary": model.summary,
            "outcomes": model.outcomes,
        }
        for model in MODELS.values()
    ]
    if as_json:
        print_json(rows)
        return 0
    shown = [{**row, "by_key": "yes" if row["by_key"] else "no"} for row in rows]
    heads = {
        "name": "model",
        "functions": "operations",
        "by_key": "by key",
        "summary": "what it is",
    }
    return _tell(False, shown, heads)


def _tell(as_json: bool, rows: Sequence[Mapping[str, Any]], heads: Mapping[str, str]) -> int:
    """Print rows as JSON whole, or the columns in ``heads`` as a table."""
    if as_json:
        print_json(rows)
    else:
        print_table(list(heads.values()), [[_cell(row[name]) for name in heads] for row in rows])
    return 0


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return str(value)
