"""What a violation of a lock, a queue, a set or an append says, and of which operations."""

import random

import oracle
import pytest
from story import Story

from checker.linearizability.exhaustive import some_order
from checker.linearizability.finding import find
from checker.linearizability.relaxation import Relaxer
from checker.linearizability.search import linearizable
from checker.linearizability.violation import explain
from checker.models import MODELS
from checker.reading import SPLITBRAIN


def check(model, story, kind, sentence, shows=None, culprit=-1):
    operations = story.operations()
    found = explain(
        None,
        operations,
        operations[culprit],
        MODELS[model],
        SPLITBRAIN,
        lambda left: some_order(left, MODELS[model], SPLITBRAIN) is False,
    )
    assert (found.kind, found.sentence) == (kind, sentence)
    assert found.details["exhaustive"]
    if shows is not None:
        assert found.operations == shows


def test_two_hold_a_lock():
    check(
        "lock",
        Story().did(1, "acquire").did(3, "acquire"),
        "two holders",
        "process 3 acquired the lock at 0.04 s on n4, while process 1 had held it since 0.02 s "
        "and had not begun to release it",
        shows=(0, 2),
    )


def test_two_acquire_a_mutex_at_the_same_time():
    story = Story().call(1, "acquire").call(2, "acquire").ok(1).ok(2)
    check(
        "mutex",
        story,
        "two holders",
        "process 2 acquired the lock at 0.04 s on n3, and process 1 acquired it too, at 0.03 s, "
        "and nobody had begun to release it",
    )


def test_a_lock_is_not_reentrant():
    check(
        "lock",
        Story().did(1, "acquire").did(1, "acquire"),
        "two holders",
        "process 1 acquired the lock at 0.04 s on n2, while it had held it since 0.02 s and had "
        "not begun to release it",
    )


def test_a_lock_that_somebody_else_holds_is_not_released():
    check(
        "lock",
        Story().did(1, "acquire").did(2, "release"),
        "release of what is not held",
        "process 2 released the lock at 0.04 s on n3, but it had never begun to acquire it",
        shows=(2,),
    )


def test_a_mutex_is_released_once():
    check(
        "mutex",
        Story().did(1, "acquire").did(1, "release").did(2, "release"),
        "release of what is not held",
        "process 2 released the lock at 0.06 s on n3, but process 1 had released it by 0.04 s, "
        "and nobody had begun to acquire it again",
        shows=(2, 4),
    )


def test_an_element_is_dequeued_out_of_order():
    story = Story().did(0, "enqueue", 5).did(1, "enqueue", 7).did(2, "dequeue", answer=7)
    check(
        "fifo-queue",
        story,
        "order inverted",
        "process 2 dequeued 7 at 0.06 s on n3, but 5 had been enqueued before 7: process 0's "
        "enqueue of 5 (acknowledged at 0.02 s) had ended before process 1 began its enqueue of 7 "
        "at 0.03 s, and nobody had begun to take 5 out",
        shows=(0, 2, 4),
    )


def test_an_element_is_dequeued_twice():
    story = Story().did(0, "enqueue", 5).did(1, "dequeue", answer=5).did(2, "dequeue", answer=5)
    check(
        "unordered-queue",
        story,
        "dequeued twice",
        "process 2 dequeued 5 at 0.06 s on n3, but process 1 dequeued it too, at 0.04 s, and 5 "
        "was enqueued only once, by process 0",
        shows=(0, 2, 4),
    )


def test_an_element_comes_out_of_thin_air():
    check(
        "fifo-queue",
        Story().did(0, "enqueue", 5).did(1, "dequeue", answer=6),
        "element out of thin air",
        "process 1 dequeued 6 at 0.04 s on n2, but nobody ever enqueued 6",
    )


def test_an_element_whose_enqueue_failed_is_dequeued():
    story = Story().call(0, "enqueue", 5).fail(0, "full").did(1, "dequeue", answer=5)
    check(
        "fifo-queue",
        story,
        "aborted enqueue",
        "process 1 dequeued 5 at 0.04 s on n2, but the only attempt to enqueue 5, by process 0 at "
        "0.02 s, failed (full), and what failed must never take effect",
    )


def test_a_queue_is_found_empty_that_is_not():
    story = Story().did(0, "enqueue", 5).call(1, "dequeue").fail(1, "empty")
    check(
        "unordered-queue",
        story,
        "lost element",
        "process 1 found the queue empty at 0.04 s on n2, but 5 was in it: process 0's enqueue of "
        "5 (acknowledged at 0.02 s) had ended before that began, and nobody had begun to take 5 "
        "out again",
        shows=(0, 2),
    )


def test_an_answer_lacks_an_acknowledged_piece():
    story = Story().did(0, "append", "a").did(0, "append", "b").did(1, "get", answer="a")
    check(
        "append",
        story.did(2, "get", answer="a"),
        "lost write",
        'process 1\'s get answered "a" at 0.06 s on n2 without "b", which had been '
        "acknowledged: process 0's append ended at 0.04 s, before that get began",
        shows=(2, 4),
        culprit=2,
    )


