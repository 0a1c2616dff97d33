"""The judge of queues, held to plain references: every order, every moment, and a real queue."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from deliveries import done_with_once, nothing_lost
from queue_story import FAIL, INFO, OK, Story
from real_queue import Clients

from checker.delivery.again import repeats
from checker.delivery.element import Queue
from checker.delivery.judging import check_total_queue
from checker.verdict import Verdict
from histories.event import Operation


def drawn(rng: random.Random) -> list[Operation]:
    """A few operations that overlap; what they answer is drawn, too."""
    story, names, fresh = Story(), [1, 2, 3], [1, 2, 3]
    places = rng.sample(range(24), 2 * (count := rng.randint(3, 6)))
    spans = [tuple(sorted(places[2 * n : 2 * n + 2])) for n in range(count)]
    for span in sorted(spans):
        outcome = rng.choice((OK, OK, OK, INFO))
        choice, by = rng.random(), rng.randint(0, 1) if outcome is OK else None
        if choice < 0.35 and fresh:
            story.enqueue(fresh.pop(0), outcome, span)
        elif choice < 0.5:
            story.receive(rng.choice((*names[: 3 - len(fresh)], None)), outcome, span, by)
        elif choice < 0.65:
            story.dequeue(rng.choice((*names[: 3 - len(fresh)], None)), outcome, span)
        elif choice < 0.8:
            held = [one.output for one in story.operations if one.f == "receive"]
            told = rng.choice([one for one in held if one] or [None])
            if told is not None:
                by = next(one.process for one in story.operations if one.output == told)
                named = outcome is OK or rng.random() < 0.5
                story.acknowledge(told, outcome, span, by, named=named)
        else:
            story.drained(rng.choice((OK, OK, FAIL)), span)
    return sequential(story.operations)


def sequential(operations: list[Operation]) -> list[Operation]:
    """Those that their processes can have run: one at a time, nothing after an unknown outcome."""
    busy: dict[int, int] = {}
    kept = []
    for one in operations:
        if busy.get(one.process, -1) < one.call:
            busy[one.process] = 1 << 30 if one.ret is None else one.ret
            kept.append(one)
    return kept


def agrees_about_loss(seed: int) -> str:
    operations = drawn(random.Random(seed))
    (row, _) = check_total_queue(operations).promises
    explained, cleared = nothing_lost(operations)
    if row.verdict is Verdict.INVALID or not enqueued_while_asked(operations):
        assert (row.verdict is Verdict.INVALID) == (not explained), (seed, row, operations)
    if row.verdict is Verdict.VALID:
        assert cleared, (seed, operations)
    return str(row.verdict)


def enqueued_while_asked(operations: list[Operation]) -> bool:
    """Whether some enqueue was answered while somebody asked whether there is anything."""
    asked = [one for one in operations if one.f != "enqueue" and one.ret is not None]
    ends = [one.ret for one in operations if one.f == "enqueue" and one.ret is not None]
    return any(one.call < end < one.ret for one in asked for end in ends)


def agrees_about_repeats(seed: int) -> bool:
    rng = random.Random(seed)
    story, done = Story().enqueue(1, span=(0, 1)), []
    for by in range(rng.randint(1, 4)):
        call = rng.randint(2, 16)
        story.receive(1, span=(call, call + rng.randint(0, 7)), by=by, hold=rng.randint(0, 6))
        receive = story.operations[-1]
        if rng.random() < 0.2:
            call = receive.ret + rng.randint(1, 4)
            story.acknowledge(1, by=by, span=(call, call + rng.randint(0, 5)))
            done.append(story.operations[-1])
    if rng.random() < 0.2:
        call = rng.randint(2, 20)
        story.dequeue(1, span=(call, call + rng.randint(0, 7)))
        done.append(story.operations[-1])
    (element,) = Queue(None, story.operations).elements.values()
    found = list(repeats(element))
    expected = done_with_once(element.handed_out, done)
    assert bool(found) == (not expected), (seed, found, story.operations)
    return expected


def test_small_histories_agree_with_every_order_of_them():
    verdicts = [agrees_about_loss(seed) for seed in range(400)]
    assert {"valid", "invalid", "unknown"} <= set(verdicts)
    once = [agrees_about_repeats(seed) for seed in range(400)]
    assert 50 < sum(once) < 350


def seen_by_clients(seed: int) -> list[Operation]:
    operations = Clients(seed).operations
    result = check_total_queue(operations)
    assert result.verdict is Verdict.VALID, (seed, result.reason)
    return operations


def test_what_clients_of_a_real_queue_see_is_valid_and_each_tampering_is_not():
    rng = random.Random(1)
    found = set()
    for seed in range(25):
        operations = seen_by_clients(seed)
        acknowledged = [one for one in operations if one.f == "acknowledge" and one.outcome is OK]
        one = rng.choice(acknowledged)
        without = [each for each in operations if each is not one]
        found.update(kinds_of(without))
        again = replace(one, call=10**6, ret=10**6 + 1, process=999, f="dequeue")
        found.update(kinds_of([*operations, again]))
        assert "redelivered after acknowledgement" in kinds_of([*operations, again])
        moved = [
            replace(
                each,
                process=each.process + 5,
                call_ns=each.call_ns + 10**9,
                ret_ns=None if each.ret_ns is None else each.ret_ns + 10**9,
            )
            for each in operations
        ]
        assert check_total_queue(moved).verdict is Verdict.VALID
    assert "not redelivered" in found


def kinds_of(operations: list[Operation]) -> set[str]:
    return {one.kind for one in check_total_queue(operations).violations}


@pytest.mark.thorough
def test_what_clients_of_many_real_queues_see_is_valid():
    for seed in range(25, 3_000):
        seen_by_clients(seed)


@pytest.mark.thorough
def test_many_small_histories_agree_with_every_order_of_them():
    for seed in range(400, 30_000):
        agrees_about_loss(seed)
        agrees_about_repeats(seed)
