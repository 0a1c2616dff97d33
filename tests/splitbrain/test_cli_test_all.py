"""``splitbrain test-all``: from a file to one answer, with real runs on the simulated host."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from junit_reading import cases

from histories.archive import Store
from splitbrain.cli import front

EXAMPLE = "examples/matrix.toml"
FAST = """
[defaults]
host = "simulated"
rate = 40
time-limit = "3s"
faults = "none"
[axes]
system = ["raft", "paxos"]
"""


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))
    return Store(tmp_path / "store")


@pytest.fixture
def matrix(tmp_path):
    path = tmp_path / "matrix.toml"
    path.write_text(FAST)
    return path


@pytest.mark.thorough
def test_the_example_passes_and_is_told_in_every_form(tmp_path, store, capsys):
    junit, markdown = tmp_path / "j.xml", tmp_path / "m.md"
    written = ["--junit", str(junit), "--markdown", str(markdown)]
    assert front.run(["test-all", EXAMPLE, *written, "--bundles", str(tmp_path / "b")]) == 0
    out, err = capsys.readouterr()
    assert "PASSED: all 13 cells found what was expected." in out
    assert err.count("✓ passed") == 13
    assert set(cases(junit).values()) == {None} and len(cases(junit)) == 13
    assert markdown.read_text().startswith("## Raft and Paxos, simulated: passed")
    assert len(store.folders()) == 13, "each run is kept"
    assert list((tmp_path / "b").iterdir()) == [], "nothing failed that was to be shown"


def test_cells_are_listed_in_their_order_and_nothing_is_run(store, capsys):
    assert front.run(["test-all", EXAMPLE, "--list"]) == 0
    out = capsys.readouterr().out
    assert "raft with a stale leader" in out and "13 cells, about" in out
    assert front.run(["test-all", EXAMPLE, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [cell["seed"] for cell in told["cells"]] == [1] * 7 + [2] * 6
    assert told["time_budget_seconds"] == 600 and told["seconds_expected"] > 0
    assert store.folders() == []


def test_some_of_the_cells_may_be_chosen(capsys):
    chosen = ["--only", "system=raft", "--only", "faults=kill,pause", "--only", "seed=2"]
    assert front.run(["test-all", EXAMPLE, "--list", "--json", *chosen]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {cell["cell"] for cell in told["cells"]} == {
        "raft · register · kill,pause, seed 2",
        "raft · set · kill,pause, seed 2",
    }


@pytest.mark.parametrize(
    ("only", "told"),
    [
        ("system", "expected KEY=VALUE"),
        ("sytem=raft", "Did you mean 'system'?"),
        ("system=etcd", "no cell has that; there is: paxos, raft."),
    ],
)
def test_a_choice_of_nothing_is_refused(only, told, capsys):
    assert front.run(["test-all", EXAMPLE, "--only", only]) == 2
    assert told in capsys.readouterr().err


def test_an_unexpected_pass_and_a_violation_fail_and_are_exported(matrix, tmp_path, capsys):
    matrix.write_text(
        FAST
        + """
[[include]]
name = "no bug at all"
system = "raft"
rate = 41
expect = "invalid"
[[include]]
name = "bug"
system = "raft"
bug = "R4"
time-limit = "30s"
rate = 100
stop-on-violation = true
[[override]]
when = { bug = "R4" }
faults = "partition"
fault-target = "partition:leader"
"""
    )
    bundles = tmp_path / "bundles"
    assert front.run(["test-all", str(matrix), "--bundles", str(bundles), "--json", "-q"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    told = json.loads(out)
    assert [cell["state"] for cell in told["cells"]] == ["passed", "passed", "failed", "failed"]
    assert told["cells"][2]["why"] == "expected a violation, but the run is valid"
    assert told["cells"][3]["kinds"] == ["stale read"]
    names = sorted(path.name for path in bundles.iterdir())
    assert names == sorted(Path(cell["bundle"]).name for cell in told["cells"][2:])
    # What was exported can be taken in elsewhere, and shows the same.
    elsewhere = ["--store", str(tmp_path / "other")]
    bundle = told["cells"][3]["bundle"]
    assert front.run(["import", bundle, *elsewhere]) == 0
    assert front.run(["show", told["cells"][3]["run"], *elsewhere]) == 1


def test_what_does_not_fit_the_budget_makes_no_pass(matrix, tmp_path, capsys):
    junit = tmp_path / "j.xml"
    budget = [str(matrix), "--time-budget", "0.1s"]
    assert front.run(["test-all", *budget, "--junit", str(junit)]) == 3
    assert "UNDECIDED: of 2 cells 2 skipped." in capsys.readouterr().out
    assert set(cases(junit).values()) == {"skipped: skipped"}
    assert front.run(["test-all", *budget, "--allow-skipped", "-q"]) == 3, "nothing was run"


def test_a_harness_that_fails_is_70(matrix, capsys):
    matrix.write_text(
        '[[include]]\nsystem = "raft"\nhost = "ssh"\nssh = "nobody@127.0.0.1:1"\n'
        "nodes = 1\nconcurrency = 1\nfaults = []\n"
    )
    assert front.run(["test-all", str(matrix), "-q"]) == 70
    out = capsys.readouterr().out
    assert "ERROR: of 1 cell 1 error." in out and "127.0.0.1" in out


def test_a_file_that_cannot_be_written_is_70_and_all_is_told(matrix, tmp_path, monkeypatch, capsys):
    import splitbrain.cli.matrices as matrices

    def full(path, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(matrices, "write_text", full)
    asked = ["-q", "--time-budget", "0.1", "--markdown", str(tmp_path / "m.md")]
    assert front.run(["test-all", str(matrix), *asked]) == 70
    out, err = capsys.readouterr()
    assert "2 skipped" in out and "m.md: was not written: No space left" in err


def test_a_store_that_cannot_be_written_is_told_before_the_first_cell(matrix, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert front.run(["test-all", str(matrix), "--store", str(tmp_path / "file")]) == 2
    assert "cannot write to" in capsys.readouterr().err


def test_all_that_is_wrong_is_told_at_once(matrix, tmp_path, capsys):
    nowhere = str(tmp_path / "no" / "j.xml")
    wrong = ["--jobs", "0", "--time-budget", "soon", "--junit", nowhere, "--only", "x=y"]
    assert front.run(["test-all", str(matrix), *wrong]) == 2
    assert "4 problems:" in capsys.readouterr().err


@pytest.mark.thorough
def test_an_interrupt_tells_what_ran(matrix, tmp_path, store):
    matrix.write_text(FAST.replace("3s", "30m") + 'seed = "1-3"\n')
    junit = tmp_path / "j.xml"
    words = ["test-all", str(matrix), "--junit", str(junit), "--jobs", "2", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "splitbrain", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    until = time.monotonic() + 60
    while time.monotonic() < until and not any(
        (folder / "history.jsonl").is_file() for folder in store.folders()
    ):
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    told = json.loads(out)
    assert told["interrupted"] and told["counts"]["skipped"] == 4
    assert told["counts"]["interrupted"] == 2
    assert set(cases(junit).values()) == {"error: interrupted", "skipped: skipped"}
