"""Monitors of appends, sets and queues against the frontier, and on stories with known ends."""

import random
from collections import Counter
from dataclasses import replace
from functools import partial

import monitored
import oracle
import pytest
from story import Story

from checker import Verdict, linearizable
from checker.linearizability.monitors import kernel
from checker.linearizability.monitors.decide import monitor_of
from checker.reading import SPLITBRAIN
from histories.event import Operation, Outcome
from histories.table import table_of

# Together on one worker: the kernels they compile are the same.
pytestmark = pytest.mark.xdist_group("monitor-objects")

HISTORIES = {"plain": 200, "compiled": 100}
WEIGHTS = {
    "append": (
        {"append": 0.5, "get": 0.3, "read": 0.2},
        {"append": 0.4, "get": 0.4, "read": 0.05, "put": 0.15},
    ),
    "append-lists": ({"append": 0.5, "get": 0.3, "read": 0.2},),
    "set": ({"add": 0.6, "read": 0.4}, {"add": 0.3, "read": 0.7}),
    "fifo-queue": ({"enqueue": 0.5, "dequeue": 0.5}, {"enqueue": 0.65, "dequeue": 0.35}),
    "unordered-queue": ({"enqueue": 0.5, "dequeue": 0.5},),
}


def found(model, story):
    operations = story.operations()
    return monitor_of(model)(table_of(operations), SPLITBRAIN).of(0)


def unclear(history):
    """Dequeues that took something unknown, and some that found nothing: no first culprit."""
    dequeues = [one for one in history if one.f == "dequeue"]
    return any(one.outcome is Outcome.INFO for one in dequeues) and any(
        one.outcome is Outcome.FAIL or (one.outcome is Outcome.OK and one.output is None)
        for one in dequeues
    )


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("mode", ("plain", "compiled"))
def test_monitors_agree_with_an_unpruned_engine(kind, mode, monkeypatch):
    if mode == "compiled":
        monkeypatch.setattr(kernel, "PLAIN_STEPS_MAX", -1)
    model = "append" if kind == "append-lists" else kind
    decide, told = monitor_of(model), Counter()
    for seed in range(HISTORIES[mode]):
        rng = random.Random(f"{mode} {seed}")
        weights = rng.choice(WEIGHTS[kind])
        values = rng.choice((0, 0, 4, 10)) if kind == "set" else 0
        history = monitored.drawn(rng, kind, 30, weights=weights, values=values)
        reading = rng.choice(oracle.READINGS)
        monitored.agrees(model, history, reading, decide, told, exact=not unclear(history))
    assert told["refuted"] >= 0.08 * told["histories"], told
    assert told["linearized"] >= 0.3 * told["histories"], told
    assert told["invalid"] >= 0.2 * told["histories"], told


@pytest.mark.parametrize("model", ("fifo-queue", "unordered-queue"))
def test_an_open_dequeue_keeps_nothing_from_one_whose_answer_was_lost(model):
    # The lost dequeue took 0 before the queue was found empty, until another answers 0 as well.
    story = [
        Operation(0, None, 1, "enqueue", "x", 1, None, Outcome.INFO, 0, None),
        Operation(1, 2, 0, "enqueue", "x", 0, None, Outcome.OK, 1, 2),
        Operation(3, None, 0, "dequeue", "x", None, None, Outcome.INFO, 3, None),
        Operation(4, 5, 4, "dequeue", "x", None, None, Outcome.OK, 4, 5),
        Operation(6, 7, 4, "dequeue", "x", None, 0, Outcome.OK, 6, 7),
    ]
    result = linearizable(story, model)
    assert result.verdict is Verdict.INVALID
    assert result.violations[0].culprit == 6


@pytest.mark.parametrize("model", ("fifo-queue", "unordered-queue"))
def test_small_queues_with_lost_answers_are_told_right_to_the_culprit(model):
    told = Counter()
    for seed in range(2_500):
        rng = random.Random(f"{model} {seed}")
        history = monitored.drawn(
            rng, model, 12, weights={"enqueue": 0.4, "dequeue": 0.6}, crashed=0.4, eager=0.5
        )
        decide = monitor_of(model)
        monitored.agrees(model, history, SPLITBRAIN, decide, told, exact=not unclear(history))
    assert told["refuted"] >= 200


