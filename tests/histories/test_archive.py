from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from histories.archive import (
    ArchiveError,
    Store,
    default_store,
    is_alive,
    journal_of,
    write_json,
    write_text,
)


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


def test_latest_is_the_newest_run_that_is_one_whatever_the_link_says(tmp_path: Path) -> None:
    store = Store(tmp_path)
    kept = finished(store)
    killed = store.create("zookeeper", "register")  # before it wrote its plan
    killed.close()
    assert store.resolve("latest") == kept.resolve()
    shutil.rmtree(killed.path)
    assert store.resolve("latest") == kept.resolve()
    store.point_latest()
    assert (tmp_path / "runs" / "latest").resolve() == kept.resolve()
    shutil.rmtree(kept)
    store.point_latest()
    assert not (tmp_path / "runs" / "latest").is_symlink()


def test_what_is_half_made_is_no_run(tmp_path: Path) -> None:
    store = Store(tmp_path)
    name = finished(store).name
    for prefix in (".import-1", ".removed-2"):
        (tmp_path / "runs" / f"{prefix}{name}").mkdir()
    assert [folder.name for folder in store.folders()] == [name]


def test_a_journal_as_it_was_written_counts_before_a_packed_one(tmp_path: Path) -> None:
    assert journal_of(tmp_path).name == "history.jsonl"
    (tmp_path / "history.jsonl.zst").touch()
    assert journal_of(tmp_path).name == "history.jsonl.zst"
    (tmp_path / "history.jsonl").touch()
    assert journal_of(tmp_path).name == "history.jsonl"


def test_a_file_is_durable_before_it_gets_its_name_and_then_its_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def fsync(descriptor: int) -> None:
        there = (tmp_path / "verdict.json").exists()
        folder = os.path.samestat(os.fstat(descriptor), tmp_path.stat())
        done.append(f"{'folder' if folder else 'file'}, {'named' if there else 'not named'}")

    monkeypatch.setattr(os, "fsync", fsync)
    write_json(tmp_path / "verdict.json", {"verdict": "valid"})
    assert done == ["file, not named", "folder, named"]


def test_text_that_has_no_bytes_is_spelt_out(tmp_path: Path) -> None:
    write_text(tmp_path / "page", "a\ud800b")
    assert (tmp_path / "page").read_text() == "a\\ud800b"


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
    with pytest.raises(ArchiveError, match=r"cannot write to .*Name another store with --store"):
        Store(tmp_path).create("raft", "register")
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
