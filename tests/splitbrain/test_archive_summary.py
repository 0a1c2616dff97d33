"""What a run's line says, and where it is read from without anything being written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kept_runs import PLAN, made

from checker.verdict import Verdict
from splitbrain.archive.index import INDEX, kept_runs, looks_of, remembered
from splitbrain.archive.summary import RunSummary, read_summary


def test_the_first_violation_is_told(tmp_path: Path) -> None:
    summary = read_summary(made(tmp_path, Verdict.INVALID))
    assert summary is not None
    assert (summary.kind, summary.anomaly) == ("stale read", "It was stale.")
    valid = read_summary(made(tmp_path))
    assert valid is not None and (valid.kind, valid.anomaly) == (None, None)


def test_its_length_is_what_was_asked_or_came_to_be(tmp_path: Path) -> None:
    def length(stopped: Any = None, **plan: Any) -> float | None:
        folder = made(tmp_path, plan=replace(PLAN, **plan))
        verdict = json.loads((folder / "verdict.json").read_text()) | {"stopped": stopped}
        (folder / "verdict.json").write_text(json.dumps(verdict))
        summary = read_summary(folder)
        assert summary is not None
        return summary.length_s

    assert length(time_limit_s=12.5) == 12.5
    assert length(operations=200) is None
    assert length({"stopped_ns": 4_500_000_000}) == 4.5
    assert length({"stopped_ns": "soon"}) == PLAN.time_limit_s
    assert length({"stopped_ns": -1}) == length({"stopped_ns": 10**30}) == PLAN.time_limit_s


def test_a_summary_comes_back_from_what_the_index_keeps(tmp_path: Path) -> None:
    folder = made(tmp_path, Verdict.INVALID, plan=replace(PLAN, bugs=("a", "b")))
    summary = read_summary(folder)
    assert summary is not None
    assert RunSummary.from_json(json.loads(json.dumps(summary.to_json())), folder) == summary


def test_what_the_index_knows_can_be_read_without_writing(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert remembered(tmp_path) == {}
    kept_runs(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert remembered(tmp_path) == {folder.name: (looks_of(folder), read_summary(folder))}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("damage", [b"", b"none", None])
def test_an_index_that_is_no_good_knows_nothing(tmp_path: Path, damage: bytes | None) -> None:
    made(tmp_path)
    kept_runs(tmp_path)
    if damage is None:
        data = (tmp_path / INDEX).read_bytes()
        damage = data.replace(b'"system":"raft"', b'"system":"rift"')
        assert damage != data
    (tmp_path / INDEX).write_bytes(damage)
    assert remembered(tmp_path) == {}
