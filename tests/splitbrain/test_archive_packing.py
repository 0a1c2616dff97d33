"""Journals packed, and the end of a run's folder: at no moment is anything lost."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kept_runs import PLAN, STARTED, events, journaled, made
from report_records import STALE_READ, record

from checker.verdict import Verdict
from histories.archive import Store, journal_of
from histories.history import read_history
from splitbrain import run_files
from splitbrain.archive import packing
from splitbrain.archive.closing import closed
from splitbrain.archive.index import kept_runs
from splitbrain.archive.packing import Unpacked, content_digest, content_of, pack
from splitbrain.archive.pruning import sweep
from splitbrain.cli import front
from splitbrain.cli.tell import tell


def full(*given: Any, **more: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_packed_journal_is_the_same_history_and_has_the_same_hash(tmp_path: Path) -> None:
    folder = made(tmp_path, told=events(4000))
    plain = (folder / "history.jsonl").read_bytes()
    digest = content_digest(folder / "history.jsonl")
    before = read_history(folder / "history.jsonl").events
    assert pack(folder)
    packed = folder / "history.jsonl.zst"
    assert sorted(path.name for path in folder.glob("*history*")) == [packed.name]
    assert packed.stat().st_size < len(plain) / 8
    assert b"".join(content_of(packed)) == plain
    assert content_digest(packed) == digest
    assert json.loads((folder / "run.json").read_text())["sha256"]["history.jsonl"] == digest
    assert read_history(packed).events == before
    assert not pack(folder)


def test_a_journal_that_cannot_be_packed_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path)
    plain = (folder / "history.jsonl").read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unpacked, match=r"history\.jsonl: was not packed \(No space left"):
        pack(folder)
    assert (folder / "history.jsonl").read_bytes() == plain
    assert not list(folder.glob("*.zst*")) and not list(folder.glob(".*"))


def test_a_journal_is_removed_only_once_its_copy_reads_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path)
    monkeypatch.setattr(packing, "_digest", lambda path: b"another")
    with pytest.raises(Unpacked, match="does not read back"):
        pack(folder)
    assert journal_of(folder).name == "history.jsonl" and not list(folder.glob(".*"))


def test_packing_that_was_cut_off_is_finished_by_the_next_start(tmp_path: Path) -> None:
    folder = made(tmp_path)
    content = (folder / "history.jsonl").read_bytes()
    pack(folder)
    # Killed after the rename, and another time in the middle of writing.
    (folder / "history.jsonl").write_bytes(content)
    (folder / ".history.jsonl.zst.0badc0de").write_bytes(b"half")
    (folder / "logs" / ".n1.log.0badc0de").write_bytes(b"half")
    assert journal_of(folder).name == "history.jsonl"
    done = sweep(tmp_path, old_s=0.0)
    assert len(done) == 3, done
    assert journal_of(folder).name == "history.jsonl.zst"
    assert b"".join(content_of(journal_of(folder))) == content
    assert not list(folder.rglob(".*")) and sweep(tmp_path, old_s=0.0) == []


def test_what_a_live_process_is_writing_is_nobodys_to_remove(tmp_path: Path) -> None:
    from splitbrain.archive.holding import held

    folder = made(tmp_path)
    half = folder / ".tags.json.0badc0de"
    half.touch()
    assert sweep(tmp_path) == []  # it is young
    with held(folder):
        assert sweep(tmp_path, old_s=0.0) == []
    run = Store(tmp_path).create("raft", "register")
    assert run.path not in [tmp_path / "runs" / name for name in sweep(tmp_path, old_s=0.0)]
    run.close()
    assert sweep(tmp_path, old_s=0.0) == [run.path.name]


def ended(store: Path, **more: Any) -> Any:
    """A run whose live part is over and judged, and its folder, locked."""
    run = Store(store).create("raft", "register")
    run_files.write_manifest(run.path, PLAN, STARTED, state="running")
    journaled(run.path)
    plan = replace(PLAN, options=("password=hunter2", "reads=plain"))
    one = record(STALE_READ, verdict=Verdict.VALID, plan=plan, folder=run.path)
    return replace(one, run=run.path.name, **more), run


def test_a_run_that_ends_is_packed_indexed_and_without_secrets(tmp_path: Path) -> None:
    one, run = ended(tmp_path)
    run_files.write_logs(run.path, {"n1": b"told the word correct horse\n--token abcdefgh \xff\n"})
    record_ = closed(one, tmp_path, secrets=["correct horse"])
    run.close()
    names = {path.name for path in run.path.iterdir()}
    assert "history.jsonl.zst" in names and "history.jsonl" not in names
    assert record_.notes == ("Cut what looks like a secret out of the nodes' logs (2 times)",)
    assert (run.path / "logs" / "n1.log").read_bytes() == (
        b"told the word [redacted]\n--token [redacted] \xff\n"
    )
    for path in run.path.rglob("*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes(), path
    manifest = run_files.read_manifest(run.path)
    assert (manifest["version"], manifest["redacted"], manifest["imported"]) == (2, 1, None)
    assert record_.plan.options == ("password=[redacted]", "reads=plain")
    # In the index already: nothing has to be read again.
    import sqlite3

    connection = sqlite3.connect(tmp_path / "index.sqlite")
    assert [name for (name,) in connection.execute("SELECT run FROM runs")] == [run.path.name]
    connection.close()
    assert [summary.run for summary in kept_runs(tmp_path)] == [run.path.name]


def test_on_a_full_disk_what_was_found_is_told_and_what_was_recorded_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    one, run = ended(tmp_path)
    content = (run.path / "history.jsonl").read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    record_ = closed(one, tmp_path)
    run.close()
    assert record_.exit_code == 70
    assert replace(record_, verdict=Verdict.INVALID).exit_code == 1
    assert (run.path / "history.jsonl").read_bytes() == content
    assert not list(run.path.glob(".*")) and not (run.path / "verdict.json").exists()
    tell(record_, as_json=False)
    out, err = capsys.readouterr()
    assert out.startswith("VALID")
    assert "not all could be written there (No space left on device)" in err
    assert f"splitbrain check {run.path / 'history.jsonl'}" in err


def test_a_page_that_cannot_be_written_costs_the_page_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, run = ended(tmp_path)
    monkeypatch.setattr(run_files, "write_page", full)
    record_ = closed(one, tmp_path)
    run.close()
    assert record_.unwritten is None and journal_of(run.path).suffix == ".zst"
    assert record_.notes == ("The page of the run was not written: No space left on device",)


def test_a_journal_that_could_not_be_packed_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    one, run = ended(tmp_path)
    monkeypatch.setattr(packing, "_packed", full)
    record_ = closed(one, tmp_path)
    run.close()
    assert (record_.exit_code, journal_of(run.path).name) == (0, "history.jsonl")
    tell(record_, as_json=False)
    assert "history.jsonl: was not packed (No space left on device)" in capsys.readouterr().err
    assert [summary.verdict for summary in kept_runs(tmp_path)] == ["valid"]


def test_a_run_that_a_full_disk_ends_says_what_is_kept_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from histories.journal import Journal

    inner, flushed = Journal.flush, []

    def flush(journal: Journal) -> None:
        flushed.append(1)
        if len(flushed) > 20:
            full()
        inner(journal)

    monkeypatch.setattr(Journal, "flush", flush)
    asked = "test raft --host simulated --operations 60 --time-limit 2 --faults none -q --store"
    assert front.run([*asked.split(), str(tmp_path)]) == 70
    err = capsys.readouterr().err
    journal = Store(tmp_path).resolve("latest") / "history.jsonl"
    assert f"What was recorded until then is kept: splitbrain check {journal}" in err
    assert [summary.outcome for summary in kept_runs(tmp_path)] == ["harness failed"]
    assert len(read_history(journal).events) > 0


def test_a_journal_on_a_full_disk_says_which_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from histories.journal import Journal

    journal = Journal(tmp_path / "history.jsonl", {})
    journal.append(events(1)[0])
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match=r"No space left on device: .*history\.jsonl"):
            journal.flush()
    journal.close()


def test_check_and_verify_find_a_journal_that_was_packed_since_it_was_named(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path))
    folder = made(tmp_path)
    plain, proof = str(folder / "history.jsonl"), str(tmp_path / "proof.json")
    assert front.run(["check", plain, "--certificate", proof]) == 0
    assert front.run(["verify", proof, plain]) == 0
    pack(folder)
    assert front.run(["verify", proof, plain]) == 0
    for named in (plain, str(folder), folder.name, folder.name[-6:], "latest"):
        capsys.readouterr()
        assert front.run(["check", named]) == 0, named
        assert capsys.readouterr().out.startswith(f"{plain}.zst: valid")
    assert front.run(["check", "no-such-run"]) == 2
    assert "no-such-run: there is no such file." in capsys.readouterr().err


def test_a_manifest_of_the_first_version_is_read_as_one_of_today(tmp_path: Path) -> None:
    folder = made(tmp_path)
    manifest = json.loads((folder / "run.json").read_text())
    for member in ("imported", "redacted"):
        del manifest[member]
    (folder / "run.json").write_text(json.dumps(manifest | {"version": 1}))
    assert run_files.read_manifest(folder) == manifest | {
        "version": 2,
        "imported": None,
        "redacted": 0,
    }
    assert front.run(["show", str(folder)]) == 0


def test_a_manifest_of_a_newer_version_is_refused(tmp_path: Path, capsys: Any) -> None:
    folder = made(tmp_path)
    manifest = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(manifest | {"version": 3}))
    assert front.run(["show", str(folder)]) == 2
    assert "version is 3; it was written by a newer splitbrain" in capsys.readouterr().err
