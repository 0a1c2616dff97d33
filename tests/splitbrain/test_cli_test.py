"""``splitbrain test``: what is chosen, printed, run and returned, with a run that is made up."""

import json
import shlex
from dataclasses import dataclass, replace

import pytest
from report_records import STALE_READ, partition, record

import splitbrain.run
import targets.hosts.choose
from checker.verdict import Verdict
from splitbrain.cli import front
from targets.hosts import reexec
from targets.hosts.choose import Choice
from targets.target import HostUnavailable

CHOICE = Choice("docker", "an engine answers")


@dataclass
class Harness:
    """Stands in for hosts and runs; keeps what it was asked."""

    folder: object
    outcome: dict
    plan: object = None
    inside: object = None
    choice: Choice = CHOICE

    def choose(self, wanted=None):
        return Choice(wanted, "asked for") if wanted else self.choice

    def execute(self, plan, *, store, progress, credentials):
        self.plan = plan
        progress.phase("starting 5 nodes")
        progress.tick(10, 8, 1, 1, 0.5, ["partition leader"])
        return record(STALE_READ, plan=plan, folder=self.folder, **self.outcome)

    def enter(self, arguments):
        self.inside = list(arguments)
        return 1


@pytest.fixture
def harness(tmp_path, monkeypatch):
    made = Harness(tmp_path, {"verdict": Verdict.VALID})
    monkeypatch.setattr(splitbrain.run, "execute", made.execute)
    monkeypatch.setattr(targets.hosts.choose, "choose", made.choose)
    monkeypatch.setattr(reexec, "enter", made.enter)
    return made


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ({"verdict": Verdict.VALID}, 0),
        ({"verdict": Verdict.INVALID}, 1),
        ({"verdict": Verdict.UNKNOWN, "reason": "time"}, 3),
        ({"verdict": Verdict.VACUOUS, "reason": "no effect"}, 3),
        ({"verdict": Verdict.VALID, "interrupted": True}, 130),
        ({"verdict": Verdict.INVALID, "interrupted": True}, 130),
    ],
)
def test_the_exit_code_is_that_of_the_verdict(harness, outcome, code, capsys):
    harness.outcome = outcome
    assert front.run(["test", "raft"]) == code
    assert capsys.readouterr().out.startswith(str(outcome["verdict"]).upper())


def test_the_first_line_says_which_host_and_why(harness, capsys):
    harness.choice = Choice("docker", "an engine answers", ("sandbox: no user namespaces",))
    front.run(["test", "raft", "--seed", "5"])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Host: docker: an engine answers."
    assert lines[1] == "  Not sandbox: no user namespaces"
    assert lines[2] == "Seed: 5. The same again: splitbrain test raft --host docker --seed 5"


def test_a_seed_is_drawn_and_printed(harness, capsys):
    front.run(["test", "raft"])
    first = harness.plan.seed
    assert f"Seed: {first}." in capsys.readouterr().err
    front.run(["test", "raft"])
    assert harness.plan.seed != first


def test_the_same_run_without_the_bug_is_offered(harness, capsys):
    front.run(["test", "raft", "--bug", "R4", "--seed", "5"])
    err = capsys.readouterr().err
    assert "As the catalogue advises for raft.stale-leader-read" in err
    line = next(line for line in err.splitlines() if "without the bug" in line)
    plan = harness.plan
    front.run(shlex.split(line.partition(": ")[2])[1:])
    assert harness.plan == replace(plan, bugs=())


def test_the_sandbox_is_entered_with_nothing_left_to_choose(harness, tmp_path, capsys):
    harness.choice = Choice("sandbox", "no engine")
    arguments = [
        "test",
        "raft",
        "--time-limit",
        "9",
        "--store",
        str(tmp_path / "s"),
        "--json",
        "-q",
    ]
    assert front.run(arguments) == 1
    assert harness.plan is None, "the outer process runs nothing itself"
    inside = harness.inside
    assert inside[:4] == ["test", "raft", "--host", "sandbox"]
    assert "--seed" in inside and inside[-4:] == [
        "--store",
        str(tmp_path / "s"),
        "--json",
        "--quiet",
    ]
    assert capsys.readouterr().out == ""


def test_inside_the_sandbox_the_run_goes_on(harness, monkeypatch, capsys):
    monkeypatch.setattr(reexec, "inside", lambda: True)
    assert front.run(["test", "raft", "--host", "sandbox", "--seed", "5"]) == 0
    assert harness.inside is None
    assert harness.plan.host == "sandbox"
    assert "Host:" not in capsys.readouterr().err, "the process outside has said it already"


def test_json_is_all_there_is_on_stdout(harness, capsys):
    harness.outcome = {"verdict": Verdict.INVALID, "faults": (partition(),)}
    assert front.run(["test", "raft", "--json"]) == 1
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["verdict"] == "invalid"
    (violation,) = told["results"][0]["violations"]
    assert [o["call"] for o in violation["operations"]] == [2, 4]
    assert (told["faults"][0]["kind"], told["faults"][0]["effect"]["mechanical"]) == (
        "partition",
        True,
    )
    assert told["statistics"]["share_of_others"] == 1.0
    assert "Seed:" in err


def test_quiet_says_nothing_but_the_result(harness, capsys):
    front.run(["test", "raft", "--quiet"])
    out, err = capsys.readouterr()
    assert out.startswith("VALID") and err == ""


def test_no_host_at_all_is_a_sentence(harness, monkeypatch, capsys):
    def none(wanted=None):
        raise HostUnavailable("no host to run nodes on: start Docker")

    monkeypatch.setattr(targets.hosts.choose, "choose", none)
    assert front.run(["test", "raft"]) == 70
    assert capsys.readouterr().err == "splitbrain: no host to run nodes on: start Docker\n"
