"""``splitbrain score`` as a user meets it: what it prints, writes, resumes, and exits with."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from score_trials import caught, failed, in_turn, survived, unknown, vacuous, valid

from splitbrain.campaign import CampaignBroken
from splitbrain.cli import front
from splitbrain.score import campaign, trial_log

SMALL = ("score", "raft", "--bug", "R4", "--seeds", "2", "--clean-seeds", "3", "--jobs", "1")


class Script:
    """Trials come from ``told``, a plan at a time; ``ran`` lists the plans that were run."""

    def __init__(self) -> None:
        self.told: Any = lambda plan: caught(plan) if plan.bugs else valid(plan)
        self.ran: list[Any] = []
        self.interrupt_after: int | None = None

    def trials(self, plans: Any, *, jobs: int, scheduler: Any = None) -> Any:
        for number, plan in enumerate(plans):
            if number == self.interrupt_after:
                raise KeyboardInterrupt
            self.ran.append(plan)
            yield self.told(plan)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Script:
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))
    scripted = Script()
    monkeypatch.setattr(campaign, "trials", scripted.trials)
    return scripted


def score(capsys: Any, *more: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr, wherever their lines are broken."""
    code = front.run([*SMALL, *more])
    seen = capsys.readouterr()
    return code, " ".join(seen.out.split()), " ".join(seen.err.split())


def test_all_goals_met_and_nobody_accused_is_zero(script: Script, capsys: Any) -> None:
    code, out, err = score(capsys)
    assert code == 0
    assert "✓ Every goal is met, and nobody is accused." in out
    assert "R4 aimed: caught 2/2, reached 2/2; 2.0 s, 200 operations; stale read" in err
    assert len(script.ran) == 2 + 2 + 3


@pytest.mark.parametrize(
    ("told", "code", "sentence"),
    [
        (lambda plan: valid(plan), 1, "never reached"),
        (lambda plan: survived(plan), 1, "reached and survived"),
        (lambda plan: unknown(plan), 1, "unknown"),
        (lambda plan: caught(plan), 1, "accused in 3 of 3 runs"),
        (lambda plan: caught(plan) if plan.bugs else vacuous(plan), 1, "tested anything"),
    ],
)
def test_what_is_missed_is_told_with_exit_one(
    script: Script, capsys: Any, told: Any, code: int, sentence: str
) -> None:
    script.told = told
    seen, out, _ = score(capsys)
    assert (seen, sentence in out) == (code, True), out


def test_quiet_and_json_leave_the_document_alone(script: Script, capsys: Any) -> None:
    code, out, err = score(capsys, "--json", "-q")
    assert (code, err) == (0, "")
    assert json.loads(out)["met"] is True


def test_a_run_that_fails_in_the_harness_is_told_with_its_command(
    script: Script, capsys: Any
) -> None:
    script.told = in_turn(lambda plan: caught(plan) if plan.bugs else valid(plan), failed)
    code, out, err = score(capsys)
    assert code == 70
    assert "the run of seed 2 failed, which says nothing about raft" in err
    assert "OSError: it broke" in err
    assert "Again: splitbrain test raft --host simulated --seed 2 --bug raft.stale-leader" in err
    assert "(1 failed)" in out
    script.told, script.ran = lambda plan: caught(plan) if plan.bugs else valid(plan), []
    assert score(capsys)[0] == 0
    assert {plan.seed for plan in script.ran} == {2}, "a failed run is tried again, no other is"


def test_where_every_run_fails_the_rest_is_not_tried(script: Script, capsys: Any) -> None:
    script.told = failed
    assert score(capsys, "--clean-seeds", "100")[0] == 70
    assert len(script.ran) == campaign.FAILURES_MAX


def test_an_interrupted_score_goes_on_where_it_was(script: Script, capsys: Any) -> None:
    script.interrupt_after = 3
    code, _, err = score(capsys)
    assert code == 130
    assert "interrupted with 4 runs to go" in err
    again = err.rpartition("To go on: ")[2].split()
    assert again[:2] == ["splitbrain", "score"]
    first, script.ran, script.interrupt_after = script.ran, [], None
    assert front.run(again[1:]) == 0
    seen = capsys.readouterr()
    assert "7 runs, 3 of them known from before" in seen.err
    assert len(first) == 3 and len(script.ran) == 4
    assert not set(first) & set(script.ran)


def test_another_question_takes_over_what_it_has_in_common(script: Script, capsys: Any) -> None:
    score(capsys)
    script.ran = []
    assert score(capsys, "--seeds", "3", "--html", "/dev/null/x")[0] == 2
    assert score(capsys, "--seeds", "3")[0] == 0
    assert {(plan.seed, plan.strategy) for plan in script.ran} == {(3, "random"), (3, "aimed")}


def test_fresh_runs_everything_again(script: Script, capsys: Any) -> None:
    score(capsys)
    script.ran = []
    assert score(capsys, "--fresh")[0] == 0
    assert len(script.ran) == 7
    script.ran = []
    assert score(capsys)[0] == 0
    assert script.ran == []


