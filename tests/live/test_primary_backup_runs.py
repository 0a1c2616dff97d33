"""Primary-backup as real processes: valid under every fault, and caught where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_systems import need_host, splitbrain

pytestmark = [pytest.mark.live, pytest.mark.thorough]


@pytest.fixture(params=("sandbox", "docker"))
def host(request: pytest.FixtureRequest) -> str:
    need_host(request, request.param)
    return str(request.param)


def test_adds_under_every_fault_are_valid_and_every_fault_had_an_effect(
    tmp_path: Path, host: str
) -> None:
    kinds = ("partition", "kill", "pause", "power-loss")
    code, run = splitbrain(
        tmp_path,
        *("test", "primary-backup", "--host", host, "--time-limit", "12", "--seed", "11"),
        *("--workload", "set", "--interval", "1500ms,1s"),
        *("--faults", ",".join(kinds), "--recovery", "3s"),
    )
    assert (code, run["verdict"]) == (0, "valid"), run["reason"]
    assert {fault["kind"] for fault in run["faults"]} == set(kinds)
    assert all(fault["effect"]["mechanical"] for fault in run["faults"])


def test_a_backup_that_answers_reads_from_its_own_state_is_caught(
    tmp_path: Path, host: str
) -> None:
    code, run = splitbrain(
        tmp_path,
        *("test", "primary-backup", "--host", host, "--time-limit", "30", "--seed", "3"),
        *("--bug", "B3", "--rate", "200", "--stop-on-violation"),
    )
    assert (code, run["verdict"]) == (1, "invalid"), run["reason"]
    assert run["bugs_reached"]["primary-backup.backup-reads"] > 0
    assert run["results"][0]["violations"][0]["kind"] == "stale read"
