"""Colours and moving lines: what NO_COLOR and its kin say, and that a log has no escape codes."""

import io
import os
import pty
import subprocess
import sys

import pytest

from splitbrain import progress
from splitbrain.cli import front
from splitbrain.cli.output import print_verdict
from splitbrain.terminal import colored, moving

NAMES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM")
STALE = "tests/golden/register/invalid/new-then-old.jsonl"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize(
    ("said", "on_terminal", "elsewhere"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": "0"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "3"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": ""}, True, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "1"}, True, False),
        ({"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
)
def test_who_says_what_about_colours(said, on_terminal, elsewhere, monkeypatch):
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert colored(Terminal()) is on_terminal
    assert colored(io.StringIO()) is elsewhere


def test_lines_move_on_terminals_alone_whatever_is_said_of_colours(monkeypatch):
    assert moving(Terminal()) and not moving(io.StringIO())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not moving(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert moving(Terminal())
    monkeypatch.setenv("TERM", "dumb")
    assert not moving(Terminal())


def test_the_verdict_has_its_colour_and_a_value_none(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_verdict("invalid\x1b[32m.jsonl: invalid  (register)\nINVALID", "invalid")
    out = capsys.readouterr().out
    assert out == ("invalid\\x1b[32m.jsonl: \x1b[31m\x1b[1minvalid\x1b[0m  (register)\nINVALID\n")


def test_without_colours_it_is_the_same_text(capsys):
    print_verdict("VALID: all", "valid")
    assert capsys.readouterr().out == "VALID: all\n"


def run_on_terminal(*words, **environment):
    """What a command writes, both streams, to a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "splitbrain", *words],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | environment,
    )
    os.close(theirs)
    told = b""
    try:
        while piece := os.read(ours, 65536):
            told += piece
    except OSError:  # a terminal that nobody writes to any more
        pass
    os.close(ours)
    process.wait()
    return told.decode()


def test_a_real_terminal_has_colours_unless_they_are_declined(tmp_path):
    store = {"SPLITBRAIN_STORE": str(tmp_path)}
    assert "\x1b[31m\x1b[1minvalid" in run_on_terminal("check", STALE, **store)
    assert "\x1b" not in run_on_terminal("check", STALE, NO_COLOR="1", **store)
    assert "\x1b" not in run_on_terminal("check", STALE, TERM="dumb", **store)


def test_a_log_has_neither_escape_codes_nor_lines_that_move(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path))
    fast = ["--host", "simulated", "--rate", "40", "--time-limit", "3s", "--seed", "1"]
    for loud in ((), ("--verbose",)):
        front.run(["test", "raft", *fast, *loud])
        out, err = capfd.readouterr()
        assert "\x1b" not in out + err and "\r" not in out + err
        assert err


def test_loud_and_quiet_are_the_same_wherever_they_are(capsys):
    both = []
    for name in front.COMMANDS:
        command = front.cli.get_command(None, name)
        options = {opt: p for p in command.params for opt in p.opts}
        assert ("--quiet" in options) is ("--verbose" in options), name
        if "--quiet" in options:
            assert options["--quiet"].opts == ["--quiet", "-q"]
            assert options["--verbose"].opts == ["--verbose", "-v"]
            both.append(name)
    assert both == ["test", "test-all", "replay", "shrink", "check", "score"]


@pytest.mark.parametrize("words", [["test", "raft"], ["check", STALE], ["replay"], ["shrink"]])
def test_both_at_once_are_refused(words, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path))
    if words[0] in ("replay", "shrink"):
        from kept_runs import made

        from checker.verdict import Verdict

        made(tmp_path, Verdict.INVALID)
    assert front.run([*words, "-q", "-v"]) == 2
    assert "exclude one another" in capsys.readouterr().err


def test_what_is_quiet_tells_its_result_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path))
    assert front.run(["check", STALE, "-q"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"{STALE}: invalid") and err == ""
    fast = ["--host", "simulated", "--rate", "40", "--time-limit", "3s", "--seed", "1"]
    front.run(["test", "raft", *fast, "-q"])
    assert capsys.readouterr().err == ""


def test_what_is_verbose_tells_each_fault_and_how_it_was_decided(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path))
    buggy = ["--bug", "R4", "--host", "simulated", "--seed", "1", "--rate", "100"]
    assert front.run(["test", "raft", *buggy, "--stop-on-violation", "-v"]) == 1
    err = capsys.readouterr().err
    for stage in ("start", "acknowledged", "heal", "healed"):
        assert f"fault 0, partition of leader: {stage}" in err
    assert "judged 450 operations of 5 keys as cas-register by" in err
    assert front.run(["check", STALE, "-v"]) == 1
    assert "decided by" in capsys.readouterr().err


def test_details_are_for_those_who_ask():
    for verbose in (False, True):
        stream = io.StringIO()
        plain = progress.PlainProgress(stream, verbose=verbose)
        plain.detail("fault 0\x1b[2J")
        assert stream.getvalue() == ("fault 0\\x1b[2J\n" if verbose else "")


def test_a_matrix_is_quiet_too(tmp_path, monkeypatch, capsys):
    path = tmp_path / "matrix.toml"
    path.write_text('[axes]\nsystem = ["raft"]\nhost = ["simulated"]\n')
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))
    assert front.run(["test-all", str(path), "--time-budget", "0.1", "-q"]) == 3
    assert capsys.readouterr().err == ""