def test_a_changed_program_starts_afresh(
    script: Script, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(capsys)
    script.ran = []
    monkeypatch.setattr(trial_log, "source_digest", lambda: "f" * 64)
    _, _, err = score(capsys)
    assert "The program has changed" in err and "Starting afresh." in err
    assert len(script.ran) == 7


def test_an_edit_underway_ends_it_and_costs_what_may_be_mixed(
    script: Script, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "LOOK_EVERY_S", 0.0)
    edit_when(monkeypatch, lambda: len(script.ran) >= 5)
    code, out, err = score(capsys)
    assert (code, out) == (70, "")
    assert "was edited while it was scored" in err and "bug of splitbrain" not in err
    assert "To go on, undo the edit and repeat splitbrain score raft" in err
    assert "To go on: " not in err, "with the edit the same command goes on with nothing"
    edit_when(monkeypatch, lambda: True, began=EDITED)
    script.ran = []
    code, _, err = score(capsys)
    assert (code, len(script.ran)) == (0, 7)
    assert "The program has changed" in err
    edit_when(monkeypatch, lambda: False)
    script.ran = []
    assert score(capsys)[0] == 0
    assert len(script.ran) == 7 - 4


@pytest.mark.parametrize("error", [CampaignBroken("all workers are gone"), OSError(28, "full")])
def test_what_breaks_after_an_edit_leaves_no_mixed_trials(
    script: Script, capsys: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """However a score ends: what is known of it afterwards comes from one program."""

    def broken(plan: Any) -> Any:
        if len(script.ran) == 4:
            raise error
        return caught(plan)

    script.told = broken
    edit_when(monkeypatch, lambda: len(script.ran) >= 2)
    code, _, err = score(capsys)
    assert code == 70 and "was edited while it was scored" in err
    edit_when(monkeypatch, lambda: False)
    script.told, script.ran = lambda plan: caught(plan) if plan.bugs else valid(plan), []
    assert score(capsys)[0] == 0
    assert len(script.ran) == 7


SOUND, EDITED = "5" * 64, "e" * 64


def edit_when(monkeypatch: pytest.MonkeyPatch, is_edited: Any, *, began: str = SOUND) -> None:
    """Programs from here on have ``began`` as their source, which is edited sooner or later."""
    monkeypatch.setattr(trial_log, "source_digest", lambda: began)
    monkeypatch.setattr(campaign, "source_digest", lambda: began)
    monkeypatch.setattr(campaign, "source_now", lambda: EDITED if is_edited() else SOUND)


def test_what_breaks_underway_says_how_to_go_on(script: Script, capsys: Any) -> None:
    def broken(plan: Any) -> Any:
        if len(script.ran) == 3:
            raise CampaignBroken("worker processes died 3 times")
        return caught(plan)

    script.told = broken
    code, _, err = score(capsys)
    assert code == 70
    assert "worker processes died 3 times" in err and "To go on: splitbrain score raft" in err
    script.told, script.ran = lambda plan: caught(plan) if plan.bugs else valid(plan), []
    score(capsys)
    assert len(script.ran) == 7 - 2


def test_page_and_markdown_are_written(script: Script, capsys: Any, tmp_path: Path) -> None:
    page, markdown = tmp_path / "card.html", tmp_path / "card.md"
    assert score(capsys, "--html", str(page), "--markdown", str(markdown))[0] == 0
    assert page.read_text().startswith("<!doctype html>")
    text = markdown.read_text()
    assert (
        "    splitbrain score raft --bug R4 --seeds 2 --clean-seeds 3 --markdown card.md\n" in text
    )
    assert str(tmp_path) not in text


def test_the_command_in_markdown_can_be_given_to_a_shell(
    script: Script, capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    score(capsys, "--markdown", "my card; rm x.md")
    text = Path("my card; rm x.md").read_text()
    (command,) = (line for line in text.splitlines() if "--markdown" in line)
    assert shlex.split(command)[-2:] == ["--markdown", "my card; rm x.md"]


def test_outputs_that_cannot_be_are_refused_before_anything_runs(
    script: Script, capsys: Any, tmp_path: Path
) -> None:
    one = str(tmp_path / "one")
    assert score(capsys, "--html", one, "--markdown", one, "--jobs", "0")[0] == 2
    assert script.ran == []


def test_a_file_that_cannot_be_written_after_all_is_a_failure(
    script: Script, capsys: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    def told(plan: Any) -> Any:
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
        return caught(plan) if plan.bugs else valid(plan)

    script.told = told
    code, out, err = score(capsys, "--html", str(folder / "x.html"))
    assert code == 70
    assert "cannot be written" in err and "Every goal is met" in out


def test_a_real_score_is_the_same_however_it_is_cut_up(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes and an interrupt after the first series, against one process without."""
    words = ["score", "raft", "--bug", "R8", "--seeds", "2"]
    words += ["--time-limit", "3", "--rate", "60", "--json", "--clean-seeds", "6", "--jobs"]
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "one"))
    assert front.run([*words, "1", "-q"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["bugs"][0]["state"] == "caught"

    program = [sys.executable, "-P", "-m", "splitbrain", *words, "2"]
    around = os.environ | {"SPLITBRAIN_STORE": str(tmp_path / "two")}
    cut = subprocess.Popen(
        # Far more than can be done before it is interrupted; trials are known by their plans.
        [*program, "--clean-seeds", "10000"],
        env=around,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        assert cut.stderr is not None
        assert any(line.startswith("R8 random: ") for line in iter(cut.stderr.readline, ""))
        os.killpg(cut.pid, signal.SIGINT)
        rest = cut.communicate(timeout=120)[1]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(cut.pid, signal.SIGKILL)
    assert cut.returncode == 130, rest
    assert " runs to go. What was finished is kept." in rest
    again = subprocess.run(program, env=around, capture_output=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert b"of them known from before" in again.stderr
    assert json.loads(again.stdout) == whole
