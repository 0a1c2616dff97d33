"""Campaigns: many seeds in processes, the same results in any number, and how they end."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checker.verdict import Verdict
from splitbrain.campaign import CampaignBroken, Trial, pool, trials
from splitbrain.cli import front, many
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


def test_leaving_off_early_ends_the_processes() -> None:
    with closing(trials((replace(PLAN, seed=n) for n in itertools.count()), jobs=2)) as endless:
        assert [trial.seed for trial in itertools.islice(endless, 3)] == [0, 1, 2]


def suicidal(plan: Plan) -> Trial:
    """A run whose process is killed: the first time, or for seed 13 always."""
    marker = Path(os.environ["SPLITBRAIN_MARKER"])
    if plan.seed == 13 or (plan.seed == 2 and not marker.exists()):
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Trial(plan.seed, Verdict.VALID)


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPLITBRAIN_MARKER", str(tmp_path / "killed once"))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(pool, "attempt", suicidal)
    monkeypatch.setattr(pool, "_executor", _forked)


def _forked(jobs: int) -> Any:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def test_a_process_that_is_killed_costs_nothing_but_time(killed: None, tmp_path: Path) -> None:
    assert [trial.seed for trial in trials(plans(6), jobs=2)] == list(range(6))
    assert (tmp_path / "killed once").exists()


def test_a_seed_that_kills_its_process_every_time_ends_the_campaign(killed: None) -> None:
    with pytest.raises(CampaignBroken, match="died 3 times around seed 1"):
        list(trials(plans(6, first=10), jobs=2))


def script(monkeypatch: pytest.MonkeyPatch, *verdicts: Verdict | str) -> None:
    """Campaigns in this test find these verdicts, seed by seed; a text is the harness's error."""

    def told(plans: Any, *, jobs: int) -> Any:
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
    inner = many._Meter.show

    def show(meter: Any, tally: Any) -> None:
        inner(meter, tally)
        if tally.runs == 7:
            raise KeyboardInterrupt

    monkeypatch.setattr(many._Meter, "show", show)
    code, told = campaign(capsys, "--runs", "100")
    assert (code, told["runs"], told["interrupted"]) == (130, 7, True)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("test raft --host sandbox --runs 3", "many runs at once are for --host simulated"),
        ("test raft --host simulated --runs 0 --jobs x", "2 problems"),
        ("test raft --host simulated --jobs 2", "--jobs goes with --runs"),
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
    journal = folders[0] / "history.jsonl"
    journal.write_text(journal.read_text().replace('"read"', '"look"', 1))
    differs = splitbrain(tmp_path, "replay", "latest")
    assert differs.returncode == 70
    assert "DIFFERENT" in differs.stdout and "history.jsonl differs from line" in differs.stdout


def gone(group: int) -> bool:
    """Whether the process group comes to its end, as a server of processes does by itself."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_ctrl_c_ends_a_real_campaign_and_all_its_processes(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "splitbrain", *SHORT.split(), "--runs", "1000000"],
        env=os.environ | {"SPLITBRAIN_STORE": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any(" of 1,000,000 runs, " in line for line in lines)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 130
        assert "(interrupted)" in out and " valid" in out
        assert gone(process.pid), "some process of it lives on"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
