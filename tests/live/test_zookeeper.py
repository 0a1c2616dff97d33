"""Real ZooKeeper: linearizable with sync under a partition and a kill, stale reads without."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_systems import need, run

pytestmark = [pytest.mark.live, pytest.mark.thorough]

SHORT = ("--nodes", "3", "--concurrency", "6", "--rate", "200", "--recovery", "1s")
TIGHT = ("--option", "timers=tight")


@pytest.mark.parametrize("host", ["sandbox", "docker"])
def test_under_a_partition_and_a_kill_it_is_linearizable(
    request: pytest.FixtureRequest, tmp_path: Path, host: str
) -> None:
    need(request, "zookeeper", host)
    code, record = run(
        tmp_path,
        "zookeeper",
        *("--host", host, *SHORT, *TIGHT, "--seed", "4", "--time-limit", "5"),
        *("--option", "reads=quorum", "--faults", "partition,kill", "--interval", "700ms,500ms"),
    )
    assert (code, record["verdict"]) == (0, "valid"), record["reason"]
    assert {fault["kind"] for fault in record["faults"]} == {"partition", "kill"}


def test_plain_reads_of_an_isolated_server_are_stale(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    need(request, "zookeeper", "sandbox")
    code, record = run(
        tmp_path,
        "zookeeper",
        *("--host", "sandbox", *SHORT, *TIGHT, "--seed", "2", "--time-limit", "30"),
        *("--option", "reads=plain", "--option", "read-session=own", "--stop-on-violation"),
        # A follower serves reads for so long after it has last heard its leader; and a client
        # that gives a write up soon goes on to read.
        *("--option", "sync-ticks=20", "--timeout", "200ms"),
        *("--faults", "partition", "--fault-target", "one", "--interval", "2s,500ms"),
    )
    assert (code, record["verdict"]) == (1, "invalid"), record["reason"]


def test_plain_reads_are_not_linearizable_yet_sequential(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The command of the finding: each session stays on its server, and sees it go on alone."""
    need(request, "zookeeper", "sandbox")
    code, record = run(
        tmp_path,
        "zookeeper",
        *("--host", "sandbox", "--nodes", "3", "--rate", "200", "--time-limit", "20"),
        *("--recovery", "2s", "--faults", "partition", "--interval", "3s,2s", "--seed", "1"),
        *("--option", "reads=plain", "--consistency", "linearizable,sequential"),
    )
    assert (code, record["verdict"]) == (1, "invalid"), record["reason"]
    told = {row["promise"]: row["verdict"] for row in record["results"][0]["promises"]}
    assert told == {"linearizable": "invalid", "sequential": "valid"}