def test_what_one_of_several_nodes_alone_lacks_is_not_lost():
    story = Story().did(0, "append", "a").did(1, "get", answer="a").did(0, "append", "b")
    story.did(1, "get", answer="a").did(1, "get", answer="a")
    assert linearizable(story.operations(), "append").violations[0].kind == "stale read"
    sole = Story().did(0, "append", "a").did(0, "get", answer="")
    assert linearizable(sole.operations(), "append").violations[0].kind == "lost write"


def test_answers_that_do_not_agree():
    story = Story().call(0, "append", "a").call(1, "append", "b").did(2, "get", answer="ab")
    check(
        "append",
        story.did(3, "get", answer="ba"),
        "diverging reads",
        "process 3's get answered \"ba\" at 0.06 s on n4, but process 2's get had answered "
        '"ab" by 0.04 s, and neither can have grown into the other',
        shows=(2, 4),
    )


def test_a_transaction_that_lacks_what_was_acknowledged():
    def read(story, process, *elements):
        return story.did(process, "txn", [["r", "x", None]], [["r", "x", list(elements)]])

    story = Story().did(0, "txn", [["append", "x", 1], ["append", "y", 2]])
    check(
        "list-append",
        read(read(story, 1, 1), 2),
        "stale read",
        "process 2 read [] from x at 0.06 s on n3, without 1, which had been acknowledged: process "
        "0's transaction that appended it ended at 0.02 s, before that began",
        shows=(0, 4),
    )
    story = Story().did(0, "txn", [["append", "x", 1]])
    alone = Story().did(0, "txn", [["append", "x", 1]])
    kinds = [
        linearizable(told.operations(), "list-append").violations[0].kind
        for told in (read(read(story, 1), 2), read(alone, 1))
    ]
    assert kinds == ["lost write", "stale read"]


def test_a_transaction_of_which_half_is_seen():
    story = Story().call(0, "txn", [["append", "x", 1], ["append", "y", 2]])
    story.did(1, "txn", [["r", "x", None], ["r", "y", None]], [["r", "x", [1]], ["r", "y", []]])
    check(
        "list-append",
        story,
        "not linearizable",
        "process 1's transaction r x [1], r y [] (0.02 s to 0.03 s, n2) fits into no order of the "
        "operations before it; 1 other operation and this one cannot all have happened as they "
        "were answered",
    )


def test_a_set_that_shrinks_again():
    story = Story().call(0, "add", 1).call(1, "add", 2).did(2, "read", answer=[1, 2])
    check(
        "set",
        story.did(3, "read", answer=[1]),
        "stale read",
        "process 3's read answered [1] at 0.06 s on n4, but process 2's read had answered [1, 2] "
        "by 0.04 s, before that began, and nothing is removed",
    )


def test_a_set_with_what_nobody_added():
    check(
        "set",
        Story().did(0, "add", 1).did(1, "read", answer=[1, 7]),
        "unexpected",
        "process 1's read answered [1, 7] at 0.04 s on n2 with 7, which nobody ever added",
    )


def test_the_rest_is_told_by_what_the_object_can_have_been():
    story = Story().did(0, "add", 2).call(1, "add", 3).did(2, "read", answer=4)
    check(
        "counter",
        story,
        "not linearizable",
        "process 2's read of 4 (0.04 s to 0.05 s, n3) fits into no order of the operations before "
        "it: when it took effect, the counter can only have been 2 or 5; 2 other operations and "
        "this one cannot all have happened as they were answered",
    )


def test_of_several_registers_the_one_that_cannot_be_is_named():
    story = Story().did(0, "txn", [["w", "x", 1], ["w", "y", 1]]).did(1, "write", {"x": 2})
    story.did(2, "txn", [["r", "x", None], ["r", "y", None]], [["r", "x", 2], ["r", "y", 3]])
    operations = story.operations()
    found = explain(
        None,
        operations,
        operations[-1],
        MODELS["multi-register"],
        SPLITBRAIN,
        lambda left: some_order(left, MODELS["multi-register"], SPLITBRAIN) is False,
    )
    assert 'it read 3 from "y", which can only have held 1 then' in found.sentence


@pytest.mark.parametrize(
    "model",
    ["mutex", "lock", "fifo-queue", "unordered-queue", "set", "append", "list-append"],
)
def test_nothing_that_was_possible_is_argued_against(model):
    """On valid histories no argument fits, whichever operation is asked about."""
    asked = 0
    for seed in range(150):
        rng = random.Random(seed)
        reading = rng.choice(oracle.READINGS)
        lists = model == "append" and rng.random() < 0.5
        history = oracle.concurrent(
            rng,
            "append-lists" if lists else model,
            rng.choice((6, 12)),
            processes=rng.randint(1, 5),
            values=rng.choice((0, 2, 3)),
            crashed=rng.choice((0, 0.2)),
        )
        relaxer = Relaxer(MODELS[model], reading)
        for one in history:
            if one.ret is not None and relaxer.effect(one) is not None:
                assert find(one, history, relaxer) is None
                asked += 1
    assert asked > 200
