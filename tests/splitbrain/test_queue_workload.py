"""The workloads of queues: what is asked, in which phases; and runs that judge and are judged."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from random import Random

import pytest

from checker.models import MODELS
from splitbrain.cli import front
from splitbrain.plan import Plan
from splitbrain.workloads import WORKLOADS
from splitbrain.workloads.queue import FifoOperations

PLAN = Plan("queue-service", "simulated", "queue", operations=400)


def phases(seed: int = 1, plan: Plan = PLAN):
    played = WORKLOADS["queue"].phases(plan).play(Random(seed))
    return {phase.name: (phase, streams) for phase, streams in played}


def test_elements_are_different_wherever_they_come_from():
    drawn = phases()
    main = list(drawn["main"][1][0])
    late = list(islice(drawn["recovery"][1][0], 50))
    elements = [item.value for item in (*main, *late) if item.f == "enqueue"]
    assert len(elements) == len(set(elements)) > 100 and None not in elements
    counts = Counter(item.f for item in main)
    assert counts["receive"] > 100 < counts["acknowledge"]


def test_in_the_end_all_is_taken_out_until_nothing_is_left_and_every_node_is_asked():
    drawn = phases()
    assert list(drawn) == ["main", "recovery", "drain", "final reads"]
    drain, streams = drawn["drain"]
    assert drain.heal and drain.until_ok == ("drained",)
    assert {item.f for item in islice(streams[0], 200)} == {"receive", "acknowledge", "drained"}
    looks = [[(item.f, item.node) for item in stream] for stream in drawn["final reads"][1]]
    asked = ("receive", "drained", "receive", "drained")
    assert looks == [[(f, node) for f in asked] for node in range(5)]


def test_the_seed_fixes_it():
    drawn = [list(phases(seed)["main"][1][0]) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_short_queues_without_acknowledgements_are_a_model_of_their_own():
    drawn = list(islice(FifoOperations().items(Random(1)), 400))
    elements = [item.value for item in drawn if item.f == "enqueue"]
    assert len(elements) == len(set(elements)) and 150 < len(elements) < 250
    assert WORKLOADS["fifo-queue"].model in MODELS


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))


def run(*words: str) -> int:
    short = ("--host", "simulated", "--time-limit", "4", "--rate", "40", "--interval", "1,1")
    return front.run(["test", "queue-service", *short, "--recovery", "1", *words])


@pytest.mark.thorough
def test_a_run_is_judged_by_both_promises(capsys):
    assert run("--seed", "1") == 0
    told = capsys.readouterr().out
    assert "at-least-once  valid" in told and "exactly-once   valid" in told


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("bug", "promise", "kind"),
    [("Q6", "at-least-once", "not redelivered"), ("Q8", "exactly-once", "acknowledg")],
)
def test_a_bug_breaks_one_promise_and_not_the_other(capsys, bug, promise, kind):
    assert run("--bug", bug, "--seed", "2") == 1
    told = capsys.readouterr().out
    rows = [line.split()[:2] for line in told.splitlines()]
    assert [promise, "invalid"] in rows
    (other,) = {"at-least-once", "exactly-once"} - {promise}
    assert [other, "valid"] in rows
    assert kind in told


@pytest.mark.thorough
def test_queues_without_acknowledgements_are_linearizable(capsys):
    assert run("--workload", "fifo-queue", "--seed", "3") == 0
