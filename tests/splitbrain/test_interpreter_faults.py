"""Faults in a run: injected and healed at their times, and always healed in the end."""

from random import Random

import pytest

from clients.client import Completion
from histories.event import NEMESIS, EventType, Outcome
from nemesis.fault import SymbolicFault
from splitbrain.drivers import VirtualDriver, drive_virtual
from splitbrain.generator import Invoke, Listed, Phase, Phases, Repeat, Stagger
from splitbrain.interpreter import (
    FaultFailed,
    FaultHealed,
    FaultStarted,
    Finish,
    Heal,
    Inject,
    Interpreter,
    Journal,
    Start,
    Wake,
)

MS = 10**6
OK = Completion(Outcome.OK)
READ = Listed((Invoke(0, "read"),))


def fault(number, start_ms, end_ms, kind="kill"):
    return SymbolicFault(number, kind, "leader", start_ms * MS, end_ms * MS, 0.5)


def run_of(faults, *parts, concurrency=1):
    return Interpreter(
        Phases(parts or ((Phase("main", 100 * MS), Stagger(Repeat("read"), 0)),)),
        Random(0),
        nodes=["n1"],
        concurrency=concurrency,
        faults=faults,
    )


def client(latency_ms=7):
    return lambda worker, invocation, now_ns: (latency_ms * MS, OK)


def slow(inject_ms=0, heal_ms=0):
    """A nemesis that takes its time, and tells details."""
    return lambda symbolic, inject, now_ns: (
        (inject_ms if inject else heal_ms) * MS,
        {"nodes": ["n1"]} if inject else {"packets": 3},
    )


