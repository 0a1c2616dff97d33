"""Real etcd: clean and under faults, its stale reads found, its watches judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_systems import need, run

from histories.archive import journal_of
from splitbrain.archive.packing import content_of

pytestmark = [pytest.mark.live, pytest.mark.thorough]

SHORT = ("--nodes", "3", "--concurrency", "6", "--rate", "200", "--recovery", "1s")
TIGHT = ("--option", "timers=tight")


@pytest.mark.parametrize("host", ["sandbox", "docker"])
def test_under_a_partition_and_a_kill_it_is_linearizable(
    request: pytest.FixtureRequest, tmp_path: Path, host: str
) -> None:
    need(request, "etcd", host)
    code, record = run(
        tmp_path,
        "etcd",
        *("--host", host, *SHORT, *TIGHT, "--seed", "4", "--time-limit", "5"),
        *("--faults", "partition,kill", "--interval", "700ms,500ms"),
    )
    assert (code, record["verdict"]) == (0, "valid"), record["reason"]
    assert {fault["kind"] for fault in record["faults"]} == {"partition", "kill"}
    journal = b"".join(content_of(journal_of(tmp_path / "runs" / record["run"])))
    assert b'"revision"' in journal


def test_serializable_reads_of_an_isolated_leader_are_stale(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    need(request, "etcd", "sandbox")
    code, record = run(
        tmp_path,
        "etcd",
        *("--host", "sandbox", *SHORT, *TIGHT, "--seed", "2", "--time-limit", "30"),
        *("--option", "reads=serializable", "--stop-on-violation"),
        # A client that gives a write up soon goes on to read.
        *("--timeout", "300ms"),
        *("--faults", "partition", "--fault-target", "leader", "--interval", "4s,1s"),
    )
    assert (code, record["verdict"]) == (1, "invalid"), record["reason"]


def test_transactions_over_several_lists_are_linearizable_unless_they_read_what_is_old(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    need(request, "etcd", "sandbox")
    shared = ("--host", "sandbox", *SHORT, *TIGHT, "--workload", "list-append", "--seed", "2")
    code, record = run(
        tmp_path,
        "etcd",
        *(*shared, "--time-limit", "5", "--faults", "partition,kill", "--interval", "700ms,500ms"),
    )
    assert (code, record["verdict"]) == (0, "valid"), record["reason"]
    code, record = run(
        tmp_path,
        "etcd",
        *(*shared, "--time-limit", "30", "--option", "reads=serializable", "--timeout", "300ms"),
        *(
            "--stop-on-violation",
            "--faults",
            "partition",
            "--fault-target",
            "leader",
            "--interval",
            "4s,1s",
        ),
    )
    assert (code, record["verdict"]) == (1, "invalid"), record["reason"]


def test_watches_tell_every_change_once_over_kills(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    need(request, "etcd", "sandbox")
    code, record = run(
        tmp_path,
        "etcd",
        *("--host", "sandbox", *SHORT, *TIGHT, "--seed", "4", "--time-limit", "4"),
        *("--workload", "watch", "--timeout", "500ms"),
        *("--faults", "kill", "--interval", "700ms,500ms"),
    )
    assert (code, record["verdict"]) == (0, "valid"), record["reason"]
