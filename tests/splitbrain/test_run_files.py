"""A run's folder: what is written is read back, and what is not there is told."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from report_records import PLAN, STALE_READ, partition, record

from checker import Certificate
from checker.verdict import Result, Verdict, Violation
from histories.archive import ArchiveError
from histories.event import Event, EventType
from histories.journal import Journal
from nemesis.ledger import Ledger
from splitbrain import run_files
from splitbrain.run import load

RESULT = Result(
    Verdict.INVALID,
    "cas-register",
    "just-in-time depth-first",
    operations=3,
    keys=1,
    reason="process 0 read 1 …",
    violations=(Violation("stale read", "process 0 read 1 …", (0, 2, 4), 4, "x"),),
    certificate=Certificate.from_json(
        {
            "format": "splitbrain-linearization",
            "version": 2,
            "model": "cas-register",
            "reading": "splitbrain",
            "parts": [{"key": "x", "order": [0, 2]}],
        }
    ),
)


def written(folder: Path) -> Path:
    """A folder with everything a finished run leaves, but for logs."""
    folder.mkdir()
    journal = Journal(folder / run_files.JOURNAL, {"run": folder.name, "model": "cas-register"})
    for index, (kind, value) in enumerate([(EventType.INVOKE, None), (EventType.OK, 1)]):
        journal.append(Event(index, index, 0, kind, "read", "x", value, "n1"))
    journal.close()
    ledger = Ledger(folder / run_files.LEDGER, {"pid": 1})
    fault = partition()
    for step in (ledger.announce, ledger.acknowledged, ledger.healing, ledger.healed):
        step(fault)
    ledger.close()
    one = replace(
        record(STALE_READ),
        folder=folder,
        verdict=Verdict.INVALID,
        reason=RESULT.reason,
        results=[RESULT],
        bugs_reached={"raft.x": 3},
    )
    run_files.write_verdict(one)
    run_files.write_page(one)
    run_files.write_manifest(folder, PLAN, "2026-03-14T09:26:53+00:00", state="finished")
    return folder


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    run = load(written(tmp_path / "run"))
    told = replace(RESULT, certificate=None)
    assert (run.plan, run.verdict, run.results) == (PLAN, Verdict.INVALID, [told])
    kept = json.loads((run.folder / run_files.CERTIFICATE).read_text())
    assert kept == {"cas-register": RESULT.certificate.to_json()}
    assert run.bugs_reached == {"raft.x": 3}
    assert len(run.operations) == 1
    (fault,) = run.faults
    assert fault.symbolic == partition().symbolic and fault.effect.mechanical


def test_the_manifest_holds_the_hashes_of_the_other_files(tmp_path: Path) -> None:
    folder = written(tmp_path / "run")
    hashes = json.loads((folder / run_files.MANIFEST).read_text())["sha256"]
    assert set(hashes) == {
        "history.jsonl",
        "faults.jsonl",
        "verdict.json",
        "certificate.json",
        "report.html",
        "explanation.html",
    }
    for name, told in hashes.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == told


def test_a_run_without_a_verdict_says_how_to_judge_what_there_is(tmp_path: Path) -> None:
    folder = written(tmp_path / "run")
    (folder / run_files.VERDICT).unlink()
    with pytest.raises(ArchiveError, match=r"no verdict.*splitbrain check .*history\.jsonl"):
        load(folder)


@pytest.mark.parametrize(
    "manifest", ["", "[]", '{"format": "splitbrain-run", "version": 99}', '{"version": 1}']
)
def test_a_manifest_of_another_kind_is_refused_with_its_path(tmp_path: Path, manifest: str) -> None:
    folder = written(tmp_path / "run")
    (folder / run_files.MANIFEST).write_text(manifest)
    with pytest.raises(ArchiveError, match=r"run\.json: expected a splitbrain-run manifest"):
        load(folder)
