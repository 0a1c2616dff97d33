"""``splitbrain shrink`` and ``replay --times``: real runs in virtual time, and what is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import splitbrain.shrinking
import splitbrain.shrinking.run
from splitbrain.cli import front
from splitbrain.shrinking import Ended
from targets.hosts import choose
from targets.target import HostUnavailable

FAILING = ("--bug", "R8", "--seed", "2", "--rate", "100", "--time-limit", "2")
VALID = ("--seed", "2", "--rate", "50", "--time-limit", "2", "--faults", "none")


def named(store: Path) -> str:
    """The newest run."""
    return (store / "runs" / "latest").resolve().name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A store with a run that failed and one that did not, and their names."""
    store = tmp_path_factory.mktemp("made")
    names = []
    for arguments, code in ((VALID, 0), (FAILING, 1)):
        typed = ["test", "raft", "--host", "simulated", *arguments]
        assert front.run([*typed, "--store", str(store), "--quiet"]) == code
        names.append(named(store))
    return store, names[1], names[0]


@pytest.fixture
def store(made: tuple[Path, str, str], tmp_path: Path) -> Path:
    """A copy of it, to spoil."""
    shutil.copytree(made[0], tmp_path / "store", symlinks=True)
    return tmp_path / "store"


@pytest.fixture
def failing(made: tuple[Path, str, str]) -> str:
    return made[1]


@pytest.fixture
def valid(made: tuple[Path, str, str]) -> str:
    return made[2]


def ask(store: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = front.run([*arguments, "--store", str(store)])
    told = capsys.readouterr()
    return code, told.out, told.err


def spoil(store: Path, run: str, **changes: object) -> None:
    path = store / "runs" / run / "run.json"
    manifest = json.loads(path.read_text())
    manifest["plan"].update(changes)
    path.write_text(json.dumps(manifest))


def test_a_failing_run_is_shrunk_to_a_run_that_replays_every_time(store, failing, capsys) -> None:
    code, told, progress = ask(store, capsys, "shrink", failing)
    assert code == 1
    assert told.startswith("SHRUNK: stale read, from ")
    assert "nothing more can be left out." in told.replace("\n", " ")
    assert "Without the seeded bug the same plan finds nothing." in told
    assert f"Shrunk from {failing}: stale read, from " in told
    assert f"reading {failing}" in progress
    shrunk = named(store)
    assert shrunk != failing
    assert f"Again       splitbrain replay {shrunk}" in told
    kept = json.loads((store / "runs" / shrunk / "shrunk.json").read_text())
    assert (kept["shrunk_from"], kept["run"], kept["kind"]) == (failing, shrunk, "stale read")
    assert kept["after"]["operations"] <= 3 and kept["after"]["nodes"] < 5
    assert kept["before"]["operations"] > 100
    plan = json.loads((store / "runs" / shrunk / "run.json").read_text())["plan"]
    assert plan["script"]["shrunk_from"] == failing
    assert len(plan["script"]["operations"]) == kept["after"]["operations"]

    code, told, _ = ask(store, capsys, "replay", shrunk, "--times", "10")
    assert code == 1
    assert told.startswith(f"Reproduced 10 of 10: {shrunk} was invalid (stale read).")
    assert "The same bytes came of 10." in told
    code, told, _ = ask(store, capsys, "replay", shrunk)
    assert code == 1 and told.startswith("SAME: ")
    code, told, _ = ask(store, capsys, "replay", shrunk, "--without-bugs", "--quiet")
    assert code == 3, "so few operations that succeed prove nothing of a correct system"
    assert told.startswith("VACUOUS: ") and named(store) != shrunk
    assert (
        f"Shrunk from<dd>{failing}: stale read, from "
        in (store / "runs" / shrunk / "report.html").read_text()
    )
    # A shrunk run is a run: it can be shown, and has nothing to be shrunk any more.
    code, told, _ = ask(store, capsys, "show", shrunk)
    assert code == 1 and "\nPlan\n" in told
    code, told, _ = ask(store, capsys, "shrink", shrunk, "--json", "--quiet")
    assert json.loads(told)["after"]["operations"] == kept["after"]["operations"]


def test_the_result_as_json_is_json_and_nothing_else(store, failing, capsys) -> None:
    code, told, _ = ask(store, capsys, "shrink", failing, "--json", "--quiet")
    document = json.loads(told)
    assert code == 1
    assert document["minimal"] and not document["interrupted"]
    assert document["replay"] == f"splitbrain replay {document['run']}"
    assert document["without_bugs"] == []
    assert [one["f"] for one in document["evidence"]].count("read") >= 1
    code, told, _ = ask(store, capsys, "replay", document["run"], "--times", "3", "--json")
    document = json.loads(told)
    assert document["same"] == 3
    assert all(one["same_bytes"] for one in document["replays"])
    assert document["found"] == ["stale read"]


def test_a_run_that_is_valid_has_nothing_to_shrink(store, valid, capsys) -> None:
    code, told, trouble = ask(store, capsys, "shrink", valid)
    assert (code, told) == (2, "")
    assert f"{valid} is valid: it found nothing that could be shrunk." in trouble


def test_an_unknown_run_is_told_with_what_there_is(store, capsys) -> None:
    code, told, trouble = ask(store, capsys, "shrink", "20990101")
    assert (code, told) == (2, "")
    assert "no run '20990101'" in trouble and "2 there: splitbrain runs" in trouble


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"faults": ["flood"]}, "has a plan that this splitbrain cannot run"),
        ({"target": "/nowhere/mydb.py"}, "/nowhere/mydb.py"),
        (
            {"endpoints": ["h1", "h2", "h3", "h4", "h5"], "host": "ssh"},
            "It ran on a cluster of others",
        ),
        ({"host": "docker"}, "It cannot be run here: no engine answers"),
    ],
)
def test_of_a_run_that_cannot_be_run_again_the_evidence_is_told(
    store, failing, capsys, monkeypatch, changes, reason
) -> None:
    def refuse(host: str) -> None:
        raise HostUnavailable("no engine answers")

    monkeypatch.setattr(choose, "choose", refuse)
    spoil(store, failing, **changes)
    before = named(store)
    code, told, _ = ask(store, capsys, "shrink", failing)
    plain = " ".join(told.split())
    assert code == 1
    assert plain.startswith("Stale read: ")
    assert f"operations of {failing} Its plan was not shrunk." in plain
    assert reason in plain
    assert named(store) == before, "no run came of it"
    code, told, _ = ask(store, capsys, "shrink", failing, "--json")
    document = json.loads(told)
    assert document["run"] is None and document["evidence"]
    assert reason in " ".join(document["reason"].split())


