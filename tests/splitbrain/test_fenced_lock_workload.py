"""The workload of locks: what is asked, in which phases; and runs that are judged."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from checker.consistency import PROMISES
from splitbrain.cli import front
from splitbrain.plan import Plan
from splitbrain.workloads import WORKLOADS
from splitbrain.workloads.fenced_lock import LEASES_MS, LOCKS

PLAN = Plan("lock-service", "simulated", "fenced-lock", operations=2000)


def phases(seed: int = 1):
    played = WORKLOADS["fenced-lock"].phases(PLAN).play(Random(seed))
    return {phase.name: (phase, streams) for phase, streams in played}


def test_every_lock_is_taken_worked_under_and_let_go_and_no_value_is_written_twice():
    main = list(phases()["main"][1][0])
    counts = Counter((item.f, item.key) for item in main)
    functions = ("acquire", "renew", "write", "release", "read")
    assert set(counts) == {(f, lock) for f in functions for lock in LOCKS}
    written = [(item.key, item.value) for item in main if item.f == "write"]
    assert len(written) == len(set(written)) > 500
    assert {item.value for item in main if item.f == "acquire"} == set(LEASES_MS)


def test_in_the_end_every_node_is_asked_for_what_every_lock_protects():
    drawn = phases()
    assert drawn["recovery"][0].until_ok == ("acquire",)
    final, streams = drawn["final reads"]
    assert final.heal
    looks = [[(item.f, item.key, item.node) for item in stream] for stream in streams]
    assert looks == [[("read", lock, node) for lock in LOCKS] for node in range(5)]


def test_the_seed_fixes_it_and_it_is_judged_by_promises_there_are():
    drawn = [list(phases(seed)["main"][1][0]) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert set(WORKLOADS["fenced-lock"].consistency) <= set(PROMISES)


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))


def run(*words: str) -> int:
    short = ("--host", "simulated", "--time-limit", "5", "--rate", "100", "--interval", "1,1")
    return front.run(["test", "lock-service", *short, "--recovery", "1", *words])


@pytest.mark.thorough
@pytest.mark.parametrize("faults", ["partition,kill,pause", "clock,power-loss", "membership,disk"])
def test_a_run_is_judged_by_both_promises(capsys, faults):
    assert run("--seed", "1", "--faults", faults) == 0
    told = capsys.readouterr().out
    assert "mutual-exclusion  valid" in told and "fencing           valid" in told


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("bug", "promise", "kind"),
    [
        ("L3", "mutual-exclusion", "release of what is not held"),
        ("L4", "fencing", "stale token accepted"),
    ],
)
def test_a_bug_breaks_one_promise_and_not_the_other(capsys, bug, promise, kind):
    assert run("--bug", bug, "--seed", "2") == 1
    told = capsys.readouterr().out
    rows = [line.split()[:2] for line in told.splitlines()]
    (other,) = {"mutual-exclusion", "fencing"} - {promise}
    assert [other, "valid"] in rows and [promise, "invalid"] in rows
    assert kind in told
