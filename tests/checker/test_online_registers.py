"""A register followed event by event, against an engine without any pruning, on every prefix."""

import random

import frontier
import pytest
import random_histories
from online_feeding import cut, events_of, first_impossible, in_sequence, with_crashes

from checker.online import configurations, registers
from checker.online.attempt import Attempt
from checker.online.engine import Engine
from checker.online.limits import Limits
from checker.online.registers import RegisterKey
from checker.reading import READINGS, SPLITBRAIN
from histories.event import Event, EventType, Operation, Outcome

# Together on one worker: the kernels they compile are the same.
pytestmark = pytest.mark.xdist_group("online-registers")


def key(reading=SPLITBRAIN, limits=None, compiled=False):
    engine = Engine(compile=False)
    if compiled:
        engine.warm()
    return RegisterKey(reading, engine, limits or Limits())


def follow(follower, events, probe=True):
    """(event, call of the culprit) at the first event after which nothing is possible."""
    open_ = {}
    for event in events:
        if event.type is EventType.INVOKE:
            attempt = open_[event.process] = Attempt(event)
            follower.call(attempt)
            continue
        attempt = open_.pop(event.process)
        attempt.complete(event)
        follower.complete(attempt)
        if probe and (culprit := follower.probe()) is not None:
            return event.index, culprit.call
    culprit = follower.probe()
    return None if culprit is None else (None, culprit.call)


def drawn(rng, size):
    operations = random_histories.concurrent(
        rng,
        operations=rng.randint(1, size),
        processes=rng.randint(1, 6),
        values=(values := rng.choice((2, 3, 4, 20))),
        crashed=rng.choice((0.0, 0.1, 0.3)),
        failed=rng.choice((0.0, 0.1)),
        cas=rng.choice((0.0, 0.2, 0.5, 0.9)),
        eager=rng.choice((0.2, 0.3, 0.5, 0.7)),
    )
    if rng.random() < 0.6:
        operations = random_histories.mutated(rng, operations, values)
    return in_sequence(operations)


def few_crashed(operations):
    return sum(one.ret is None for one in operations) <= 8


def test_every_prefix_is_judged_as_by_an_engine_without_pruning_and_the_culprit_is_the_same():
    invalid = 0
    for seed in range(1500):
        rng = random.Random(seed)
        operations = drawn(rng, 9)
        reading = rng.choice(list(READINGS.values()))
        if few_crashed(operations):
            expected = first_impossible(operations, "cas-register", reading)
            found = follow(key(reading), with_crashes(rng, operations))
            assert found == expected, (seed, operations)
            invalid += expected is not None
    assert invalid > 300


def test_longer_histories_in_batches_with_classes_taken_off_the_board_as_soon_as_possible(
    monkeypatch,
):
    monkeypatch.setattr(registers, "BATCH", 25)
    monkeypatch.setattr(registers, "COLUMNS_TIDY", 0)
    monkeypatch.setattr(registers, "SLOTS_FIRST", 1)
    for seed in range(10_000, 10_150):
        rng = random.Random(seed)
        operations = drawn(rng, 35)
        if few_crashed(operations):
            stuck = frontier.first_stuck(operations)
            expected = None if stuck is None else (None, stuck.call)
            assert follow(key(), with_crashes(rng, operations), probe=False) == expected, seed


def test_crashed_operations_that_are_not_counted_never_make_an_accusation_wrong(monkeypatch):
    """With nothing held in reserve they run out, and then the key is unknown, not refuted."""
    monkeypatch.setattr(configurations, "RESERVE", 0)
    monkeypatch.setattr(registers, "COLUMNS_TIDY", 0)
    invalid = unknown = 0
    for seed in range(30_000, 30_500):
        rng = random.Random(seed)
        operations = random_histories.concurrent(
            *(rng, rng.randint(10, 25), rng.randint(2, 5), 2, 0.35, 0.0),
            cas=rng.choice((0.0, 0.3, 0.6)),
            eager=0.3,
        )
        if rng.random() < 0.7:
            operations = random_histories.mutated(rng, operations, 2)
        operations = in_sequence(operations)
        if few_crashed(operations):
            follower = key()
            found = follow(follower, with_crashes(rng, operations, 0.8), probe=False)
            if follower.trouble is None:
                stuck = frontier.first_stuck(operations)
                assert found == (None if stuck is None else (None, stuck.call)), seed
                invalid += found is not None
            unknown += follower.trouble is not None
    assert invalid > 50


@pytest.mark.thorough
def test_compiled_kernels_say_the_same_as_plain_ones():
    for seed in range(20_000, 20_120):
        rng = random.Random(seed)
        operations = drawn(rng, 60)
        events = list(with_crashes(rng, operations))
        probe = rng.random() < 0.3
        assert follow(key(), events, probe) == follow(key(compiled=True), events, probe), seed


def unique(rng, operations, clients):
    """A correct register under busy clients, no value written twice."""
    told, state, doing, index, fresh = [], None, {}, 0, 0
    while len(told) < operations:
        process = rng.randrange(clients)
        one = doing.get(process)
        if one is None:
            fresh += 1
            doing[process] = [rng.choice(("read", "write")), fresh, index, None, False]
        elif not one[4]:
            state = one[1] if one[0] == "write" else state
            one[3], one[4] = state, True
            continue
        else:
            del doing[process]
            written = one[1] if one[0] == "write" else None
            told.append(
                Operation(one[2], index, process, one[0], None, written, one[3], Outcome.OK, 0, 0)
            )
        index += 1
    for process, one in doing.items():
        written = one[1] if one[0] == "write" else None
        told.append(
            Operation(one[2], None, process, one[0], None, written, None, Outcome.INFO, 0, None)
        )
    return sorted(told, key=lambda operation: operation.call)


