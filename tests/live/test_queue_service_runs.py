"""The queue service as real processes: valid under every fault, and caught where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_systems import need_host, splitbrain

pytestmark = [pytest.mark.live, pytest.mark.thorough]


@pytest.fixture(params=("sandbox", "docker"))
def host(request: pytest.FixtureRequest) -> str:
    need_host(request, request.param)
    return str(request.param)


def test_queues_under_every_fault_are_valid_and_every_fault_had_an_effect(
    tmp_path: Path, host: str
) -> None:
    kinds = ("partition", "kill", "pause", "power-loss")
    code, run = splitbrain(
        tmp_path,
        *("test", "queue-service", "--host", host, "--time-limit", "9", "--seed", "11"),
        *("--rate", "150", "--interval", "1200ms,800ms", "--faults", ",".join(kinds)),
        *("--recovery", "2s"),
    )
    assert (code, run["verdict"]) == (0, "valid"), run["reason"]
    assert {fault["kind"] for fault in run["faults"]} == set(kinds)
    assert all(fault["effect"]["mechanical"] for fault in run["faults"])
    (result,) = run["results"]
    rows = {row["promise"]: row["statistics"] for row in result["promises"]}
    assert set(rows) == {"at-least-once", "exactly-once"}
    assert rows["at-least-once"]["elements_acknowledged"] > 50


def test_queues_without_acknowledgements_are_linearizable(tmp_path: Path, host: str) -> None:
    code, run = splitbrain(
        tmp_path,
        *("test", "queue-service", "--workload", "fifo-queue", "--host", host),
        *("--time-limit", "6", "--rate", "150", "--seed", "4", "--faults", "kill"),
        *("--interval", "1200ms,800ms", "--recovery", "2s"),
    )
    assert (code, run["verdict"]) == (0, "valid"), run["reason"]


def test_elements_that_are_dropped_when_their_time_is_over_are_missed(
    tmp_path: Path, host: str
) -> None:
    code, run = splitbrain(
        tmp_path,
        *("test", "queue-service", "--host", host, "--time-limit", "5", "--seed", "3"),
        *("--bug", "Q6", "--rate", "100", "--recovery", "2s"),
    )
    assert (code, run["verdict"]) == (1, "invalid"), run["reason"]
    assert run["bugs_reached"]["queue-service.expiry-drops"] > 0
