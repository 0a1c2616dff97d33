"""Run folders made by hand, for the tests of what is done with those that are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from report_records import STALE_READ, record

from checker.verdict import Result, Verdict, Violation
from histories.archive import Store
from histories.event import Event, EventType
from histories.journal import Journal
from nemesis.ledger import Ledger
from splitbrain import run_files
from splitbrain.plan import Plan

PLAN = Plan("raft", "simulated", "register", seed=7)
STARTED = "2026-03-14T09:26:53+00:00"


def events(count: int = 20) -> list[Event]:
    """A journal's events: each value written is read, and all is acknowledged."""
    told = []
    for index in range(count):
        kind = EventType.OK if index % 2 else EventType.INVOKE
        f = "read" if index % 4 > 1 else "write"
        value = None if (f, kind) == ("read", EventType.INVOKE) else index // 4
        told.append(Event(index, index * 1000, 0, kind, f, "x", value, "n1"))
    return told


def journaled(folder: Path, told: list[Event] | None = None) -> None:
    """Write the journal and the closed ledger of a run."""
    header = {"run": folder.name, "system": "raft", "model": "register"}
    journal = Journal(folder / run_files.JOURNAL, header)
    for event in events() if told is None else told:
        journal.append(event)
    journal.close()
    Ledger(folder / run_files.LEDGER, {"pid": 1}).close()


def made(
    store: Path,
    verdict: Verdict = Verdict.VALID,
    *,
    plan: Plan = PLAN,
    started: str = STARTED,
    told: list[Event] | None = None,
    violation: dict[str, Any] | None = None,
) -> Path:
    """A finished run with everything but pages; its journal is not packed."""
    run = Store(store).create(plan.system, plan.workload)
    run_files.write_manifest(run.path, plan, started, state="running")
    journaled(run.path, told)
    shown = {"kind": "stale read", "sentence": "It was stale.", "operations": (0,), "key": "x"}
    found = (Violation(**(shown | (violation or {}))),) if verdict is Verdict.INVALID else ()
    result = Result(verdict, "register", "search", 10, 1, violations=found)
    one = replace(
        record(STALE_READ), run=run.path.name, folder=run.path, plan=plan, started=started
    )
    run_files.write_verdict(replace(one, verdict=verdict, results=[result]))
    (run.path / "logs").mkdir()
    (run.path / "logs" / "n1.log").write_bytes(b"listening\n")
    run_files.write_manifest(run.path, plan, started, state="finished")
    run.close()
    return run.path
