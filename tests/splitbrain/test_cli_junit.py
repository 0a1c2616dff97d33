"""``--junit`` of ``test`` and ``show``: what a CI server finds there, however a run ends."""

import json
import shlex

import pytest
from junit_reading import cases, properties, read

import splitbrain.run
from splitbrain.campaign import CampaignBroken
from splitbrain.cli import front
from splitbrain.cli.junit_file import UNFINISHED
from splitbrain.live import Interrupted
from targets.hosts import reexec
from targets.target import NodeFailed

FAST = ["--host", "simulated", "--rate", "40", "--time-limit", "3s", "--faults", "none"]


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))


@pytest.fixture
def junit(tmp_path):
    return tmp_path / "junit.xml"


def test_a_run_is_told_and_told_again(junit, tmp_path, capsys):
    assert front.run(["test", "raft", *FAST, "--seed", "3", "--junit", str(junit)]) == 0
    assert list(cases(junit).values()) == [None]
    told = properties(junit)
    again = tmp_path / "again.xml"
    assert front.run(["show", told["run"], "--junit", str(again)]) == 0
    assert cases(again) == cases(junit)
    assert properties(again) == told


def test_a_seeded_bug_fails_with_its_drawing_and_the_command_that_repeats_it(junit, capsys):
    asked = ["--bug", "R4", "--host", "simulated", "--seed", "1", "--rate", "100"]
    assert front.run(["test", "raft", *asked, "--stop-on-violation", "--junit", str(junit)]) == 1
    assert list(cases(junit).values()) == ["failure: invalid"]
    assert "<- has no place" in read(junit).find(".//failure").text
    assert front.run([*shlex.split(properties(junit)["command"])[1:], "-q"]) == 1


def test_each_seed_of_many_is_a_suite(junit, capsys):
    asked = ["--bug", "R4", "--host", "simulated", "--rate", "100", "--time-limit", "8s"]
    many = ["--seed", "1", "--runs", "3", "--jobs", "1", "--keep-going", "--stop-on-violation"]
    front.run(["test", "raft", *asked, *many, "--json", "--junit", str(junit), "-q"])
    document = json.loads(capsys.readouterr().out)
    accused = {trial["seed"] for trial in document["accusations"]}
    told = cases(junit)
    assert len(told) == 3
    failed = {int(name.rpartition(" ")[2]) for name, kind in told.items() if kind is not None}
    assert accused and failed == accused


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (NodeFailed("n1 did not come up"), 70, "error: harness"),
        (RuntimeError("a bug of ours"), 70, "error: harness"),
        (Interrupted("stopped"), 130, "error: interrupted"),
        (KeyboardInterrupt(), 130, "error: interrupted"),
        (splitbrain.run.PlanError("no such option"), 2, "error: usage"),
    ],
)
def test_a_harness_that_fails_is_no_pass(error, code, kind, junit, monkeypatch, capsys):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(splitbrain.run, "execute", fail)
    junit.write_text("<testsuites/>")  # of an earlier run, in which all was well
    assert front.run(["test", "raft", *FAST, "--junit", str(junit)]) == code
    assert list(cases(junit).values()) == [kind]


def test_a_harness_that_is_killed_inside_the_sandbox_is_no_pass(junit, monkeypatch, capsys):
    monkeypatch.setattr(reexec, "check", lambda: None)
    seen = []

    def killed(arguments):
        seen.extend(arguments)
        return 70

    monkeypatch.setattr(reexec, "enter", killed)
    assert front.run(["test", "raft", "--host", "sandbox", "--junit", str(junit)]) == 70
    assert seen[-2:] == ["--junit", str(junit)]
    assert read(junit).find(".//error").get("message") == UNFINISHED


def test_a_campaign_that_breaks_says_what_was_not_run(junit, monkeypatch, capsys):
    import splitbrain.campaign

    def broken(plans, **_):
        yield from ()
        raise CampaignBroken("worker processes died")

    monkeypatch.setattr(splitbrain.campaign, "trials", broken)
    assert front.run(["test", "raft", *FAST, "--runs", "3", "--junit", str(junit)]) == 70
    assert cases(junit) == {"all seeds were run": "error: harness"}


def test_a_file_that_cannot_be_written_is_among_the_problems(tmp_path, capsys):
    nowhere = str(tmp_path / "no" / "j.xml")
    assert front.run(["test", "rfat", "--junit", nowhere]) == 2
    told = capsys.readouterr().err
    assert "2 problems:" in told and "--junit: " in told and "Did you mean 'raft'?" in told
