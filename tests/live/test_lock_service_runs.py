"""The lock service as real processes: valid under every fault, and caught where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_systems import need_host, splitbrain

pytestmark = [pytest.mark.live, pytest.mark.thorough]


@pytest.fixture(params=["sandbox", "docker"])
def host(request: pytest.FixtureRequest) -> str:
    need_host(request, request.param)
    return str(request.param)


def test_locks_under_every_fault_are_valid_and_every_fault_had_an_effect(
    tmp_path: Path, host: str
) -> None:
    kinds = ("partition", "kill", "pause", "power-loss")
    code, run = splitbrain(
        tmp_path,
        *("test", "lock-service", "--host", host, "--time-limit", "9", "--seed", "11"),
        *("--interval", "1200ms,800ms", "--faults", ",".join(kinds), "--recovery", "2s"),
    )
    assert (code, run["verdict"]) == (0, "valid"), run["reason"]
    assert {fault["kind"] for fault in run["faults"]} == set(kinds)
    assert all(fault["effect"]["mechanical"] for fault in run["faults"])


def test_a_resource_that_looks_at_no_token_is_caught(tmp_path: Path, host: str) -> None:
    code, run = splitbrain(
        tmp_path,
        *("test", "lock-service", "--host", host, "--time-limit", "5", "--seed", "3"),
        *("--bug", "L4"),
    )
    assert (code, run["verdict"]) == (1, "invalid"), run["reason"]
    assert run["bugs_reached"]["lock-service.unfenced-resource"] > 0
