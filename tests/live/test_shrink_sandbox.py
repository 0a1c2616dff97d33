"""Shrinking where time is not simulated: smaller plans run on real processes, k of n times."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_systems import need_host, splitbrain

pytestmark = [pytest.mark.live, pytest.mark.thorough]


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> None:
    need_host(request, "sandbox")


@pytest.mark.usefixtures("sandbox")
def test_a_stale_leader_of_real_processes_is_shrunk_and_tries_leave_nothing_behind(
    tmp_path: Path,
) -> None:
    typed = ("--bug", "R4", "--host", "sandbox", "--seed", "1", "--time-limit", "60")
    code, run = splitbrain(tmp_path, "test", "raft", *typed, "--stop-on-violation")
    assert code == 1, run["reason"]
    code, told = splitbrain(
        tmp_path, "shrink", run["run"], "--budget", "120s", "--times", "2", "--need", "1"
    )
    assert code == 1
    assert told["trouble"] is None and told["tries"] >= 1
    assert (told["needed"], told["times"]) == (1, 2)
    assert told["run"] is not None, "the whole plan fails again, if nothing smaller does"
    assert told["after"]["operations"] < told["before"]["operations"]
    kept = {path.name for path in (tmp_path / "runs").glob("2*")}
    assert kept == {run["run"], told["run"]}
