"""Whole runs on real hosts: clean ones, spoiled ones, buggy ones, killed ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import killed_harness
import pytest
from real_systems import need_host, splitbrain

pytestmark = pytest.mark.live

HERE = Path(__file__).parent
# Every host in containers, too, is minutes; test_own_system has one short run in them.
HOSTS = ("sandbox", pytest.param("docker", marks=pytest.mark.thorough))


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest) -> str:
    need_host(request, request.param)
    return str(request.param)


def test_raft_under_every_fault_is_valid_and_every_fault_had_an_effect(
    tmp_path: Path, host: str
) -> None:
    code, run = splitbrain(
        tmp_path,
        *("test", "raft", "--host", host, "--time-limit", "9", "--interval", "1200ms,800ms"),
        *("--faults", "partition,kill,pause,power-loss", "--seed", "11", "--recovery", "2s"),
    )
    assert (code, run["verdict"]) == (0, "valid"), run["reason"]
    assert {fault["kind"] for fault in run["faults"]} == {
        "partition",
        "kill",
        "pause",
        "power-loss",
    }
    assert all(fault["effect"]["mechanical"] for fault in run["faults"])
    folder = tmp_path / "runs" / run["run"]
    assert {"run.json", "history.jsonl.zst", "faults.jsonl", "verdict.json", "report.html"} <= {
        path.name for path in folder.iterdir()
    }
    assert len(list((folder / "logs").iterdir())) == 5
    assert not (folder / "nodes").exists()


def spoiled(scenario: str, host: str, store: Path) -> subprocess.CompletedProcess[str]:
    """A run that is spoiled on purpose (see spoiled_runs.py)."""
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, str(HERE / "spoiled_runs.py"), scenario, host, str(store)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "reason"),
    [("misplaced", "its rules dropped no packet"), ("deaf", "none of")],
)
def test_a_run_that_tests_nothing_is_vacuous(
    tmp_path: Path, host: str, scenario: str, reason: str
) -> None:
    done = spoiled(scenario, host, tmp_path)
    assert done.returncode == 3, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["verdict"] == "vacuous" and reason in told["reason"]


def test_nodes_that_do_not_come_up_are_told_with_the_last_lines_of_their_log(
    tmp_path: Path, host: str
) -> None:
    done = spoiled("stillborn", host, tmp_path)
    assert done.returncode == 70, done.stderr
    assert "ended before it answered. The last lines of its log:" in done.stdout
    assert "no seeded bug 'raft.no-such-bug'" in done.stdout


@pytest.mark.thorough
def test_a_seeded_bug_is_caught_and_the_same_seed_without_it_is_valid(
    tmp_path: Path, host: str
) -> None:
    arguments = (
        *("test", "raft", "--host", host, "--time-limit", "5", "--seed", "3"),
        *("--workload", "register", "--faults", "none", "--recovery", "1s"),
    )
    # A bug that needs no fault, and no luck: what needs either is no test for a busy machine.
    code, run = splitbrain(tmp_path, *arguments, "--bug", "R8")
    assert (code, run["verdict"]) == (1, "invalid")
    assert run["bugs_reached"]["raft.stale-follower-read"] > 0
    code, run = splitbrain(tmp_path, *arguments)
    assert (code, run["verdict"]) == (0, "valid"), run["reason"]


@pytest.mark.thorough
def test_a_killed_harness_leaves_nothing_and_disturbs_nobody(host: str) -> None:
    killed_harness.main(host, times=2, seed=1)
