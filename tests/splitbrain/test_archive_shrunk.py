"""What a run was shrunk from: kept with it, carried in bundles, shown wherever the run is."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundle_forging import changed, nothing_is_in, packed, taken, unpacked
from kept_runs import PLAN, events, made
from shrinkings import kept, shrinking
from web_asking import asking

from checker.verdict import Verdict
from splitbrain.archive.bundle import export
from splitbrain.archive.packing import pack
from splitbrain.archive.shrunk import read_shrunk, shrunk_from
from splitbrain.cli import front
from splitbrain.run import load
from splitbrain.script import Script, ScriptedOperation

OF = "20260314T092653Z-raft-register-abcdef"
SENTENCE = (
    f"{OF}: stale read, from 450 operations to 2, by 59 smaller plans in 1.6 s; nothing more can "
    "be left out. Without the seeded bug the same plan finds nothing."
)
HOSTILE = "<script>alert(1)</script>\x1b[31m\ud800 ../../x"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with one run, which was shrunk."""
    folder = made(tmp_path / "store", Verdict.INVALID, told=events(40))
    pack(folder)
    kept(folder, OF)
    return tmp_path / "store"


def only(store: Path) -> Path:
    (folder,) = (path for path in (store / "runs").iterdir() if not path.is_symlink())
    return folder


def bundle_of(store: Path) -> Path:
    bundle = store / "b.tar.zst"
    export(only(store), bundle)
    return bundle


def test_the_same_words_say_it_everywhere(store: Path, capsys: Any) -> None:
    asked = ("--store", str(store))
    assert front.run(["show", *asked]) == 1
    assert f"Shrunk from {SENTENCE}" in " ".join(capsys.readouterr().out.split())
    assert front.run(["show", "--json", *asked]) == 1
    told = json.loads(capsys.readouterr().out)["shrunk"]
    assert told == json.loads((only(store) / "shrunk.json").read_text())
    assert told["before"]["operations"] == 450
    assert front.run(["show", "--markdown", str(store / "x.md"), *asked]) == 1
    assert SENTENCE in (store / "x.md").read_text().replace("\\", "")
    assert f"<dt>Shrunk from<dd>{SENTENCE}" in (only(store) / "report.html").read_text()
    assert f"<b>Shrunk from</b> {SENTENCE}" in asking(store).text(f"/runs/{only(store).name}")


def test_the_page_of_serve_links_to_the_larger_run_where_it_is_there(store: Path) -> None:
    smaller = only(store)
    larger = made(store)
    kept(smaller, larger.name)
    told = asking(store).text(f"/runs/{smaller.name}")
    assert f'<a href="/runs/{larger.name}">{larger.name}</a>: stale read, from 450' in told


def test_a_bundle_carries_it(store: Path, tmp_path: Path, capsys: Any) -> None:
    code, told = taken(bundle_of(store), tmp_path / "to", capsys)
    assert code == 0, told
    there = tmp_path / "to" / "runs" / only(store).name
    assert read_shrunk(there) == read_shrunk(only(store)) is not None
    assert "shrunk.json" in json.loads((there / "run.json").read_text())["sha256"]
    assert f"Shrunk from<dd>{SENTENCE}" in (there / "report.html").read_text()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "other"}, "its format is 'other' 1"),
        ({"version": 9}, "its format is 'splitbrain-shrunk' 9"),
        ({"before": 7}, "before is 7, expected an object"),
        ({"tries": "many"}, "tries is 'many', expected int"),
        ({"without_bugs": [1]}, "without_bugs[0] is 1, expected str"),
        ({"seconds": -1}, "a number that no run has"),
        ({"seconds": float("nan")}, "a number that no run has"),
        ({"tries": 10**400}, "a number that no run has"),
        ({"script": "x"}, "members that are not known: ['script']"),
        ({"run": "another"}, "it tells of 'another'"),
    ],
)
def test_one_that_is_damaged_is_taken_from_nobody(
    store: Path, tmp_path: Path, capsys: Any, change: dict[str, Any], told: str
) -> None:
    run = only(store).name
    members = changed(run, unpacked(bundle_of(store)), "shrunk.json", **change)
    code, text = taken(packed(tmp_path / "bad", members), tmp_path / "to", capsys)
    assert code == 2 and told in text, text
    assert nothing_is_in(tmp_path / "to")


def test_one_that_is_not_what_it_was_is_refused(store: Path, tmp_path: Path, capsys: Any) -> None:
    run = only(store).name
    members = unpacked(bundle_of(store))
    members[f"{run}/shrunk.json"] += b" "
    code, text = taken(packed(tmp_path / "bad", members), tmp_path / "to", capsys)
    assert code == 2 and "shrunk.json is not what it was when the run ended" in text


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, '{"format": ', "\x00\xff", "pipe"])
def test_a_run_is_told_all_the_same_when_it_is_damaged(store: Path, capsys: Any, text: str) -> None:
    path = only(store) / "shrunk.json"
    path.unlink()
    if text == "pipe":
        os.mkfifo(path)
    else:
        path.write_text(text, encoding="latin-1")
    assert front.run(["show", "--json", "--store", str(store)]) == 1
    assert json.loads(capsys.readouterr().out)["shrunk"] is None
    assert front.run(["show", "--store", str(store)]) == 1
    assert "shrunk.json is not what splitbrain writes" in " ".join(capsys.readouterr().out.split())


def test_hostile_values_are_shown_as_text(store: Path, capsys: Any) -> None:
    told = kept(only(store), HOSTILE, kind=HOSTILE, without_bugs=(HOSTILE,), trouble=HOSTILE * 999)
    assert len(told.sentences()) < 4000
    assert front.run(["show", "--markdown", str(store / "x.md"), "--store", str(store)]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\\x1b" in out
    for page in (
        (only(store) / "report.html").read_text(),
        asking(store).text(f"/runs/{only(store).name}"),
    ):
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page
        assert "\x1b" not in page
    assert "<script>" not in (store / "x.md").read_text().replace("\\<", "")


def test_each_way_a_search_ends_is_told() -> None:
    assert "time for it was over" in shrinking(OF, minimal=False).sentences()
    assert "it was interrupted" in shrinking(OF, minimal=False, interrupted=True).sentences()
    assert "failed: no engine" in shrinking(OF, trouble="no engine").sentences()
    assert "in 2 of 3 runs at least;" in shrinking(OF, needed=2, times=3).sentences()
    assert shrinking(OF, without_bugs=None).sentences().endswith("can be left out.")
    assert "finds stale read, too" in shrinking(OF, without_bugs=("stale read",)).sentences()


def test_a_run_that_was_not_shrunk_says_nothing_of_it(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert read_shrunk(folder) is None and shrunk_from(load(folder)) is None


def test_the_page_of_serve_lists_a_script_of_few_lines(tmp_path: Path) -> None:
    asks = (ScriptedOperation(440_000_000, 0, "<b>write", "x", 15),)
    plan = replace(PLAN, script=Script(asks, (), "the-larger"))
    folder = made(tmp_path, Verdict.INVALID, plan=plan)
    told = asking(tmp_path).text(f"/runs/{folder.name}")
    assert "0.440 s  client 0 on n1: &lt;b&gt;write 15, key x" in told
    assert "<b>Shrunk from</b> the-larger</p>" in told
