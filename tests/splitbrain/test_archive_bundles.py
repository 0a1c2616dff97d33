"""A run in one file: sent, taken in, judged and replayed where it arrives."""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from bundle_forging import bundled, changed, nothing_is_in, packed, taken, unpacked
from kept_runs import PLAN, events, made

from histories.archive import Store
from splitbrain import run_files
from splitbrain.archive import importing
from splitbrain.archive.bundle import export
from splitbrain.archive.tags import change_tags
from splitbrain.cli import front
from splitbrain.progress import SilentProgress


def test_a_simulated_run_is_told_judged_and_replayed_where_it_was_imported(
    tmp_path: Path, capsys: Any
) -> None:
    from splitbrain.run import execute

    plan = replace(PLAN, rate=20, operations=80, time_limit_s=4, faults=("kill",), fault_hold_s=0.5)
    record = execute(plan, store=tmp_path / "a", progress=SilentProgress())
    change_tags(record.folder, add=["mine"])
    bundle = tmp_path / "x.tar.zst"
    assert front.run(["export", record.run, "-o", str(bundle), "--store", str(tmp_path / "a")]) == 0
    assert taken(bundle, tmp_path / "b", capsys)[0] == 0
    there = tmp_path / "b" / "runs" / record.run
    asked = ("--store", str(tmp_path / "b"))
    assert front.run(["show", *asked]) == record.exit_code
    out = capsys.readouterr().out
    assert "Tags        mine\n" in out and "Imported    from x.tar.zst" in out
    assert front.run(["check", str(there)]) == record.exit_code
    assert front.run(["verify", str(there / "certificate.json"), str(there / "history.jsonl")]) == 0
    capsys.readouterr()
    assert front.run(["replay", record.run, "-q", *asked]) == record.exit_code
    assert capsys.readouterr().out.startswith("SAME: ")
    assert {path.name for path in there.iterdir()} == {
        *(path.name for path in record.folder.iterdir()),
    } - {"lock"}
    assert front.run(["runs", *asked]) == 0
    assert "(imported)" in capsys.readouterr().out


def test_a_bundle_is_the_same_bytes_each_time_and_says_nothing_of_this_machine(
    tmp_path: Path,
) -> None:
    name, bundle = bundled(tmp_path)
    first = bundle.read_bytes()
    os.utime(tmp_path / "from" / "runs" / name / "run.json", (1, 1))
    export(tmp_path / "from" / "runs" / name, bundle)
    assert bundle.read_bytes() == first
    data = zstandard.ZstdDecompressor().stream_reader(first).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        told = {(m.uid, m.gid, m.uname, m.gname, m.mtime, m.mode) for m in tar}
    assert told == {(0, 0, "", "", 0, 0o644)}
    assert {n.removeprefix(f"{name}/") for n in unpacked(bundle)} == {
        "run.json", "history.jsonl.zst", "faults.jsonl", "verdict.json", "logs/n1.log",
    }  # fmt: skip


def test_the_same_run_twice_is_no_error_and_another_of_its_name_is(
    tmp_path: Path, capsys: Any
) -> None:
    name, bundle = bundled(tmp_path)
    store = tmp_path / "to"
    assert taken(bundle, store, capsys)[0] == 0
    code, text = taken(bundle, store, capsys)
    assert code == 0 and f"{name} is there already." in text
    other = made(tmp_path / "other", told=events(60))
    members = {f"{name}/{path.name}": path.read_bytes() for path in other.glob("*.json*")}
    manifest = json.loads(members[f"{name}/run.json"])
    members[f"{name}/run.json"] = json.dumps(manifest | {"run": name}).encode()
    code, text = taken(packed(tmp_path / "y", members), store, capsys)
    assert code == 2 and "is there already, and is another one" in text
    assert [folder.name for folder in Store(store).folders()] == [name]


def test_a_run_that_was_cut_off_travels_too(tmp_path: Path, capsys: Any) -> None:
    folder = made(tmp_path / "from")
    run_files.write_manifest(folder, PLAN, "", state="running")
    (folder / "verdict.json").unlink()
    bundle = tmp_path / "x.tar.zst"
    manifest = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(
        json.dumps({k: v for k, v in manifest.items() if k != "sha256"})
    )
    assert front.run(["export", str(folder), "-o", str(bundle)]) == 0
    for _ in range(2):
        assert taken(bundle, tmp_path / "to", capsys)[0] == 0
    assert front.run(["check", str(tmp_path / "to" / "runs" / folder.name)]) == 0


def test_pages_of_others_are_not_taken_but_made(tmp_path: Path, capsys: Any) -> None:
    run, bundle = bundled(tmp_path)
    members = unpacked(bundle)
    evil = b"<script>alert(1)</script>"
    members |= {f"{run}/report.html": evil, f"{run}/explanation.html": evil}
    assert taken(packed(tmp_path / "x", members), tmp_path / "to", capsys)[0] == 0
    folder = tmp_path / "to" / "runs" / run
    assert evil not in (folder / "report.html").read_bytes()
    assert not (folder / "explanation.html").exists()


