"""A run as JSON: what ``test --json`` and ``show --json`` print."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from checker.verdict import Result
from histories.archive import ArchiveError
from nemesis.fault import Fault
from splitbrain.archive.shrunk import read_shrunk
from splitbrain.evidence import evidence
from splitbrain.record import RunRecord
from splitbrain.report.isolation import isolation_of
from splitbrain.report.repeat import again_command
from splitbrain.report.statistics import statistics
from splitbrain.roles import roles_of, to_json


def run_document(record: RunRecord) -> dict[str, Any]:
    """JSON-ready data: verdict and reason first, then numbers, faults, findings. No events."""
    numbers = statistics(record.operations, record.faults, concurrency=record.plan.concurrency)
    return {
        "run": record.run,
        "folder": str(record.folder),
        "verdict": str(record.verdict),
        "reason": record.reason,
        **({"documented": list(record.documented)} if record.documented else {}),
        "unavailable": None if record.unavailable is None else asdict(record.unavailable),
        "interrupted": record.interrupted,
        "stopped": None if record.stopped is None else asdict(record.stopped),
        "started": record.started,
        "plan": record.plan.to_json(),
        "repeat": again_command(record.plan, record.run),
        "host": record.host_facts,
        "results": [
            {
                "verdict": str(result.verdict),
                "reason": result.reason,
                "model": result.model,
                "algorithm": result.algorithm,
                "operations": result.operations,
                "keys": result.keys,
                "search_seconds": result.search_seconds,
                **_promises(result),
                **_isolation(result),
                "violations": [
                    {
                        "kind": violation.kind,
                        "sentence": violation.sentence,
                        "key": violation.key,
                        "culprit": violation.culprit,
                        "operations": [
                            asdict(operation)
                            for operation in evidence(violation, record.operations)
                        ],
                        "details": violation.details,
                    }
                    for violation in result.violations
                ],
            }
            for result in record.results
        ],
        "statistics": asdict(numbers) | {"share_of_others": numbers.share_of_others},
        "faults": [_fault(fault) for fault in record.faults],
        "roles": to_json(roles_of(record)),
        "shrunk": _shrunk(record),
        "bugs_reached": record.bugs_reached,
        "died": list(record.died),
        "health": asdict(record.health),
        "timings": asdict(record.timings),
    }


def _promises(result: Result) -> dict[str, Any]:
    """A row for each promise, where others were asked about than linearizability alone."""
    if not result.promises:
        return {}
    return {
        "promises": [
            {
                "promise": row.promise,
                "verdict": str(row.verdict),
                "reason": row.reason,
                "algorithm": row.algorithm,
                "seconds": row.seconds,
                "statistics": row.statistics,
            }
            for row in result.promises
        ]
    }


def _isolation(result: Result) -> dict[str, Any]:
    """What becomes of each level of isolation, where transactions were judged."""
    told = isolation_of(result)
    return {} if told is None else {"isolation": dict(told)}


def _shrunk(record: RunRecord) -> dict[str, Any] | None:
    """What the run was shrunk from, as ``shrunk.json`` has it; None where it holds nothing."""
    try:
        told = read_shrunk(record.folder)
    except ArchiveError:
        return None
    return None if told is None else told.to_json()


def _fault(fault: Fault) -> dict[str, Any]:
    """A fault as one flat object; times in nanoseconds of the run's clock, as it happened."""
    happened = asdict(fault)
    symbolic = happened.pop("symbolic")
    return {name: symbolic[name] for name in ("id", "kind", "target")} | happened