def test_appends_of_one_text_by_two_operations_are_told_apart():
    told = Counter()
    for seed in range(HISTORIES["plain"]):
        rng = random.Random(seed)
        history = monitored.drawn(rng, "append", 40, weights=WEIGHTS["append"][seed % 2])
        halved = str.maketrans("13579", "02468")
        history = [
            replace(
                one,
                input=one.input.translate(halved) if isinstance(one.input, str) else one.input,
                output=one.output.translate(halved) if isinstance(one.output, str) else one.output,
            )
            for one in history
        ]
        monitored.agrees("append", history, SPLITBRAIN, monitor_of("append"), told, exact=False)
    assert told["linearized"] >= 0.2 * told["histories"], told
    assert told["refuted"] >= 0.05 * told["histories"], told


def test_a_get_that_misses_an_acknowledged_append_is_refuted():
    story = Story().did(0, "append", "<1>").did(0, "append", "<2>").did(1, "get", None, "<1>")
    finding = found("append", story)
    assert not finding.linearized
    assert finding.stuck == 2
    assert {1, 2} <= set(finding.clusters)


def test_two_gets_that_saw_appends_in_another_order_contradict():
    story = Story().call(0, "append", "<1>").call(1, "append", "<2>")
    story.did(2, "get", None, "<1><2>").did(3, "get", None, "<2>").ok(0).ok(1)
    finding = found("append", story)
    assert not finding.linearized
    assert finding.stuck == 3
    assert finding.clusters == (3, 2)


def test_what_was_put_hides_an_append_that_nobody_saw():
    story = Story().did(0, "append", "<1>").did(0, "put", "<2>").did(1, "get", None, "<2>")
    assert found("append", story).order.tolist() == [0, 1, 2]


def test_reads_of_which_neither_contains_the_other_are_refuted():
    story = Story().call(0, "add", 1).call(1, "add", 2)
    story.did(2, "read", None, [1]).did(3, "read", None, [2]).ok(0).ok(1)
    finding = found("set", story)
    assert not finding.linearized
    assert finding.stuck == 3
    assert finding.clusters == (3, 2)


def test_an_element_dequeued_before_one_enqueued_earlier_is_refuted():
    story = Story().did(0, "enqueue", 1).did(0, "enqueue", 2)
    story.did(1, "dequeue", None, 2).did(1, "dequeue", None, 1)
    assert found("fifo-queue", story).stuck == 2
    assert found("unordered-queue", story).linearized


def test_a_dequeue_of_unknown_outcome_may_have_taken_the_first_element():
    story = Story().did(0, "enqueue", 1).did(0, "enqueue", 2)
    story.call(1, "dequeue").info(1).did(2, "dequeue", None, 2)
    assert found("fifo-queue", story).order.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("model", ("fifo-queue", "unordered-queue"))
def test_a_queue_that_surely_held_something_cannot_be_found_empty(model):
    story = Story().did(0, "enqueue", 1).call(1, "dequeue").fail(1, "empty")
    story.did(2, "dequeue", None, 1)
    assert found(model, story).stuck == 1


def test_keys_are_decided_in_one_call_until_one_is_refuted():
    operations = []
    for number, key in enumerate("xyz"):
        story = Story(key).did(0, "add", 1).did(0, "read", None, [] if key == "y" else [1])
        operations += [
            replace(one, call=one.call + 10 * number, ret=one.ret + 10 * number)
            for one in story.operations()
        ]
    table = table_of(operations)
    findings = partial(monitor_of("set"), table)(SPLITBRAIN)
    decision = findings.decision()
    assert [findings.of(k) and findings.of(k).linearized for k in (1, 2, 3)] == [True, False, None]
    assert decision.stuck.tolist() == [-1, -1, 3, -1]
    assert decision.verified.tolist() == [0, 2, 1, 0]