def test_a_run_from_elsewhere_is_named_by_its_path_and_shrunk_into_ones_own_store(
    store, failing, capsys, tmp_path
) -> None:
    folder = tmp_path / "from-a-colleague"
    shutil.move(store / "runs" / failing, folder)
    before = sorted(path.name for path in folder.iterdir())
    code, told, _ = ask(tmp_path / "mine", capsys, "shrink", str(folder), "--quiet")
    assert code == 1
    assert "Shrunk from from-a-colleague" in told
    assert sorted(path.name for path in folder.iterdir()) == before, "nothing is written there"
    assert (tmp_path / "mine" / "runs" / named(tmp_path / "mine") / "shrunk.json").is_file()


def test_an_imported_run_is_shrunk_but_for_what_somebody_else_has_named(
    store, failing, capsys, tmp_path
) -> None:
    bundle = tmp_path / "bundle.tar.zst"
    assert front.run(["export", failing, "-o", str(bundle), "--store", str(store)]) == 0
    mine = tmp_path / "mine"
    assert front.run(["import", str(bundle), "--store", str(mine)]) == 0
    code, told, _ = ask(mine, capsys, "shrink", failing, "--json", "--quiet")
    assert (code, json.loads(told)["shrunk_from"]) == (1, failing)
    spoil(mine, failing, options=["peers=/etc/passwd"])
    code, told, _ = ask(mine, capsys, "shrink", failing, "--quiet")
    plain = " ".join(told.split())
    assert code == 1
    assert "It cannot be run here" in plain and "was imported" in plain
    assert "hands its nodes peers=/etc/passwd" in plain


def test_a_script_may_be_long(store, failing, capsys) -> None:
    one = {"at_ns": 0, "client": 0, "f": "read", "key": 0, "value": None}
    spoil(store, failing, script={"operations": [one] * 5_000, "faults": [], "shrunk_from": ""})
    code, told, _ = ask(store, capsys, "show", failing)
    assert code == 1 and "… and 4,970 more in run.json" in told


