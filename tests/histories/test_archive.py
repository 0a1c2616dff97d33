from __future__ import annotations

import json
from pathlib import Path

import pytest

from histories.archive import ArchiveError, Store, default_store, is_alive, write_json


def finished(store: Store, system: str = "raft", verdict: str = "valid") -> Path:
    run = store.create(system, "register")
    write_json(run.path / "run.json", {"start": "2026-03-14T09:26:53Z", "plan": {"system": system}})
    write_json(run.path / "verdict.json", {"verdict": verdict, "operations": 12})
    run.close()
    return run.path


def test_a_run_is_alive_while_its_harness_holds_the_lock(tmp_path: Path) -> None:
    run = Store(tmp_path).create("raft", "register")
    assert is_alive(run.path)
    run.close()
    assert not is_alive(run.path)


def test_latest_points_at_the_newest_run(tmp_path: Path) -> None:
    store = Store(tmp_path)
    finished(store)
    second = finished(store)
    assert store.resolve("latest") == second.resolve()


def test_a_run_is_found_by_id_by_prefix_by_its_last_digits_and_by_path(tmp_path: Path) -> None:
    store = Store(tmp_path)
    raft, paxos = finished(store, "raft"), finished(store, "paxos")
    assert store.resolve(raft.name) == raft
    assert store.resolve(paxos.name[:-3]) == paxos
    assert store.resolve(raft.name[-6:]) == raft
    assert store.resolve(str(raft)) == raft


def test_what_cannot_be_resolved_is_told_with_what_there_is(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(ArchiveError, match=r"no run in .* yet"):
        store.resolve("latest")
    name = finished(store).name
    finished(store)
    with pytest.raises(ArchiveError, match="could mean 2 runs"):
        store.resolve("2")
    with pytest.raises(ArchiveError, match=f"nearest is {name[:30]}"):
        store.resolve("X" + name)
    with pytest.raises(ArchiveError, match=r"expected a run folder"):
        store.resolve(str(tmp_path / "nowhere"))


def test_summaries_tell_plan_and_verdict_and_pass_over_other_folders(tmp_path: Path) -> None:
    store = Store(tmp_path)
    finished(store, verdict="invalid")
    (tmp_path / "runs" / "notes").mkdir()
    (summary,) = store.runs()
    assert (summary.system, summary.verdict, summary.operations) == ("raft", "invalid", 12)
    assert not summary.alive


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    write_json(path, {"verdict": "valid"})
    with pytest.raises(TypeError):
        write_json(path, {"verdict": object()})
    assert json.loads(path.read_text()) == {"verdict": "valid"}
    assert [p.name for p in tmp_path.iterdir()] == ["verdict.json"]


def test_the_store_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPLITBRAIN_STORE", "/somewhere")
    assert default_store() == Path("/somewhere")
    monkeypatch.delenv("SPLITBRAIN_STORE")
    assert default_store() == Path.home() / ".local/share/splitbrain"


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where a folder should be")
    with pytest.raises(ArchiveError, match="cannot write to the store"):
        Store(tmp_path).create("raft", "register")
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
