"""``splitbrain check``: readings, budgets, several files at once, and what is written beside."""

import json
import os
from pathlib import Path

import pytest

from checker.linearizability.registers.decide import THREADED_MIN
from splitbrain.cli import front

HEADER = {"format": "splitbrain-history", "version": 1, "model": "cas-register"}


def journal(path, *events):
    """A journal of (process, type, f, value[, error]) on one key."""
    lines = [json.dumps(HEADER)]
    for index, (process, kind, f, value, *error) in enumerate(events):
        event = {"index": index, "time": index * 1_000_000, "process": process, "type": kind}
        event |= {"f": f, "key": "x", "value": value} | ({"error": error[0]} if error else {})
        lines.append(json.dumps(event))
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def did(process, f, value=None, answer=None):
    return (process, "invoke", f, value), (process, "ok", f, value if answer is None else answer)


@pytest.fixture
def valid(tmp_path):
    return journal(tmp_path / "valid.jsonl", *did(0, "write", 1), *did(1, "read", answer=1))


@pytest.fixture
def refused(tmp_path):
    """Valid unless the failed compare-and-set is taken to have seen another value."""
    return journal(
        tmp_path / "refused.jsonl",
        *did(0, "write", 1),
        *did(1, "read", answer=1),
        (0, "invoke", "cas", [1, 2]),
        (0, "fail", "cas", [1, 2], "overloaded"),
    )


def test_a_reading_says_what_a_failed_compare_and_set_means(refused, capsys):
    assert front.run(["check", refused]) == 0
    assert front.run(["check", refused, "--reading", "porcupine"]) == 1
    assert front.run(["check", refused, "--reading", "knossos"]) == 0
    capsys.readouterr()
    assert front.run(["check", refused, "--reading", "porcupin"]) == 2
    assert "Did you mean 'porcupine'?" in capsys.readouterr().err


def test_every_problem_of_a_command_line_is_told_at_once(valid, capsys):
    arguments = ["--time-limit", "soon", "--memory-limit", "3 bits", "--jobs", "0"]
    assert front.run(["check", valid, *arguments]) == 2
    told = capsys.readouterr().err
    for option in ("--time-limit: seen 'soon'", "--memory-limit: seen '3 bits'", "--jobs: seen 0"):
        assert option in told


def test_budgets_that_suffice_change_nothing(valid):
    assert front.run(["check", valid, "--time-limit", "10s", "--memory-limit", "100MB"]) == 0


def test_several_files_are_judged_at_once_and_summed_up(valid, refused, capsys):
    alone = [valid, refused, "--reading", "porcupine"]
    assert front.run(["check", *alone, "--jobs", "1"]) == 1
    one_by_one = capsys.readouterr().out
    assert one_by_one.endswith("2 files: 1 invalid, 1 valid\n")
    assert front.run(["check", *alone, "--jobs", "2", "--json"]) == 1
    both = json.loads(capsys.readouterr().out)
    assert [(one["file"], one["verdict"]) for one in both] == [
        (valid, "valid"),
        (refused, "invalid"),
    ]


def test_what_is_written_beside_belongs_to_one_file(valid, refused, tmp_path, capsys):
    out = tmp_path / "out"
    assert front.run(["check", valid, refused, "--certificate", str(out)]) == 2
    assert "--certificate: one file at a time, 2 are given" in capsys.readouterr().err
    assert front.run(["check", valid, "--certificate", str(out)]) == 0
    assert json.loads(out.read_text())["format"] == "splitbrain-linearization"
    assert front.run(["check", "-", valid]) == 2


@pytest.mark.parametrize("option", ["--certificate", "--html"])
def test_an_output_never_replaces_what_is_read(option, valid, tmp_path, capsys):
    link, model = tmp_path / "link", tmp_path / "m.py"
    link.hardlink_to(valid)
    model.write_text(
        "class M:\n    init = None\n    def step(self, state, o):\n        return state\n"
    )
    kept = Path(valid).read_bytes()
    for output in (valid, str(link)):
        assert front.run(["check", valid, option, output]) == 2
        assert f"{option}: {output} is the history itself" in capsys.readouterr().err
    assert front.run(["check", valid, "--model", f"{model}:M", option, str(model)]) == 2
    assert f"{option}: {model} is the file of the model" in capsys.readouterr().err
    assert Path(valid).read_bytes() == kept and model.read_text().startswith("class M")


def test_two_outputs_are_two_files(valid, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = ["--certificate", "out", "--html", str(tmp_path / "out")]
    assert front.run(["check", valid, *outputs]) == 2
    assert "--html: is the same file as --certificate" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("output", "seen"),
    [
        ("none/out", "none: there is no such folder"),
        ("valid.jsonl/out", "valid.jsonl: is no folder"),
        ("pipe", "pipe: is there already, and is no ordinary file"),
    ],
)
def test_an_output_that_cannot_be_written_is_told_before_the_search(
    output, seen, valid, tmp_path, capsys
):
    os.mkfifo(tmp_path / "pipe")
    assert front.run(["check", valid, "--certificate", str(tmp_path / output)]) == 2
    told = capsys.readouterr()
    assert f"--certificate: {tmp_path}/{seen}" in told.err and not told.out


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_an_output_that_fails_later_leaves_the_verdict(valid, refused, tmp_path, capsys, as_json):
    """The file's own name fits; that of the one written aside until it is whole does not."""
    long, page = tmp_path / ("n" * 250), tmp_path / "page.html"
    outputs = ["--certificate", str(long), "--html", str(page), *as_json]
    assert front.run(["check", valid, *outputs]) == 70
    told = capsys.readouterr()
    assert "valid" in told.out
    assert f"{long}: was not written: File name too long" in told.err
    assert page.is_file()
    assert front.run(["check", refused, "--reading", "porcupine", *outputs]) == 1
    assert "invalid" in capsys.readouterr().out


def test_the_help_of_jobs_says_when_there_are_threads(capsys):
    assert front.run(["check", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"registers of {THREADED_MIN:,} operations or more" in told
