"""Tags, and runs that are removed: only those that were named, and whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from kept_runs import PLAN, made

from checker.verdict import Verdict
from histories.archive import Store
from nemesis.ledger import Ledger
from splitbrain import run_files
from splitbrain.archive.pruning import sweep
from splitbrain.archive.tags import change_tags, read_tags
from splitbrain.cli import front


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    code = front.run([*arguments])
    out, err = capsys.readouterr()
    return code, out, err


def names(store: Path) -> set[str]:
    return {folder.name for folder in Store(store).folders()}


def test_tags_are_given_taken_away_and_told(tmp_path: Path, capsys: Any) -> None:
    folder = made(tmp_path)
    where = ("--store", str(tmp_path))
    assert run(capsys, "tag", "latest", *where)[1] == f"{folder.name}: no tags\n"
    code, out, _ = run(capsys, "tag", folder.name[-6:], "b", "a", "b", *where)
    assert (code, out) == (0, f"{folder.name}: a, b\n")
    code, out, _ = run(capsys, "tag", "latest", "c d", "--remove", "a", *where, "--json")
    assert json.loads(out) == {"run": folder.name, "tags": ["b", "c d"]}
    assert "Tags        b, c d\n" in run(capsys, "show", *where)[1]


@pytest.mark.parametrize("tag", ["", " a", "a\nb", "\x1b[31m", "x" * 65, "a\udcff"])
def test_what_is_no_tag_is_refused(tmp_path: Path, capsys: Any, tag: str) -> None:
    made(tmp_path)
    code, _, err = run(capsys, "tag", "latest", tag, "good", "--store", str(tmp_path))
    assert code == 2 and "expected 1 to 64 characters that can be shown" in err
    assert "\x1b" not in err


def test_two_who_tag_a_run_at_once_both_do(tmp_path: Path) -> None:
    import threading

    folder = made(tmp_path)
    tags = [f"t{number}" for number in range(40)]
    threads = [
        threading.Thread(target=change_tags, args=(folder,), kwargs={"add": [tag]}) for tag in tags
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_tags(folder) == tuple(sorted(tags))


def test_prune_says_what_it_removes_and_keeps_what_is_needed(tmp_path: Path, capsys: Any) -> None:
    valid = made(tmp_path)
    invalid = made(tmp_path, Verdict.INVALID)
    tagged = made(tmp_path)
    change_tags(tagged, add=["mine"])
    new = made(tmp_path, started="2100-01-01T00:00:00+00:00")
    asked = ("prune", "--keep-failed", "--older-than", "7d", "--store", str(tmp_path))
    code, out, _ = run(capsys, *asked, "--dry-run")
    assert code == 0 and out.splitlines() == [
        f"Would remove {valid.name}  valid",
        *sorted([f"Keeping {invalid.name}: invalid", f"Keeping {tagged.name}: it is tagged mine"],
                key=lambda line: line.split()[1]),
    ]  # fmt: skip
    assert len(names(tmp_path)) == 4
    code, out, _ = run(capsys, *asked)
    assert code == 0 and out.startswith(f"Removing {valid.name}") and "Removed 1 run.\n" in out
    assert names(tmp_path) == {invalid.name, tagged.name, new.name}
    code, out, _ = run(
        capsys, "prune", "--older-than", "7d", "--tagged", "--store", str(tmp_path), "--json"
    )
    told = json.loads(out)
    assert set(told["removed"]) == {invalid.name, tagged.name} and told["kept"] == []
    assert names(tmp_path) == {new.name}
    assert Store(tmp_path).resolve("latest") == new.resolve()
    assert not list((tmp_path / "runs").glob(".*"))


def test_prune_keeps_what_goes_on_and_what_has_left_something_behind(
    tmp_path: Path, capsys: Any
) -> None:
    going = Store(tmp_path).create("raft", "register")
    run_files.write_manifest(going.path, PLAN, "2026-03-14T09:26:53+00:00", state="running")
    dead = made(tmp_path)
    (dead / "faults.jsonl").unlink()
    Ledger(dead / "faults.jsonl", {"pid": 1})
    code, out, _ = run(capsys, "prune", "--older-than", "0s", "--store", str(tmp_path))
    assert code == 0 and names(tmp_path) == {going.path.name, dead.name}
    assert f"Keeping {going.path.name}: it goes on" in out
    assert f"Keeping {dead.name}: its faults are not undone yet (splitbrain clean)" in out
    going.close()
    # It died before it did anything.
    assert run(capsys, "prune", "--older-than", "0s", "--store", str(tmp_path))[0] == 0
    assert names(tmp_path) == {dead.name}


def test_prune_needs_an_age(capsys: Any) -> None:
    assert run(capsys, "prune")[0] == 2
    code, _, err = run(capsys, "prune", "--older-than", "a while")
    assert code == 2 and "expected a time ago such as 90m" in err


@pytest.mark.parametrize("left", [(), ("lock",)])
def test_a_folder_of_which_nothing_was_ever_written_is_taken_away(
    tmp_path: Path, left: tuple[str, ...]
) -> None:
    folder = tmp_path / "runs" / "20260314T092653Z-raft-register-0badc0"
    folder.mkdir(parents=True)
    for name in left:
        (folder / name).touch()
    assert sweep(tmp_path) == []  # it is young
    assert sweep(tmp_path, old_s=0.0) == [folder.name]


def test_a_damaged_ledger_is_in_nobodys_way(tmp_path: Path, capsys: Any) -> None:
    from splitbrain import leftovers

    folder = made(tmp_path)
    (folder / "faults.jsonl").write_bytes(b'\xff\xfe\n{"act":"close"}\n')
    assert leftovers.clean(tmp_path, engine=False).failed == []
    assert run(capsys, "prune", "--older-than", "0s", "--store", str(tmp_path))[0] == 0
    assert names(tmp_path) == set()


def test_a_removal_that_was_cut_off_is_finished_by_the_next_start(tmp_path: Path) -> None:
    folder = made(tmp_path)
    away = folder.with_name(f".removed-{folder.name}-0badc0de")
    folder.rename(away)
    (away / "verdict.json").unlink()
    assert names(tmp_path) == set()
    assert sweep(tmp_path) == [away.name]
    assert not away.exists()


def test_a_run_that_was_removed_in_between_is_told_of(
    tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    from splitbrain.archive import pruning

    folder = made(tmp_path)
    inner = pruning.look

    def look(runs: Any, **more: Any) -> Any:
        found = inner(runs, **more)
        shutil.rmtree(folder)
        return found

    monkeypatch.setattr(pruning, "look", look)
    code, _, err = run(capsys, "prune", "--older-than", "0s", "--store", str(tmp_path))
    assert code == 70 and f"{folder.name} is there no more" in err


def test_a_new_run_undoes_nothing_for_a_run_that_others_have_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from splitbrain import leftovers

    folder = made(tmp_path)
    ledger = folder / "faults.jsonl"
    ledger.unlink()
    Ledger(ledger, {"pid": 1}).claim("splitbrain/x/", ["--user"])
    manifest = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(manifest | {"imported": {"from": "x"}}))
    monkeypatch.setattr(leftovers, "_clean_machines", lambda *given, **more: pytest.fail("asked"))
    monkeypatch.setattr(leftovers, "_clean_keys", lambda *given, **more: pytest.fail("asked"))
    done = leftovers.clean(tmp_path, engine=False)
    assert done.closed_ledgers == [] and done.failed == []
