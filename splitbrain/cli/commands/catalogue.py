"""``systems``, ``workloads``, ``faults``, ``bugs``, ``models``, ``promises``: what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from splitbrain.cli.catalogue import HOSTS, WHOLE, Catalogue, load_catalogue, system_of_bug
from splitbrain.cli.output import print_json, print_table

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")


@click.command("systems")
@_JSON
def systems_command(as_json: bool) -> int:
    """List the systems that can be tested, where they come from, and the hosts they run on.

    What packages add to ours they name in the entry points `splitbrain.targets`; a system of
    your own in a file needs no package: splitbrain test --target FILE.py
    """
    catalogue = load_catalogue()
    rows = [_system(name, catalogue) for name in catalogue.systems]
    if not as_json:
        # How to get it is the doctor's to say.
        for row in rows:
            missing = row["missing"]
            row["missing"] = row["broken"] or ("no: see doctor" if missing else "yes")
    heads = {
        "name": "system",
        "missing": "installed",
        "workloads": "workloads",
        "bugs": "seeded bugs",
        "hosts": "hosts",
        "origin": "from",
    }
    return _tell(as_json, rows, heads)


def _system(name: str, catalogue: Catalogue) -> dict[str, Any]:
    """A system's row; of one that cannot be loaded, why."""
    from splitbrain.plugins import TargetRefused, found_named, origin_of
    from targets.hosts import programs

    row: dict[str, Any] = {"name": name, "workloads": [], "bugs": 0, "hosts": [], "missing": []}
    row |= {"origin": origin_of(name), "broken": None}
    try:
        system = found_named(name).system
        needs = system.launch("n1", {"n1": "127.0.0.1"}, ()).needs
    except (TargetRefused, ValueError) as error:
        return {**row, "broken": f"broken: {' '.join(str(error).split())}"}
    return {
        **row,
        "workloads": list(system.workloads),
        "bugs": len(catalogue.bug_names(name)),
        "hosts": [host for host in HOSTS if system.simulated or host != "simulated"],
        "missing": programs.lacking(needs),
    }


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
    from checker.delivery.shapes import FUNCTIONS as QUEUE_FUNCTIONS
    from checker.locks import FUNCTIONS as LOCK_FUNCTIONS
    from checker.models import MODELS
    from checker.watches import FUNCTIONS as WATCH_FUNCTIONS

    functions = {
        "watch": WATCH_FUNCTIONS,
        "rw-register": ("txn",),
        "unique-ids": ("generate",),
        "total-queue": QUEUE_FUNCTIONS,
        "fenced-lock": LOCK_FUNCTIONS,
    }
    outcomes = {
        "watch": "a put of unknown outcome may be told or not; a failed one must not be",
        "unique-ids": "one that failed, or whose outcome is unknown, was given to nobody",
        "fenced-lock": "what failed says nothing; nobody knows the token of an unknown acquire",
        "rw-register": "a read of nil saw what was there at first; unknown reads say nothing",
        "total-queue": (
            "a dequeue of unknown outcome took one element or none, an acknowledgement may have "
            "succeeded; a receive may have hidden an element"
        ),
    }

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
    rows += [
        {
            "name": name,
            "functions": list(functions[name]),
            "by_key": name in ("fenced-lock", "unique-ids"),
            "summary": summary,
            "outcomes": outcomes[name],
        }
        for name, summary in WHOLE.items()
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


@click.command("promises")
@_JSON
def promises_command(as_json: bool) -> int:
    """List the promises a history can be judged against.

    A session is a process of the history. --json also says what each promise implies, of which
    histories it is decided, and where it is defined.

    \b
    splitbrain check history.jsonl --consistency linearizable,sequential,monotonic-reads
    splitbrain test raft --consistency sequential
    """
    from checker.consistency import PROMISES

    rows = [
        {
            "name": promise.name,
            "summary": promise.summary,
            "decided": promise.decided,
            "implies": list(promise.implies),
            "source": promise.source,
        }
        for promise in PROMISES.values()
    ]
    return _tell(as_json, rows, {"name": "promise", "summary": "what it says"})


@click.command("levels")
@_JSON
def levels_command(as_json: bool) -> int:
    """List the levels of isolation that transactions can be judged by, the weaker ones first.

    --json also says what each implies, and where it is defined.

    \b
    splitbrain check history.edn --model list-append --level snapshot-isolation
    """
    from checker.transactions.levels import LEVELS

    rows = [
        {
            "name": level.name,
            "summary": level.summary,
            "implies": list(level.implies),
            "source": level.source,
        }
        for level in LEVELS.values()
    ]
    return _tell(as_json, rows, {"name": "level", "summary": "what it says"})


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
