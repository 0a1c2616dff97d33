"""The interpreter's rules, one by one, in virtual time."""

from random import Random

import pytest

from clients.client import Completion, Invocation
from histories.event import EventType, Outcome
from splitbrain.drivers import Stuck, VirtualDriver, drive_virtual
from splitbrain.generator import (
    Draw,
    Each,
    Invoke,
    Limit,
    Listed,
    Phase,
    Phases,
    Repeat,
    Reserve,
    Stagger,
)
from splitbrain.interpreter import Completed, Interpreter, Journal, Send, Start

MS = 10**6
SECOND = 10**9
OK = Completion(Outcome.OK)
FAIL = Completion(Outcome.FAIL, None, "no-leader")
INFO = Completion(Outcome.INFO, None, "timeout")


def main_phase(generator, limit_ns=None):
    return Phases(((Phase("main", limit_ns), generator),))


def listed(*times, f="read"):
    return Listed(tuple(Invoke(at_ns, f) for at_ns in times))


def interpreter(schedule, concurrency=2, nodes=("n1",), **more):
    return Interpreter(schedule, Random(0), nodes=nodes, concurrency=concurrency, **more)


def always(completion, latency_ns=MS):
    return lambda worker, invocation, now_ns: (latency_ns, completion)


def told(events):
    """The events as short words: time in ms, process, type, value."""
    return [(e.time // MS, e.process, e.type.value, e.value) for e in events]


def test_an_operation_is_journaled_before_it_is_sent():
    machine = interpreter(main_phase(listed(0)))
    instructions = machine.handle(Start(0))
    kinds = [type(instruction) for instruction in instructions]
    assert kinds.index(Journal) < kinds.index(Send)


def test_a_completion_is_journaled_before_its_process_invokes_again():
    machine = interpreter(main_phase(Limit(Repeat("read"), 9)), concurrency=1)
    machine.handle(Start(0))
    out = machine.handle(Completed(0, OK, 5))
    assert [i.event.type for i in out if isinstance(i, Journal)] == ["ok", "invoke"]
    assert isinstance(out[-1], Send)


def test_items_leave_at_their_times():
    events = drive_virtual(interpreter(main_phase(listed(0, 10 * MS, 30 * MS))), always(OK))
    assert told(events) == [
        (0, 0, "invoke", None),
        (1, 0, "ok", None),
        (10, 1, "invoke", None),
        (11, 1, "ok", None),
        (30, 0, "invoke", None),
        (31, 0, "ok", None),
    ]


def test_items_that_find_no_free_worker_wait_and_their_lateness_is_kept():
    machine = interpreter(main_phase(listed(1 * MS, 2 * MS, 3 * MS)), concurrency=1)
    events = drive_virtual(machine, always(OK, latency_ns=10 * MS))
    invoked = [event.time // MS for event in events if event.type is EventType.INVOKE]
    assert invoked == [1, 11, 21]
    assert [late // MS for late in machine.lateness_ns] == [0, 9, 18]


def test_without_times_an_item_leaves_as_soon_as_a_worker_is_free():
    machine = interpreter(main_phase(Limit(Stagger(Repeat("read"), 0), 6)), concurrency=2)
    events = drive_virtual(machine, always(OK, latency_ns=10 * MS))
    invoked = [event.time // MS for event in events if event.type is EventType.INVOKE]
    assert invoked == [0, 0, 10, 10, 20, 20]
    assert list(machine.lateness_ns) == []


def test_the_worker_idle_for_longest_is_next():
    schedule = main_phase(listed(0, 0, 0, 20 * MS, 20 * MS, 20 * MS))
    latencies = {0: 9 * MS, 1: 3 * MS, 2: 6 * MS}
    events = drive_virtual(
        interpreter(schedule, concurrency=3),
        lambda worker, invocation, now_ns: (latencies[worker], OK),
    )
    invoked = [event.process for event in events if event.type is EventType.INVOKE]
    assert invoked == [0, 1, 2, 1, 2, 0]


def test_after_info_the_worker_goes_on_under_process_plus_concurrency():
    outcomes = iter([OK, INFO, FAIL, INFO, OK])
    events = drive_virtual(
        interpreter(main_phase(Limit(Repeat("read"), 5)), concurrency=1),
        lambda worker, invocation, now_ns: (MS, next(outcomes)),
    )
    told_of = [(event.process, event.type.value) for event in events]
    assert told_of == [
        (0, "invoke"),
        (0, "ok"),
        (0, "invoke"),
        (0, "info"),
        (1, "invoke"),
        (1, "fail"),
        (1, "invoke"),
        (1, "info"),
        (2, "invoke"),
        (2, "ok"),
    ]


def test_workers_are_pinned_to_nodes_and_events_name_them():
    schedule = main_phase(Limit(Repeat("read"), 6))
    events = drive_virtual(interpreter(schedule, 6, nodes=("a", "b")), always(INFO))
    assert {(e.process % 6, e.node) for e in events} == {
        (0, "a"),
        (1, "b"),
        (2, "a"),
        (3, "b"),
        (4, "a"),
        (5, "b"),
    }


def test_a_completion_without_a_value_repeats_the_invocations():
    replies = {"read": Completion(Outcome.OK, 7), "cas": Completion(Outcome.FAIL, None, "mismatch")}
    schedule = main_phase(Listed((Invoke(0, "read", "x"), Invoke(0, "cas", "x", [1, 2]))))
    events = drive_virtual(
        interpreter(schedule), lambda worker, invocation, now_ns: (MS, replies[invocation.f])
    )
    assert [(e.type.value, e.f, e.key, e.value, e.error) for e in events[2:]] == [
        ("ok", "read", "x", 7, None),
        ("fail", "cas", "x", [1, 2], "mismatch"),
    ]


def test_an_item_for_a_node_is_done_by_that_nodes_workers():
    schedule = main_phase(Each(Limit(Repeat("read"), 3), nodes=3))
    events = drive_virtual(interpreter(schedule, 4, nodes=("a", "b", "c")), always(OK))
    invoked = [event.node for event in events if event.type is EventType.INVOKE]
    assert sorted(invoked) == ["a"] * 3 + ["b"] * 3 + ["c"] * 3


def test_a_node_whose_workers_are_busy_does_not_hold_up_the_others():
    schedule = main_phase(Each(Limit(Repeat("read"), 2), nodes=2))
    events = drive_virtual(
        interpreter(schedule, 2, nodes=("slow", "fast")),
        lambda worker, invocation, now_ns: (SECOND if worker == 0 else MS, OK),
    )
    fast = [event.time // MS for event in events if event.node == "fast"]
    assert max(fast) == 2


def test_lanes_keep_workers_for_their_generator():
    reserve = Reserve(((1, Repeat("a")), (2, Repeat("b"))), rest=Repeat("c"))
    machine = interpreter(main_phase(reserve, 20 * MS), concurrency=5, lanes=reserve.sizes)
    seen = {}

    def client(worker, invocation, now_ns):
        seen.setdefault(invocation.f, set()).add(worker)
        return MS, OK

    drive_virtual(machine, client)
    assert seen == {"a": {0}, "b": {1, 2}, "c": {3, 4}}


def test_items_that_no_worker_may_ever_do_are_dropped_and_counted():
    machine = interpreter(main_phase(Each(listed(0), nodes=5)), 3, nodes=tuple("abcde"))
    events = drive_virtual(machine, always(OK))
    assert [event.node for event in events if event.type is EventType.INVOKE] == ["a", "b", "c"]
    assert machine.dropped == {"main": 2}


def test_a_phase_waits_for_open_operations_and_then_for_quiet():
    schedule = Phases(
        (
            (Phase("main", 10 * MS), listed(0, 5 * MS)),
            (Phase("final", quiet_ns=100 * MS), listed(0, 3 * MS)),
        )
    )
    events = drive_virtual(interpreter(schedule), always(OK, latency_ns=50 * MS))
    assert [t[0] for t in told(events)] == [0, 5, 50, 55, 155, 158, 205, 208]


def test_a_phase_ends_at_its_limit_and_what_was_due_and_did_not_leave_is_counted():
    schedule = main_phase(listed(*(at * MS for at in range(1, 30))), limit_ns=10 * MS)
    machine = interpreter(schedule, concurrency=1)
    events = drive_virtual(machine, always(OK, latency_ns=4 * MS))
    invoked = [event.time // MS for event in events if event.type is EventType.INVOKE]
    assert invoked == [1, 5, 9]
    # Due by 10 ms were items 1 to 10, and three left.
    assert machine.dropped == {"main": 7}


def test_an_endless_phase_ends_at_its_limit_and_drops_nothing():
    machine = interpreter(main_phase(Stagger(Repeat("read"), 0), limit_ns=SECOND), concurrency=3)
    events = drive_virtual(machine, always(OK, latency_ns=100 * MS))
    assert len(events) == 2 * 3 * 10
    assert machine.dropped == {"main": 0}


def test_an_interrupt_stops_invoking_and_waits_for_what_is_open():
    schedule = Phases(
        (
            (Phase("main"), Stagger(Repeat("read"), 0)),
            (Phase("final"), Draw("never", lambda rng, n: n)),
        )
    )
    machine = interpreter(schedule, concurrency=2)
    driver = VirtualDriver(machine, always(OK, latency_ns=40 * MS))
    driver.clock.call_at(100 * MS, driver.interrupt)
    events = driver.run()
    assert max(event.time for event in events) == 120 * MS
    assert sum(event.type is EventType.INVOKE for event in events) == 6
    assert len(events) == 12
    assert machine.interrupted


def test_a_second_interrupt_leaves_open_operations_indeterminate():
    driver = VirtualDriver(interpreter(main_phase(listed(0))), always(OK, latency_ns=SECOND))
    driver.clock.call_at(10 * MS, driver.interrupt)
    driver.clock.call_at(20 * MS, driver.interrupt)
    assert told(driver.run()) == [(0, 0, "invoke", None)]
    assert driver.clock.now_ns() == 20 * MS


def test_a_schedule_without_phases_finishes_at_once():
    assert drive_virtual(interpreter(Phases(())), always(OK)) == []


def test_time_that_runs_backwards_counts_as_now():
    machine = interpreter(main_phase(listed(0)))
    machine.handle(Start(10 * MS))
    (journal, *_) = machine.handle(Completed(0, OK, 2 * MS))
    assert isinstance(journal, Journal)
    assert journal.event.time == 10 * MS


def test_a_completion_for_nothing_is_the_drivers_mistake():
    machine = interpreter(main_phase(listed(0)), concurrency=2)
    machine.handle(Start(0))
    with pytest.raises(ValueError, match="worker 1 completed an operation but has none open"):
        machine.handle(Completed(1, OK, 1))


def test_a_run_is_started_once():
    machine = interpreter(main_phase(listed(0)))
    machine.handle(Start(0))
    with pytest.raises(ValueError, match="started once"):
        machine.handle(Start(1))


def test_a_client_that_never_completes_leaves_the_run_stuck_and_says_where():
    class Silent(VirtualDriver):
        def _obey(self, instruction):
            if not isinstance(instruction, Send):
                super()._obey(instruction)

    with pytest.raises(Stuck, match=r"in phase 'closing' \(barrier\) with 1 operations open"):
        Silent(interpreter(main_phase(listed(0))), always(OK)).run()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"concurrency": 0}, "0 workers"),
        ({"nodes": ()}, "0 nodes"),
        ({"lanes": (2, 1)}, "more than the 2 workers"),
    ],
)
def test_refuses_a_cluster_that_cannot_be(more, message):
    with pytest.raises(ValueError, match=message):
        interpreter(main_phase(listed(0)), **more)


def test_invocations_carry_what_the_item_says():
    machine = interpreter(main_phase(Listed((Invoke(0, "cas", "x", [1, 2]),))))
    sends = [i for i in machine.handle(Start(0)) if isinstance(i, Send)]
    assert sends == [Send(0, Invocation(0, "cas", "x", [1, 2]))]
