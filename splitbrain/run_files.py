"""A run folder's files, written and read back: manifest, verdict, certificate, hashes."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from checker.verdict import Result, Verdict
from histories.archive import ArchiveError, journal_of, write_bytes, write_json, write_text
from splitbrain.archive.manifest import FORMAT, migrated
from splitbrain.archive.manifest import VERSION as MANIFEST_VERSION
from splitbrain.archive.names import (
    CERTIFICATE,
    EXPLANATION,
    JOURNAL,
    LEDGER,
    LOGS,
    MANIFEST,
    NODES,
    PAGE,
    ROLES,
    SHRUNK,
    VERDICT,
)
from splitbrain.archive.packing import content_digest
from splitbrain.archive.redaction import redact, redact_options
from splitbrain.archive.shape import shaped
from splitbrain.liveness import Unavailable
from splitbrain.plan import Plan
from splitbrain.plugins import remembered
from splitbrain.record import Health, RunRecord, Stopped, Timings
from splitbrain.text import clipped

__all__ = [
    "CERTIFICATE",
    "EXPLANATION",
    "JOURNAL",
    "LEDGER",
    "LOGS",
    "MANIFEST",
    "NODES",
    "PAGE",
    "ROLES",
    "VERDICT",
    "journal_of",
    "read_manifest",
    "read_verdict",
    "write_logs",
    "write_manifest",
    "write_page",
    "write_verdict",
]


PLAN_CHARACTERS_MAX = 100_000
"""A plan is what was typed in a command, but for its script."""
SCRIPT_CHARACTERS_MAX = 20_000_000
"""A script has a hundred characters an operation, and what was shrunk may still have many."""


def write_manifest(folder: Path, plan: Plan, started: str, **facts: Any) -> None:
    """Write ``run.json``: the plan, versions, and ``facts``; hashes of the files there are.

    Also what the system's definition was, where it is not one of ours. Options that are called
    a secret are kept without their values, and an ``error`` without what looks like one.
    """
    target = remembered(plan)
    options, cut = redact_options(plan.options)
    if isinstance(error := facts.get("error"), str):
        facts["error"], more = redact(error)
        cut += more
    write_json(
        folder / MANIFEST,
        {
            "format": FORMAT,
            "version": MANIFEST_VERSION,
            "run": folder.name,
            "start": started,
            "plan": replace(plan, options=options).to_json(),
            **({} if target is None else {"target": target}),
            "versions": {
                "splitbrain": version("splitbrain"),
                "python": platform.python_version(),
                "kernel": platform.release(),
            },
            "imported": None,
            "redacted": cut,
            **facts,
            "sha256": hashes(folder),
        },
    )


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256, by name, of what a run's files hold; the journal's is the same when packed."""
    told = {
        name: _sha256(folder / name)
        for name in (LEDGER, VERDICT, CERTIFICATE, ROLES, SHRUNK, PAGE, EXPLANATION)
        if (folder / name).is_file()
    }
    journal = journal_of(folder)
    return {JOURNAL: content_digest(journal), **told} if journal.is_file() else told


def read_manifest(folder: Path) -> dict[str, Any]:
    """``run.json``, as today's version has it (``splitbrain.archive.manifest``).

    Raises ArchiveError when it is not a manifest this version knows.
    """
    path = folder / MANIFEST
    try:
        manifest = migrated(json.loads(path.read_bytes()))
        plan = manifest["plan"]
        # What is no object at all is told by its shape.
        typed = dict(plan) if isinstance(plan, dict) else {}
        script = typed.pop("script", None)
        for what, told, most in (
            ("plan", typed, PLAN_CHARACTERS_MAX),
            ("script", script, SCRIPT_CHARACTERS_MAX),
        ):
            if len(json.dumps(told)) > most:
                raise ValueError(f"its {what} has more than {most:,} characters")
        shaped(Plan, plan, "plan")
        for name, kind in (("start", str), ("host", dict), ("imported", dict)):
            if not isinstance(manifest.get(name, kind()), (kind, type(None))):
                raise ValueError(f"{name} is {clipped(repr(manifest[name]), 60)}")
    except (AttributeError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveError(
            f"{path}: expected a splitbrain-run manifest of version {MANIFEST_VERSION} or older "
            f"({error})"
        ) from None
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
            # Only where there is any: what was written before this was told stays as it is.
            **({"documented": list(record.documented)} if record.documented else {}),
            "health": asdict(record.health),
            "timings": asdict(record.timings),
        },
    )
    certificates = {
        name: proof.to_json()
        for result in record.results
        for name, proof in result.proofs().items()
    }
    if certificates:
        write_json(record.folder / CERTIFICATE, certificates, long=True)


