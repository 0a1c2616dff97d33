"""Campaigns: many seeds, the same results in any number of processes, and what is told of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checker.verdict import Verdict
from splitbrain.archive.packing import content_of
from splitbrain.campaign import CampaignBroken, Trial, attempt, trials
from splitbrain.cli import front, many
from splitbrain.live import Seen
from splitbrain.plan import Plan

PLAN = Plan(
    "raft",
    "simulated",
    "register",
    rate=30,
    operations=60,
    time_limit_s=2.0,
    faults=("kill",),
    fault_hold_s=0.5,
    fault_quiet_s=0.3,
)
SHORT = "test raft --host simulated --operations 60 --time-limit 2 --faults kill --interval 0.5,0.3"


def plans(count: int, first: int = 0) -> list[Plan]:
    return [replace(PLAN, seed=seed) for seed in range(first, first + count)]


def found(count: int, jobs: int) -> list[Trial]:
    return [replace(trial, seconds=0.0) for trial in trials(plans(count), jobs=jobs)]


def test_any_number_of_processes_finds_the_same_in_the_same_order() -> None:
    alone = found(12, jobs=1)
    assert [trial.seed for trial in alone] == list(range(12))
    assert found(12, jobs=2) == alone


def test_an_interrupted_run_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("splitbrain.run.lived", lambda *given: Seen(interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        attempt(PLAN)


def script(monkeypatch: pytest.MonkeyPatch, *verdicts: Verdict | str) -> None:
    """Campaigns in this test find these verdicts, seed by seed; a text is the harness's error."""

    def told(plans: Any, *, jobs: int, scheduler: str | None) -> Any:
        for plan in plans:
            verdict = verdicts[plan.seed % len(verdicts)]
            if isinstance(verdict, Verdict):
                reason = None if verdict is Verdict.VALID else "so it was told"
                yield Trial(plan.seed, verdict, reason, operations=60, virtual_s=2.5)
            else:
                yield Trial(plan.seed, Verdict.UNKNOWN, error=verdict)

    def keep(request: Any, trial: Trial, tally: Any, progress: Any) -> None:
        kept.append(trial.seed)

    monkeypatch.setattr("splitbrain.campaign.trials", told)
    monkeypatch.setattr(many, "_keep", keep)
    kept.clear()


kept: list[int] = []
VALID, INVALID, VACUOUS = Verdict.VALID, Verdict.INVALID, Verdict.VACUOUS


def campaign(capsys: Any, *more: str) -> tuple[int, Any]:
    code = front.run([*SHORT.split(), "--seed", "0", "--jobs", "1", "--json", "-q", *more])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else None


def test_it_stops_at_the_first_violation(monkeypatch: Any, capsys: Any) -> None:
    script(monkeypatch, VALID, VALID, INVALID, VALID)
    code, told = campaign(capsys, "--runs", "100")
    assert code == 1
    assert (told["runs"], told["verdicts"]) == (3, {"valid": 2, "invalid": 1})
    assert [accusation["seed"] for accusation in told["accusations"]] == [2]
    assert "--seed 2 " in told["accusations"][0]["again"]
    assert kept == [2]


def test_it_goes_on_when_told_to_and_keeps_so_many_folders_at_most(
    monkeypatch: Any, capsys: Any
) -> None:
    script(monkeypatch, VALID, INVALID)
    code, told = campaign(capsys, "--runs", "100", "--keep-going")
    assert (code, told["runs"], told["verdicts"]["invalid"]) == (1, 100, 50)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [((VALID,), 0), ((VALID, VACUOUS), 3), ((VALID, "it broke"), 70)],
)
def test_the_exit_code_is_that_of_all_runs_together(
    monkeypatch: Any, capsys: Any, verdicts: Any, code: int
) -> None:
    script(monkeypatch, *verdicts)
    seen, told = campaign(capsys, "--runs", "10")
    assert seen == code
    assert told["reasons"] == ({"so it was told": 5} if VACUOUS in verdicts else {})


