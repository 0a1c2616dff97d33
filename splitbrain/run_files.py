"""A run folder's files, written and read back: manifest, verdict, certificate, hashes."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from checker.verdict import Result, Verdict, Violation
from histories.archive import ArchiveError, write_json, write_text
from splitbrain.liveness import Unavailable
from splitbrain.plan import Plan
from splitbrain.record import Health, RunRecord, Stopped, Timings

MANIFEST, VERDICT, CERTIFICATE = "run.json", "verdict.json", "certificate.json"
JOURNAL, LEDGER, LOGS, PAGE = "history.jsonl", "faults.jsonl", "logs", "report.html"
EXPLANATION = "explanation.html"
NODES = "nodes"
"""Where a sandbox keeps its nodes' disks while it runs; gone afterwards."""
MANIFEST_VERSION = 1


def write_manifest(folder: Path, plan: Plan, started: str, **facts: Any) -> None:
    """Write ``run.json``: the plan, versions, and ``facts``; hashes of the files there are."""
    write_json(
        folder / MANIFEST,
        {
            "format": "splitbrain-run",
            "version": MANIFEST_VERSION,
            "run": folder.name,
            "start": started,
            "plan": plan.to_json(),
            "versions": {
                "splitbrain": version("splitbrain"),
                "python": platform.python_version(),
                "kernel": platform.release(),
            },
            **facts,
            "sha256": {
                name: _sha256(folder / name)
                for name in (JOURNAL, LEDGER, VERDICT, CERTIFICATE, PAGE, EXPLANATION)
                if (folder / name).is_file()
            },
        },
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """``run.json``. Raises ArchiveError when it is not a manifest this version knows."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] != "splitbrain-run" or manifest["version"] != MANIFEST_VERSION:
            raise ValueError(f"format {manifest['format']!r} version {manifest['version']!r}")
        Plan.from_json(manifest["plan"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(
            f"{path}: expected a splitbrain-run manifest of version {MANIFEST_VERSION} ({error})"
        ) from None
    assert isinstance(manifest, dict)
    return manifest


def write_verdict(record: RunRecord) -> None:
    """Write ``verdict.json``, and ``certificate.json`` when there is one."""
    write_json(
        record.folder / VERDICT,
        {
            "verdict": record.verdict,
            "reason": record.reason,
            "operations": len(record.operations),
            "interrupted": record.interrupted,
            "unavailable": None if record.unavailable is None else asdict(record.unavailable),
            "stopped": None if record.stopped is None else asdict(record.stopped),
            "results": [_result_to_json(result) for result in record.results],
            "bugs_reached": record.bugs_reached,
            "died": list(record.died),
            "health": asdict(record.health),
            "timings": asdict(record.timings),
        },
    )
    certificates = {
        result.model: result.certificate.to_json()
        for result in record.results
        if result.certificate is not None
    }
    if certificates:
        write_json(record.folder / CERTIFICATE, certificates, long=True)


def write_logs(folder: Path, logs: Mapping[str, bytes]) -> None:
    """Write every node's log, one file a node."""
    if logs:
        (folder / LOGS).mkdir(exist_ok=True)
        for node, log in logs.items():
            (folder / LOGS / f"{node}.log").write_bytes(log)


def write_page(record: RunRecord) -> None:
    """Write ``report.html``, the timeline, and ``explanation.html`` where something was refuted.

    Raises OSError where the folder cannot be written.
    """
    from histories.table import table_of
    from splitbrain.report.history_page import history_page
    from splitbrain.report.html import page

    refuted = [result for result in record.results if result.violations]
    if refuted:
        # The first: a run's workload has one model.
        table = table_of(record.operations)
        told = history_page(table, refuted[0], title=record.run, faults=record.faults)
        write_text(record.folder / EXPLANATION, told)
    write_text(record.folder / PAGE, page(record))


def read_verdict(folder: Path) -> dict[str, Any]:
    """``verdict.json`` as keyword arguments of a RunRecord; certificates stay in their file.

    Raises ArchiveError when the run has none (it goes on, or was cut off) or it is not one.
    """
    path = folder / VERDICT
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {
            "verdict": Verdict(data["verdict"]),
            "reason": data["reason"],
            "interrupted": data["interrupted"],
            "unavailable": Unavailable(**told) if (told := data.get("unavailable")) else None,
            "stopped": Stopped(**data["stopped"]) if data.get("stopped") else None,
            "results": [_result_from_json(result) for result in data["results"]],
            "bugs_reached": data["bugs_reached"],
            "died": tuple(data.get("died", ())),
            "health": Health(**data["health"]),
            "timings": Timings(**data["timings"]),
        }
    except FileNotFoundError:
        raise ArchiveError(
            f"{folder.name} has no verdict: it goes on still, or its harness was killed. "
            f"Judge what was recorded with: splitbrain check {folder / JOURNAL}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"{path}: expected a verdict written by splitbrain ({error})") from None


def _result_to_json(result: Result) -> dict[str, Any]:
    # The certificate has a file of its own: it is as long as the history, and is read by
    # those who verify it, not with the verdict.
    return {
        k: v for k, v in asdict(replace(result, certificate=None)).items() if k != "certificate"
    }


def _result_from_json(data: dict[str, Any]) -> Result:
    violations = tuple(
        Violation(**(violation | {"operations": tuple(violation["operations"])}))
        for violation in data["violations"]
    )
    known = data | {
        "verdict": Verdict(data["verdict"]),
        "violations": violations,
    }
    return Result(**known)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