def read_certificates(folder: Path) -> dict[str, Any]:
    """The proofs of a run's verdict, by name, as JSON; none where there are none.

    Raises ArchiveError when the file is damaged.
    """
    path = folder / CERTIFICATE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(told, dict):
            raise ValueError(f"{type(told).__name__}, not an object")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{path}: expected the proofs of a verdict ({error})") from None
    return told


def write_logs(folder: Path, logs: Mapping[str, bytes]) -> None:
    """Write every node's log, one file a node."""
    if logs:
        (folder / LOGS).mkdir(exist_ok=True)
        for node, log in logs.items():
            write_bytes(folder / LOGS / f"{node}.log", log)


def write_page(record: RunRecord) -> None:
    """Write ``report.html``, the timeline, and ``explanation.html`` where something was refuted.

    Raises OSError where the folder cannot be written.
    """
    for name, text in pages(record):
        write_text(record.folder / name, text)


def pages(record: RunRecord) -> Iterator[tuple[str, str]]:
    """The pages of a run, by the names of their files, made one after another."""
    from histories.table import table_of
    from splitbrain.report.history_page import history_page
    from splitbrain.report.html import page

    # What the page explains is what cannot be linearized.
    linear = [one for result in record.results if (one := result.alone()) is not None]
    refuted = [result for result in linear if result.violations]
    if refuted:
        # The first: a run's workload has one model.
        table = table_of(record.operations)
        yield EXPLANATION, history_page(table, refuted[0], title=record.run, faults=record.faults)
    yield PAGE, page(record)


@dataclass(frozen=True, slots=True)
class _Decided:
    """What ``verdict.json`` holds, member by member."""

    verdict: Verdict
    reason: str | None
    interrupted: bool
    results: list[Result]
    bugs_reached: dict[str, int]
    health: Health
    timings: Timings
    operations: int = 0
    unavailable: Unavailable | None = None
    stopped: Stopped | None = None
    died: tuple[str, ...] = ()
    documented: tuple[str, ...] = ()


def read_verdict(folder: Path) -> dict[str, Any]:
    """``verdict.json`` as keyword arguments of a RunRecord; certificates stay in their file.

    Raises ArchiveError when the run has none (it goes on, or was cut off) or it is not one.
    """
    path = folder / VERDICT
    try:
        decided = shaped(_Decided, json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise ArchiveError(
            f"{folder.name} has no verdict: it goes on still, or its harness was killed. "
            f"Judge what was recorded with: splitbrain check {journal_of(folder)}"
        ) from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ArchiveError(f"{path}: expected a verdict written by splitbrain ({error})") from None
    return {name: getattr(decided, name) for name in _Decided.__slots__ if name != "operations"}


def _result_to_json(result: Result) -> dict[str, Any]:
    # The certificate has a file of its own: it is as long as the history, and is read by
    # those who verify it, not with the verdict.
    rows = tuple(replace(row, certificate=None) for row in result.promises)
    data = asdict(replace(result, certificate=None, promises=rows))
    for told in (data, *data["promises"]):
        del told["certificate"]
    if not rows:
        del data["promises"]
    return data


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