def stages(events):
    return [
        (event.time // MS, event.value["fault"], event.value["stage"])
        for event in events
        if event.process == NEMESIS
    ]


def test_a_fault_begins_and_ends_at_its_times_and_each_stage_is_journaled():
    events = drive_virtual(run_of([fault(4, 20, 50)]), client(), slow(3, 5))
    assert stages(events) == [
        (20, 4, "start"),
        (23, 4, "acknowledged"),
        (50, 4, "heal"),
        (55, 4, "healed"),
    ]
    noted = [event for event in events if event.process == NEMESIS]
    assert all(event.type is EventType.INFO and event.f == "kill" for event in noted)
    assert noted[1].value == {
        "fault": 4,
        "stage": "acknowledged",
        "target": "leader",
        "nodes": ["n1"],
    }
    assert noted[3].value["packets"] == 3


def test_the_start_of_a_fault_is_journaled_before_it_is_injected():
    machine = run_of([fault(0, 0, 50)])
    kinds = [
        type(i)
        for i in machine.handle(Start(0))
        if isinstance(i, Inject) or (isinstance(i, Journal) and i.event.process == NEMESIS)
    ]
    assert kinds == [Journal, Inject]


def test_faults_may_overlap_and_do_not_hold_up_the_traffic():
    events = drive_virtual(run_of([fault(0, 10, 60), fault(1, 30, 80)]), client(10), slow(25, 1))
    assert [stage for stage in stages(events) if stage[2] in ("start", "heal")] == [
        (10, 0, "start"),
        (30, 1, "start"),
        (60, 0, "heal"),
        (80, 1, "heal"),
    ]
    assert sum(event.type is EventType.INVOKE for event in events) == 10


def test_a_fault_that_is_slow_to_begin_is_healed_once_it_has_begun():
    events = drive_virtual(run_of([fault(0, 10, 20)]), client(), slow(30, 0))
    assert stages(events)[1:3] == [(40, 0, "acknowledged"), (40, 0, "heal")]


def test_times_of_faults_count_from_the_main_phases_start():
    warm_up = (Phase("warm-up"), Listed((Invoke(40 * MS, "read"),)))
    main = (Phase("main", 100 * MS), Stagger(Repeat("read"), 0))
    events = drive_virtual(run_of([fault(0, 10, 20)], warm_up, main), client(2))
    assert stages(events)[0] == (52, 0, "start")


def test_no_fault_begins_at_or_after_the_main_phases_end():
    events = drive_virtual(run_of([fault(0, 99, 120), fault(1, 100, 120)]), client())
    assert {number for _, number, _ in stages(events)} == {0}


def test_a_phase_with_heal_waits_until_every_fault_is_healed_and_then_for_quiet():
    main = (Phase("main", 100 * MS), Stagger(Repeat("read"), 0))
    final = (Phase("final", heal=True, quiet_ns=50 * MS), READ)
    events = drive_virtual(run_of([fault(0, 90, 500)], main, final), client(), slow(0, 30))
    assert stages(events)[2:] == [(100, 0, "heal"), (130, 0, "healed")]
    assert [e.time // MS for e in events if e.type is EventType.INVOKE][-1] == 180


def test_a_phase_without_heal_goes_on_under_the_fault_which_ends_at_its_time():
    main = (Phase("main", 100 * MS), Stagger(Repeat("read"), 0))
    after = (Phase("after", 100 * MS), Stagger(Repeat("read"), 0))
    events = drive_virtual(run_of([fault(0, 90, 160)], main, after), client(10))
    assert stages(events)[2:] == [(160, 0, "heal"), (160, 0, "healed")]
    assert max(event.time for event in events) // MS == 200


def test_the_run_does_not_finish_before_its_faults_are_healed():
    machine = run_of([fault(0, 10, 500)], (Phase("main", 100 * MS), READ))
    driver = VirtualDriver(
        machine, lambda worker, invocation, now_ns: (20 * MS, OK), slow(heal_ms=400)
    )
    events = driver.run()
    # The phase is over as soon as its only item has left, so this fault never begins.
    assert stages(events) == []
    machine = run_of([fault(0, 10, 500)])
    driver = VirtualDriver(machine, client(), slow(heal_ms=400))
    assert stages(driver.run())[-1] == (500, 0, "healed")
    assert driver.clock.now_ns() == 500 * MS


def test_an_interrupt_heals_at_once_and_begins_no_other_fault():
    driver = VirtualDriver(run_of([fault(0, 10, 90), fault(1, 40, 90)]), client(), slow())
    driver.clock.call_at(30 * MS, driver.interrupt)
    assert stages(driver.run())[2:] == [(30, 0, "heal"), (30, 0, "healed")]


def test_a_second_interrupt_still_waits_for_the_heal():
    driver = VirtualDriver(run_of([fault(0, 10, 90)]), client(), slow(heal_ms=200))
    for ms in (30, 31):
        driver.clock.call_at(ms * MS, driver.interrupt)
    assert stages(driver.run())[-1] == (230, 0, "healed")


def handled(machine, *inputs):
    return [instruction for given in inputs for instruction in machine.handle(given)]


def kinds(instructions, *wanted):
    return [type(i) for i in instructions if isinstance(i, wanted)]


def test_a_fault_that_could_not_be_injected_is_healed_and_ends_the_run():
    faults = [fault(0, 0, 90), fault(1, 50, 90)]
    machine = run_of(faults, (Phase("main", 100 * MS), Listed((Invoke(99 * MS, "read"),))))
    handled(machine, Start(0))
    out = handled(machine, FaultFailed(0, 5, "no such container"))
    assert kinds(out, Heal, Finish) == [Heal]
    noted = [i.event.value for i in out if isinstance(i, Journal)]
    assert noted[0]["stage"] == "failed"
    assert noted[0]["error"] == "no such container"
    assert kinds(handled(machine, FaultHealed(0, 6, {})), Heal, Finish) == [Finish]


def test_a_heal_that_fails_does_not_keep_the_other_faults_from_being_healed():
    faults = [fault(0, 0, 10), fault(1, 0, 90)]
    machine = run_of(faults, (Phase("main", 100 * MS), Listed((Invoke(99 * MS, "read"),))))
    handled(machine, Start(0), FaultStarted(0, 1, {}), FaultStarted(1, 1, {}))
    assert kinds(handled(machine, Wake(10 * MS)), Heal) == [Heal]
    assert kinds(handled(machine, FaultFailed(0, 11 * MS, "gone")), Heal, Finish) == [Heal]
    assert machine.faults_in_force == [faults[1]]
    assert kinds(handled(machine, FaultHealed(1, 12 * MS, {})), Finish) == [Finish]


def test_an_acknowledgement_that_nobody_waits_for_is_the_drivers_mistake():
    machine = run_of([fault(0, 50, 90)])
    machine.handle(Start(0))
    with pytest.raises(ValueError, match="fault 0 is planned, expected starting"):
        machine.handle(FaultStarted(0, 1, {}))


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ([fault(0, 1, 2), fault(0, 3, 4)], "same id"),
        ([fault(0, 5, 4)], "ends before it starts"),
    ],
)
def test_refuses_a_timeline_that_makes_no_sense(faults, message):
    with pytest.raises(ValueError, match=message):
        run_of(faults)