def test_the_evidence_is_a_history_that_is_refuted_by_itself(
    store, failing, capsys, tmp_path
) -> None:
    path = tmp_path / "evidence.jsonl"
    code, _, trouble = ask(
        store, capsys, "shrink", failing, "--evidence", str(path), "--budget", "0.1"
    )
    assert code == 1
    assert f"operations in {path}." in trouble
    lines = path.read_text().splitlines()
    assert json.loads(lines[0])["run"] == f"{failing}, evidence"
    assert len(lines) < 12
    capsys.readouterr()
    assert front.run(["check", str(path)]) == 1
    assert "invalid" in capsys.readouterr().out


def test_evidence_needs_a_proof_to_be_taken_from(store, failing, capsys, tmp_path) -> None:
    (store / "runs" / failing / "certificate.json").unlink()
    path = tmp_path / "evidence.jsonl"
    code, _, trouble = ask(store, capsys, "shrink", failing, "--evidence", str(path))
    assert code == 2 and not path.exists()
    assert "has no proof by relaxations" in trouble


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--budget", "soon"), "--budget: "),
        (("--times", "2", "--need", "3"), "--need: 3 of 2 cannot fail"),
        (("--evidence", "/nowhere/at/all/x.jsonl"), "--evidence: "),
    ],
)
def test_what_was_mistyped_is_told(store, capsys, arguments, told) -> None:
    code, out, trouble = ask(store, capsys, "shrink", *arguments)
    assert (code, out) == (2, "")
    assert told in trouble


def test_an_interrupt_keeps_the_best_so_far(store, failing, capsys, monkeypatch) -> None:
    real = splitbrain.shrinking.run.simulated
    asked = 0

    def impatient(plan):
        nonlocal asked
        asked += 1
        if asked == 2:
            raise KeyboardInterrupt
        return real(plan)

    monkeypatch.setattr(splitbrain.shrinking.run, "simulated", impatient)
    code, told, _ = ask(store, capsys, "shrink", failing, "--quiet")
    assert code == 130
    told = " ".join(told.split())
    assert "by 1 smaller plan in" in told and "then it was interrupted." in told
    assert named(store) in told and f"Shrunk from {failing}" in told


def test_where_no_smaller_plan_fails_that_is_said(store, failing, capsys, monkeypatch) -> None:
    monkeypatch.setattr(splitbrain.shrinking.run, "shrink", lambda *_: Ended(minimal=True))
    code, told, _ = ask(store, capsys, "shrink", failing, "--quiet")
    assert code == 1
    assert "Its plan was not shrunk. No smaller plan was tried in" in told


def test_a_plan_without_bugs_cannot_be_run_without_them(store, valid, capsys) -> None:
    code, _, trouble = ask(store, capsys, "replay", valid, "--without-bugs")
    assert code == 2
    assert f"--without-bugs: {valid} is a run without any." in trouble


def test_replays_that_differ_are_counted_and_the_first_difference_is_told(
    store, failing, capsys
) -> None:
    log = store / "runs" / failing / "logs" / "n1.log"
    log.write_text(log.read_text() + "and then\n")
    code, told, _ = ask(store, capsys, "replay", failing, "--times", "2")
    assert code == 70
    assert told.startswith("Reproduced 2 of 2: ") and "The same bytes came of 0." in told
    assert "logs/n1.log differs from line" in told


def test_a_script_that_was_tampered_with_is_refused(store, failing, capsys) -> None:
    script = {"operations": [{"at_ns": 0, "client": 99, "f": "read", "key": 0}]}
    spoil(store, failing, script=script)
    code, _, trouble = ask(store, capsys, "replay", failing)
    assert code == 2
    assert "is done by client 99, and there are clients 0 to 9" in trouble
    for value, f in ((1, "explode"), (3, "cas")):
        script["operations"][0] |= {"client": 0, "f": f, "value": value}
        spoil(store, failing, script=script)
        code, _, trouble = ask(store, capsys, "replay", failing)
        assert code == 2 and "operation 0 of the script is none of register: " in trouble
    spoil(store, failing, script={"operations": "none"})
    code, _, trouble = ask(store, capsys, "replay", failing)
    assert code == 2 and "script" in trouble and "run.json" in trouble