def test_who_a_run_was_imported_from_cannot_be_told_by_the_bundle(
    tmp_path: Path, capsys: Any
) -> None:
    run, bundle = bundled(tmp_path)
    members = changed(run, unpacked(bundle), "run.json", imported=None, redacted="x")
    assert taken(packed(tmp_path / "x.tar.zst", members), tmp_path / "to", capsys)[0] == 0
    assert (
        run_files.read_manifest(tmp_path / "to" / "runs" / run)["imported"]["from"] == "x.tar.zst"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"target": "/tmp/evil.py"}, "runs the file /tmp/evil.py"),
        ({"ssh": ["root@evil"], "host": "ssh"}, "logs in on root@evil"),
        ({"endpoints": ["http://evil:1"]}, "speaks to http://evil:1"),
        ({"system": "etcd", "options": ["binary=/tmp/evil"]}, "hands its nodes binary=/tmp/evil"),
    ],
)
def test_an_imported_run_is_not_replayed_with_what_somebody_else_has_named(
    tmp_path: Path, capsys: Any, change: dict[str, Any], told: str
) -> None:
    run, bundle = bundled(tmp_path)
    plan = PLAN.to_json() | change
    members = changed(run, unpacked(bundle), "run.json", plan=plan)
    assert taken(packed(tmp_path / "x", members), tmp_path / "to", capsys)[0] == 0
    assert front.run(["replay", run, "--store", str(tmp_path / "to")]) == 2
    err = capsys.readouterr().err
    assert f"was imported, and its replay {told}" in err
    assert "ask for it yourself: splitbrain test" in err


def test_showing_an_imported_run_runs_nothing_that_it_names(tmp_path: Path, capsys: Any) -> None:
    run, bundle = bundled(tmp_path)
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(tmp_path / 'owned')!r}, 'w').close()\n")
    plan = PLAN.to_json() | {"target": str(evil)}
    members = changed(run, unpacked(bundle), "run.json", plan=plan)
    assert taken(packed(tmp_path / "x", members), tmp_path / "to", capsys)[0] == 0
    for asked in (["show"], ["show", "--json"], ["runs"], ["replay"]):
        front.run([*asked, "--store", str(tmp_path / "to")])
    assert front.run(["check", str(tmp_path / "to" / "runs" / run)]) == 0
    assert not (tmp_path / "owned").exists() and str(evil) not in sys.modules


def test_a_full_disk_leaves_the_store_as_it_was(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    _, bundle = bundled(tmp_path)

    def full(*given: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    code, text = taken(bundle, tmp_path / "to", capsys)
    assert code == 2 and "cannot write to" in text and "No space left on device" in text
    assert nothing_is_in(tmp_path / "to")
    folder = next(iter(Store(tmp_path / "from").folders()))
    target = tmp_path / "y.tar.zst"
    assert front.run(["export", str(folder), "-o", str(target)]) == 2
    assert "y.tar.zst: was not written: No space left on device" in capsys.readouterr().err
    assert not target.exists() and not list(tmp_path.glob(".*"))


def test_an_import_that_was_killed_is_swept_away(tmp_path: Path) -> None:
    from splitbrain.archive.pruning import sweep

    staging = tmp_path / "runs" / f"{importing.PREFIX}0badc0de"
    (staging / "logs").mkdir(parents=True)
    assert Store(tmp_path).folders() == []
    assert sweep(tmp_path) == []  # it is young
    assert sweep(tmp_path, old_s=0.0) == [staging.name]


def test_export_says_what_it_will_not_do(tmp_path: Path, capsys: Any) -> None:
    folder = made(tmp_path)
    target = tmp_path / "x.tar.zst"
    asked = ["export", folder.name, "--store", str(tmp_path), "-o", str(target)]
    assert front.run(asked) == 0
    assert front.run(asked) == 2
    assert "is there already; name another file, or give --force" in capsys.readouterr().err
    assert front.run([*asked, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run"] == folder.name
    going = Store(tmp_path).create("raft", "register")
    run_files.write_manifest(going.path, PLAN, "", state="running")
    assert front.run(["export", "latest", "--store", str(tmp_path), "-o", str(tmp_path / "y")]) == 2
    assert "goes on still" in capsys.readouterr().err
    going.close()


def test_secrets_do_not_leave_with_a_bundle(tmp_path: Path) -> None:
    folder = made(tmp_path / "from")
    manifest = json.loads((folder / "run.json").read_text())
    manifest["plan"]["options"] = ["api-key=hunter2", "reads=plain"]
    (folder / "run.json").write_text(json.dumps(manifest | {"version": 1}))
    (folder / "logs" / "n1.log").write_bytes(b"Authorization: Basic aHVudGVyMg==\n")
    bundle = tmp_path / "x.tar.zst"
    export(folder, bundle)
    members = unpacked(bundle)
    assert not any(b"hunter2" in data or b"aHVudGVyMg" in data for data in members.values())
    told = json.loads(members[f"{folder.name}/run.json"])["plan"]["options"]
    assert told == ["api-key=[redacted]", "reads=plain"]


def test_a_run_whose_secret_was_not_kept_asks_for_it(tmp_path: Path, capsys: Any) -> None:
    made(tmp_path, plan=replace(PLAN, options=("password=[redacted]",)))
    assert front.run(["replay", "latest", "--store", str(tmp_path)]) == 2
    assert "was run with password, whose values are not kept" in capsys.readouterr().err
