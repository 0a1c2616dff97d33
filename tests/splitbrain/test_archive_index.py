"""The index shows what the folders say, whatever became of it; the folders are the truth."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kept_runs import PLAN, made

from checker.verdict import Verdict
from histories.archive import Store, write_json
from splitbrain.archive.index import INDEX, INDEX_LOCK, kept_runs
from splitbrain.archive.tags import change_tags
from splitbrain.archive.wanted import ALL, Wanted
from splitbrain.cli import front


def listed(store: Path, wanted: Wanted = ALL) -> list[str]:
    """The runs by name; nothing is told of the index."""
    told: list[str] = []
    found = [run.run for run in kept_runs(store, wanted, told.append)]
    assert told == []
    return found


def test_a_run_is_in_the_list_as_soon_as_its_folder_is_and_no_longer(tmp_path: Path) -> None:
    assert listed(tmp_path) == []
    first, second = made(tmp_path), made(tmp_path, Verdict.INVALID)
    assert listed(tmp_path) == sorted([first.name, second.name])
    (tmp_path / "runs" / "notes").mkdir()
    shutil.rmtree(first)
    assert listed(tmp_path) == [second.name]


def test_a_file_that_changes_changes_the_row(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (run,) = kept_runs(tmp_path)
    assert (run.system, run.verdict, run.operations, run.seed) == ("raft", "valid", 3, 7)
    assert (run.outcome, run.tags, run.failed) == ("valid", (), False)
    change_tags(folder, add=["kept"])
    verdict = json.loads((folder / "verdict.json").read_text())
    write_json(folder / "verdict.json", verdict | {"verdict": "invalid"})
    (run,) = kept_runs(tmp_path)
    assert (run.outcome, run.tags, run.failed) == ("invalid", ("kept",), True)


def test_filters_are_taken_together(tmp_path: Path) -> None:
    old = made(tmp_path, Verdict.INVALID, started="2026-03-01T00:00:00+00:00")
    new = made(tmp_path, Verdict.INVALID)
    etcd = made(tmp_path, plan=replace(PLAN, system="etcd"))
    change_tags(new, add=["a", "b"])
    change_tags(etcd, add=["b"])
    march_10 = 1773100800.0
    assert set(listed(tmp_path, Wanted(failed=True))) == {old.name, new.name}
    assert listed(tmp_path, Wanted(system="etcd")) == [etcd.name]
    assert set(listed(tmp_path, Wanted(since_s=march_10))) == {new.name, etcd.name}
    assert listed(tmp_path, Wanted(before_s=march_10)) == [old.name]
    assert listed(tmp_path, Wanted(tags=("a", "b"))) == [new.name]
    assert listed(tmp_path, Wanted(failed=True, system="etcd")) == []


def test_a_system_that_did_not_serve_again_is_at_fault_too(tmp_path: Path) -> None:
    folder = made(tmp_path)
    verdict = json.loads((folder / "verdict.json").read_text())
    late = {"healed_s": 1.0, "within_s": 1.0, "served_s": None, "watched_s": 9.0}
    write_json(folder / "verdict.json", verdict | {"unavailable": late})
    (run,) = kept_runs(tmp_path, Wanted(failed=True))
    assert run.outcome == "valid, unavailable"


def test_what_a_run_without_a_verdict_is(tmp_path: Path) -> None:
    from splitbrain import run_files

    going = Store(tmp_path).create("raft", "register")
    run_files.write_manifest(going.path, PLAN, "", state="running")
    assert [run.outcome for run in kept_runs(tmp_path)] == ["going on"]
    going.close()
    # Nothing in the folder has changed, but its harness is gone.
    assert [run.outcome for run in kept_runs(tmp_path)] == ["cut off"]
    run_files.write_manifest(going.path, PLAN, "", state="failed", error="it broke")
    assert [run.outcome for run in kept_runs(tmp_path)] == ["harness failed"]
    (going.path / "run.json").write_text("{")
    assert [run.outcome for run in kept_runs(tmp_path)] == ["unreadable"]


def overwritten(path: Path) -> None:
    path.write_bytes(b"this is no database, and was none" * 100)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def of_another_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def changed_in_a_row(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE runs SET summary = replace(summary, 'valid', 'gone!')")
    connection.commit()
    connection.close()


def with_other_tables(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1")
    connection.execute("CREATE TABLE something (else_ TEXT)")
    connection.close()


@pytest.mark.parametrize(
    "damage", [overwritten, truncated, of_another_version, changed_in_a_row, with_other_tables]
)
def test_a_damaged_index_is_made_anew_and_that_is_told(tmp_path: Path, damage: Any) -> None:
    names = sorted(made(tmp_path).name for _ in range(3))
    assert listed(tmp_path) == names
    damage(tmp_path / INDEX)
    told: list[str] = []
    assert [run.run for run in kept_runs(tmp_path, ALL, told.append)] == names
    (sentence,) = told
    assert "was no good" in sentence and "made anew from the folders" in sentence
    assert listed(tmp_path) == names


def test_a_missing_index_is_nothing_to_talk_about(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert listed(tmp_path) == [folder.name]
    (tmp_path / INDEX).unlink()
    assert listed(tmp_path) == [folder.name]
    assert (tmp_path / INDEX).is_file()


def test_what_a_dead_process_was_writing_into_the_index_is_not_played_back_into_a_new_one(
    tmp_path: Path,
) -> None:
    names = [made(tmp_path).name]
    listed(tmp_path)
    overwritten(tmp_path / INDEX)
    (tmp_path / f"{INDEX}-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\0" * 504)
    told: list[str] = []
    assert [run.run for run in kept_runs(tmp_path, ALL, told.append)] == names
    assert len(told) == 1 and listed(tmp_path) == names


def test_a_full_disk_costs_the_index_and_not_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [made(tmp_path).name]
    inner = sqlite3.connect

    class Full:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        def execute(self, statement: str, *values: Any) -> Any:
            if statement.startswith("INSERT"):
                raise sqlite3.OperationalError("database or disk is full")
            return self._connection.execute(statement, *values)

    def connect(path: Any, **how: Any) -> Any:
        connection = inner(path, **how)
        return Full(connection) if str(path).endswith(INDEX) else connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    told: list[str] = []
    assert [run.run for run in kept_runs(tmp_path, ALL, told.append)] == names
    assert told == [
        f"The index of {tmp_path} cannot be used (database or disk is full); the folders were read."
    ]


def test_who_holds_the_index_for_long_keeps_nobody_from_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    names = [made(tmp_path).name]
    monkeypatch.setattr("splitbrain.archive.index.PATIENCE_S", 0.0)
    told: list[str] = []
    with (tmp_path / INDEX_LOCK).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert [run.run for run in kept_runs(tmp_path, ALL, told.append)] == names
    assert told == [f"The index of {tmp_path} is in use; the folders were read."]


def test_runs_tells_of_the_index_beside_the_list(tmp_path: Path, capsys: Any) -> None:
    names = [made(tmp_path).name]
    overwritten(tmp_path / INDEX)
    assert front.run(["runs", "--store", str(tmp_path), "--json"]) == 0
    out, err = capsys.readouterr()
    assert [run["run"] for run in json.loads(out)] == names
    assert err.startswith("splitbrain: The index of ") and "made anew" in err


def test_runs_has_filters(tmp_path: Path, capsys: Any) -> None:
    made(tmp_path)
    failed = made(tmp_path, Verdict.INVALID).name
    change_tags(tmp_path / "runs" / failed, add=["here"])
    asked = ["runs", "--store", str(tmp_path), "--failed", "--system", "raft"]
    asked += ["--since", "2026-03-01", "--tag", "here"]
    assert front.run(asked) == 0
    heads, row = capsys.readouterr().out.splitlines()
    assert heads.split() == ["run", "verdict", "operations", "host", "seed", "tags"]
    assert row.split() == [failed, "invalid", "3", "simulated", "7", "here"]
    assert front.run(["runs", "--store", str(tmp_path), "--since", "1s"]) == 0
    out, err = capsys.readouterr()
    assert out == "" and "is as asked for" in err
    assert front.run(["runs", "--since", "last week"]) == 2
    assert "expected a time ago such as 90m, 12h, 7d or 2w, or a day" in capsys.readouterr().err


def test_listing_runs_loads_no_part_of_the_checker(tmp_path: Path) -> None:
    made(tmp_path)
    program = (
        "import sys\nfrom splitbrain.cli import front\n"
        f"front.run(['runs', '--store', {str(tmp_path)!r}])\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split("LOADED")[1].split())
    assert not loaded & {"checker", "numpy", "numba", "rich", "zstandard", "nemesis", "targets"}
