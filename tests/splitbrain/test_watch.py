"""A run that is watched ends with the first violation: in virtual time, and on an event loop."""

import asyncio
from random import Random

from checker.online.monitor import Monitor
from clients.client import Completion
from histories.event import EventType, Outcome
from histories.journal import Journal
from nemesis.fault import SymbolicFault
from splitbrain.drivers import AsyncioDriver, LoopClock, VirtualDriver
from splitbrain.generator import Draw, Limit, Mix, Phase, Phases, Repeat, Stagger
from splitbrain.interpreter import Interpreter
from splitbrain.watch import Watch

MS = 10**6
SECOND = 10**9
MIX = Mix(((1.0, Repeat("read")), (1.0, Draw("write", lambda rng, n: n))))


def interpreter(operations=3_000, rate=100.0, **more):
    schedule = Phases(((Phase("main", 60 * SECOND), Limit(Stagger(MIX, rate), operations)),))
    return Interpreter(schedule, Random(0), nodes=("n1",), concurrency=5, **more)


class Register:
    """Answers as a register does, and from ``stale_ns`` on with the value before the last."""

    def __init__(self, stale_ns):
        self.stale_ns = stale_ns
        self.values = [None]

    def answer(self, invocation, now_ns):
        if invocation.f == "write":
            self.values.append(invocation.value)
            return Completion(Outcome.OK, invocation.value)
        old = now_ns >= self.stale_ns and len(self.values) > 3
        return Completion(Outcome.OK, self.values[-3 if old else -1])


def played(stale_ns, faults=()):
    """Virtual time: the events, and when the monitor saw something."""
    register = Register(stale_ns)
    monitor = Monitor("register", compile=False, explain=False)
    seen = []

    def observe(event):
        violation = monitor.feed(event)
        if violation is None and event.type is EventType.OK:
            violation = monitor.probe()
        if violation is not None:
            seen.append((event.time, violation))
            driver.stop()

    machine = interpreter(faults=faults)
    driver = VirtualDriver(
        machine,
        lambda worker, invocation, now_ns: (3 * MS, register.answer(invocation, now_ns)),
        lambda fault, inject, now_ns: (50 * MS, {}),
        observer=observe,
    )
    return machine, driver.run(), seen


def test_a_run_ends_with_the_first_completion_that_is_impossible():
    machine, events, seen = played(stale_ns=5 * SECOND)
    assert machine.stopped and not machine.interrupted
    ((seen_ns, violation),) = seen
    assert violation.details["completed_ns"] == seen_ns
    assert 5 * SECOND < seen_ns < 6 * SECOND
    assert events[-1].time - seen_ns < SECOND


def test_a_correct_run_goes_on_to_its_end():
    machine, events, seen = played(stale_ns=10**18)
    assert not machine.stopped and seen == []
    assert sum(event.type is EventType.INVOKE for event in events) == 3_000


def test_faults_in_force_are_healed_before_a_stopped_run_ends():
    fault = SymbolicFault(0, "partition", "leader", 4 * SECOND, 20 * SECOND, 0)
    machine, events, _ = played(stale_ns=5 * SECOND, faults=(fault,))
    stages = [event.value["stage"] for event in events if event.process == "nemesis"]
    assert stages == ["start", "acknowledged", "heal", "healed"]
    assert machine.stopped and events[-1].time < 7 * SECOND


def test_the_thread_stops_an_event_loop_and_says_when(tmp_path):
    async def run():
        clock = LoopClock()
        register = Register(stale_ns=SECOND // 2)

        class Client:
            def invoke(self, invocation, complete):
                complete(register.answer(invocation, clock.now_ns()))

            async def close(self):
                pass

        journal = Journal(tmp_path / "history.jsonl", {})
        watch = Watch("register")
        watch.warm(500)
        machine = interpreter(operations=100_000, rate=500.0)
        driver = AsyncioDriver(machine, [Client()] * 5, None, journal, clock, watch.observe)
        loop = asyncio.get_running_loop()
        watch.start(clock.now_ns, lambda: loop.call_soon_threadsafe(driver.stop))
        await driver.run()
        watch.close()
        journal.close()
        return machine, watch, clock.now_ns()

    machine, watch, ended_ns = asyncio.run(run())
    assert machine.stopped and watch.trouble is None
    assert watch.stopped is not None
    assert watch.stopped.completed_ns <= watch.stopped.stopped_ns <= ended_ns
    assert ended_ns - watch.stopped.completed_ns < SECOND
    assert "fits into no order" in watch.stopped.sentence


def test_what_cannot_be_watched_is_said_and_stops_nothing():
    watch = Watch("register")
    watch.warm(10)
    watch.start(lambda: 0, lambda: None)
    machine = interpreter(operations=1)
    VirtualDriver(
        machine,
        lambda worker, invocation, now_ns: (MS, Completion(Outcome.OK)),
        observer=lambda event: [watch.observe(event), watch.observe(event)],
    ).run()
    watch.close()
    watch.close()
    assert watch.stopped is None
    assert watch.trouble is not None and "is still open" in watch.trouble