def test_an_interrupt_tells_what_was_found_until_then(monkeypatch: Any, capsys: Any) -> None:
    script(monkeypatch, VALID)
    inner = many.Meter.show

    def show(meter: Any, done: int, what: str) -> None:
        inner(meter, done, what)
        if done == 7:
            raise KeyboardInterrupt

    monkeypatch.setattr(many.Meter, "show", show)
    code, told = campaign(capsys, "--runs", "100")
    assert (code, told["runs"], told["interrupted"]) == (130, 7, True)


def test_a_store_that_cannot_be_written_is_said_before_the_first_run(
    tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "file").touch()
    code, told = campaign(capsys, "--runs", "100", "--store", str(tmp_path / "file" / "store"))
    assert (code, told) == (2, None)


@pytest.mark.parametrize(
    "error",
    [CampaignBroken("all is lost"), OSError(28, "No space left on device", "/store")],
)
def test_what_was_found_before_a_campaign_broke_is_told(
    monkeypatch: Any, capsys: Any, error: Exception
) -> None:
    script(monkeypatch, VALID, VALID, INVALID)

    def keep(request: Any, trial: Trial, tally: Any, progress: Any) -> None:
        raise error

    monkeypatch.setattr(many, "_keep", keep)
    code, told = campaign(capsys, "--runs", "100", "--keep-going")
    assert (code, told["runs"], told["verdicts"]) == (70, 3, {"valid": 2, "invalid": 1})
    assert str(error.args[-1]) in told["broken"]
    assert "--seed 3 " in told["rest"] and told["rest"].endswith("--runs 97 --keep-going")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("test raft --host sandbox --runs 3", "many runs at once are for --host simulated"),
        ("test raft --host simulated --runs 0 --jobs x", "2 problems"),
        ("test raft --host simulated --jobs 2", "--jobs goes with --runs"),
        ("test raft --host simulated --scheduler tcp://a:1", "--scheduler goes with --runs"),
        ("test raft --host simulated --keep-going", "--keep-going goes with --runs"),
        ("test raft --host simulated --runs 2 --option x=1", "none of this system's options"),
        ("test raft --host simulated --strategy best", "strategy"),
    ],
)
def test_what_cannot_be_is_said(typed: str, problem: str, capsys: Any) -> None:
    assert front.run(typed.split()) == 2
    assert problem in capsys.readouterr().err


def test_an_aimed_fault_needs_a_host_that_sees_inside_its_nodes() -> None:
    from splitbrain.run import aimless_because
    from targets.hosts.docker import DockerHost

    plan = replace(PLAN, strategy="aimed", fault_targets=("leader",))
    problems = aimless_because(plan, DockerHost(announce=lambda line: None))
    assert [problem.partition(":")[0] for problem in problems] == [
        "host docker does not see inside its nodes, so no fault can be aimed at what happens there",
        "an aimed fault has aims of its own",
    ]


def splitbrain(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "splitbrain", *arguments],
        env=os.environ | {"SPLITBRAIN_STORE": str(store)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_real_campaign_keeps_what_it_accuses_and_a_replay_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    done = splitbrain(
        tmp_path,
        *("test", "raft", "--host", "simulated", "--bug", "R8", "--time-limit", "5"),
        *("--rate", "60", "--seed", "1", "--runs", "50", "--jobs", "2"),
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("INVALID: clients of raft saw what cannot have happened")
    assert "is the first that is invalid. Again: splitbrain test raft" in done.stdout
    folders = list((tmp_path / "runs").glob("2*"))
    assert len(folders) == 1
    again = splitbrain(tmp_path, "replay", "latest")
    assert again.returncode == 1, again.stderr
    assert again.stdout.startswith("SAME: ") and "the same bytes in 7 files" in again.stdout
    packed = folders[0] / "history.jsonl.zst"
    content = b"".join(content_of(packed))
    (folders[0] / "history.jsonl").write_bytes(content.replace(b'"read"', b'"look"', 1))
    packed.unlink()
    differs = splitbrain(tmp_path, "replay", "latest")
    assert differs.returncode == 70
    assert "DIFFERENT" in differs.stdout and "history.jsonl differs from line" in differs.stdout