def test_unique_values_under_busy_clients_keep_the_frontier_small():
    rng = random.Random(5)
    operations = in_sequence(unique(rng, 400, 50))
    follower = key()
    most = 0
    open_ = {}
    for event in events_of(operations):
        if event.type is EventType.INVOKE:
            open_[event.process] = Attempt(event)
            follower.call(open_[event.process])
        else:
            attempt = open_.pop(event.process)
            attempt.complete(event)
            follower.complete(attempt)
            follower.flush()
            most = max(most, follower.configurations())
    assert follower.probe() is None and follower.trouble is None
    assert 1 < most < 60


def test_a_stale_read_among_unique_values_is_found_at_its_completion():
    for seed in range(40):
        rng = random.Random(seed)
        operations = in_sequence(unique(rng, 30, 4))
        at = rng.randrange(len(operations))
        if operations[at].f == "read":
            values = [one.input for one in operations if one.f == "write"]
            one = operations[at]
            operations[at] = Operation(
                *(one.call, one.ret, one.process, "read", None, None),
                *(rng.choice(values), Outcome.OK, 0, 0),
            )
        expected = first_impossible(operations, "register")
        assert follow(key(), events_of(operations)) == expected, seed


def test_what_open_operations_may_still_do_is_not_held_against_anybody():
    """A read of a value whose write is open, and which then fails: only then is it impossible."""
    events = [
        Event(0, 0, 0, EventType.INVOKE, "write", None, 7),
        Event(1, 1, 1, EventType.INVOKE, "read"),
        Event(2, 2, 1, EventType.OK, "read", None, 7),
        Event(3, 3, 0, EventType.FAIL, "write", None, 7, None, "busy"),
    ]
    assert follow(key(), events[:3]) is None
    assert follow(key(), events) == (3, 1)


def test_values_of_any_kind_are_told_apart():
    for written, read, same in (
        (1, 1.0, True),
        (1, True, False),
        ("1", 1, False),
        ([1, 2], [1, 2], True),
        ({"a": 1}, {"a": 1}, True),
        (2**70, 2**70, True),
        (2**70, 2**70 + 1, False),
        (-1, None, False),
    ):
        events = [
            Event(0, 0, 0, EventType.INVOKE, "write", None, written),
            Event(1, 1, 0, EventType.OK, "write", None, written),
            Event(2, 2, 1, EventType.INVOKE, "read"),
            Event(3, 3, 1, EventType.OK, "read", None, read),
        ]
        assert (follow(key(), events) is None) == same, (written, read)


def long_run(operations, clients=4, crashed=0.0):
    """Events of a correct register, values never written twice, strings."""
    rng = random.Random(1)
    state, process = None, list(range(clients))
    doing = {}
    for index in range(operations):
        c = rng.randrange(clients)
        if c in doing:
            f, value = doing.pop(c)
            answer = state if f == "read" else value
            if f == "write":
                state = value
            if f == "write" and rng.random() < crashed:
                yield Event(index, index, process[c], EventType.INFO, f, None, value)
                process[c] = 100 + index
            else:
                yield Event(index, index, process[c], EventType.OK, f, None, answer)
        else:
            doing[c] = rng.choice((("read", None), ("write", f"value {index}")))
            f, value = doing[c]
            yield Event(index, index, process[c], EventType.INVOKE, f, None, value)
        index += 1


def test_memory_does_not_grow_with_a_run_whose_values_never_come_again():
    sizes = []
    for operations in (8_000, 32_000):
        follower = key(compiled=True)
        assert follow(follower, long_run(operations), probe=False) is None
        sizes.append((len(follower.numbers), follower.layout.cells, len(follower.window)))
    assert sizes[1][0] < 3_000
    assert sizes[1][1] <= sizes[0][1]
    assert sizes[1][2] < 20


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(crashed_max=5, columns_max=2), "indeterminate operations"),
        (Limits(open_max=8), "are open at once"),
    ],
)
def test_beyond_its_limits_a_key_is_unknown_and_says_so(limits, why):
    follower = key(limits=limits)
    clients = 20 if limits.open_max == 8 else 4
    assert follow(follower, long_run(3_000, clients, crashed=0.3), probe=False) is None
    assert follower.trouble is not None and why in follower.trouble


def test_too_many_configurations_make_a_key_unknown():
    follower = key(limits=Limits(rows_max=64))
    rng = random.Random(3)
    operations = random_histories.concurrent(rng, 60, 25, 3, 0.3, 0.0, cas=0.9, eager=0.05)
    assert follow(follower, with_crashes(rng, in_sequence(operations))) is None
    assert follower.trouble is not None and "more than 64 configurations" in follower.trouble


def test_an_open_operation_holds_up_nothing_for_ever():
    follower = key()
    stuck = Attempt(Event(0, 0, 99, EventType.INVOKE, "write", None, "late"))
    follower.call(stuck)
    events = (
        Event(e.index + 1, e.time, e.process, e.type, e.f, e.key, e.value) for e in long_run(200)
    )
    assert follow(follower, events, probe=False) is None
    assert follower.waiting() > 190
    assert follower.give_up_on_first() is stuck
    assert follower.waiting() < 20


def test_a_prefix_says_no_more_than_was_known_then():
    operations = [
        Operation(0, 3, 0, "write", None, 1, 1, Outcome.OK, 0, 0),
        Operation(1, 2, 1, "read", None, None, 1, Outcome.OK, 0, 0),
    ]
    known = cut(operations, 2)
    assert [one.outcome for one in known] == [Outcome.INFO, Outcome.OK]
