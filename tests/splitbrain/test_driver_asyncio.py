"""The asyncio driver: order of effects, faults beside the traffic, and ends of all kinds."""

import asyncio
import os
import signal
from random import Random

import pytest

from clients.client import Completion
from histories.event import NEMESIS, EventType, Outcome
from histories.journal import Journal
from nemesis.fault import SymbolicFault
from splitbrain.drivers import AsyncioDriver, LoopClock, drive
from splitbrain.drivers.health import quantile
from splitbrain.generator import Limit, Phase, Phases, Repeat, Stagger
from splitbrain.interpreter import Interpreter

MS = 10**6
OK = Completion(Outcome.OK, 1)


class Script:
    """Journal, clients and nemesis that write down what is done to them, in order."""

    def __init__(self, latency_s=None):
        self.acts = []
        self.pending = []
        self.latency_s = latency_s
        self.fail = {}
        self.gate = None
        self.sending, self.injecting = asyncio.Event(), asyncio.Event()

    def append(self, event):
        self.pending.append(f"{event.type.value} {event.process}")

    def flush(self):
        self.acts += self.pending
        self.pending.clear()

    def invoke(self, invocation, complete):
        self.acts.append(f"send {invocation.process}")
        self.sending.set()
        if self.latency_s is None:
            complete(OK)
        else:
            asyncio.get_running_loop().call_later(self.latency_s, complete, OK)

    async def close(self):
        pass

    async def inject(self, fault):
        return await self._act("inject", fault)

    async def heal(self, fault):
        return await self._act("heal", fault)

    async def _act(self, name, fault):
        self.acts.append(f"{name} {fault.id}")
        self.injecting.set()
        if self.gate is not None and name == "inject":
            await self.gate.wait()
        if error := self.fail.get((name, fault.id)):
            raise error
        return {"did": name}


def machine(generator, concurrency=1, limit_ms=None, faults=()):
    limit_ns = None if limit_ms is None else limit_ms * MS
    return Interpreter(
        Phases(((Phase("main", limit_ns), generator),)),
        Random(0),
        nodes=["n1"],
        concurrency=concurrency,
        faults=faults,
    )


def endless(limit_ms, faults=(), concurrency=1):
    return machine(Stagger(Repeat("read"), 0), concurrency, limit_ms, faults)


def fault(number, start_ms, end_ms):
    return SymbolicFault(number, "kill", "one", start_ms * MS, end_ms * MS, 0.0)


def play(interpreter, script, concurrency=1, **more):
    async def run():
        return await drive(
            interpreter, [script] * concurrency, script, script, clock=LoopClock(), **more
        )

    return asyncio.run(run())


def test_each_request_leaves_after_its_line_is_written_and_each_answer_is_written_first():
    script = Script()
    play(machine(Limit(Repeat("read"), 3)), script)
    assert script.acts == ["invoke 0", "send 0", "ok 0"] * 3


def test_one_turn_writes_the_lines_of_all_workers_before_any_request_leaves():
    script = Script()
    play(machine(Limit(Repeat("read"), 4), concurrency=2), script, concurrency=2)
    assert script.acts == [
        *("invoke 0", "invoke 1", "send 0", "send 1"),
        *("ok 0", "invoke 0", "ok 1", "invoke 1", "send 0", "send 1"),
        *("ok 0", "ok 1"),
    ]


def test_a_client_that_answers_at_once_is_no_recursion():
    script = Script()
    play(machine(Limit(Repeat("read"), 20_000)), script)
    assert script.acts.count("send 0") == 20_000


def test_the_observer_sees_every_event_and_the_journal_on_disk_holds_them(tmp_path):
    seen = []
    journal = Journal(tmp_path / "history.jsonl", {"run": "r"})

    async def run():
        script = Script(latency_s=0.001)
        await drive(
            machine(Limit(Repeat("read"), 20), concurrency=4),
            [script] * 4,
            None,
            journal,
            clock=LoopClock(),
            observer=seen.append,
        )

    asyncio.run(run())
    assert len(seen) == 40
    # Without a close: what the driver flushed is with the operating system already.
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 41
    journal.close()


def test_faults_run_beside_the_traffic():
    script = Script(latency_s=0.001)
    script.gate = asyncio.Event()
    seen = []

    def observe(event):
        seen.append(event)
        since = [e for e in seen if e.process != NEMESIS and e.type is EventType.OK]
        if len(since) == 40:
            script.gate.set()

    play(machine(Limit(Repeat("read"), 200), faults=[fault(0, 0, 1)]), script, observer=observe)
    stages = [e.value["stage"] for e in seen if e.process == NEMESIS]
    assert stages == ["start", "acknowledged", "heal", "healed"]
    acknowledged = next(
        i for i, e in enumerate(seen) if e.process == NEMESIS and e.value["stage"] == "acknowledged"
    )
    assert sum(e.type is EventType.OK for e in seen[:acknowledged]) >= 40
    assert seen[acknowledged].value["did"] == "inject"


@pytest.mark.parametrize("broken", ["inject", "heal"])
def test_an_error_of_the_nemesis_is_raised_once_all_faults_are_healed(broken):
    script = Script(latency_s=0.001)
    script.fail[(broken, 0)] = RuntimeError("the engine is gone")
    faults = [fault(0, 0, 5), fault(1, 0, 60_000)]
    with pytest.raises(RuntimeError, match="the engine is gone"):
        play(endless(60_000, faults), script)
    assert {"heal 0", "heal 1"} <= set(script.acts)


def test_faults_without_a_nemesis_are_an_error_and_not_forgotten():
    script = Script(latency_s=0.001)

    async def run():
        interpreter = endless(60_000, [fault(0, 0, 5)])
        await drive(interpreter, [script], None, script, clock=LoopClock())

    with pytest.raises(RuntimeError, match="no nemesis"):
        asyncio.run(run())


def test_an_error_of_a_client_ends_the_run_and_faults_in_force_are_healed():
    script = Script(latency_s=0.001)
    sent = 0

    def invoke(invocation, complete):
        nonlocal sent
        sent += 1
        if sent == 20:
            raise KeyError("no such f")
        asyncio.get_running_loop().call_later(0.001, complete, OK)

    script.invoke = invoke
    with pytest.raises(KeyError, match="no such f"):
        play(endless(60_000, [fault(0, 0, 50_000)]), script)
    assert script.acts.count("heal 0") == 1


def test_a_journal_that_cannot_be_written_ends_the_run():
    script = Script(latency_s=0.001)

    def flush():
        raise OSError(28, "No space left on device")

    script.flush = flush
    with pytest.raises(OSError, match="No space left"):
        play(endless(60_000), script)
    assert "send 0" not in script.acts


def test_cancelling_the_run_heals_what_is_in_force():
    script = Script(latency_s=0.001)

    async def run():
        interpreter = endless(60_000, [fault(0, 0, 50_000)])
        running = asyncio.create_task(
            drive(interpreter, [script], script, script, clock=LoopClock())
        )
        await script.injecting.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(run())
    assert script.acts[-1] == "heal 0"


def test_a_signal_interrupts_the_run_and_its_handler_is_taken_away_again():
    script = Script(latency_s=0.001)
    interpreter = endless(60_000, [fault(0, 0, 50_000)])

    def observe(event):
        if event.index == 50:
            os.kill(os.getpid(), signal.SIGUSR1)

    play(interpreter, script, observer=observe, signals=[signal.SIGUSR1])
    assert interpreter.interrupted
    assert "heal 0" in script.acts
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL


def test_a_second_interrupt_does_not_wait_for_an_operation_that_hangs():
    script = Script(latency_s=3600)

    async def run():
        driver = AsyncioDriver(endless(60_000), [script], script, script, LoopClock())
        running = asyncio.create_task(driver.run())
        await script.sending.wait()
        driver.interrupt()
        await asyncio.sleep(0.01)
        assert not running.done()
        driver.interrupt()
        await running

    asyncio.run(run())


def test_health_counts_what_never_left():
    script = Script(latency_s=0.05)
    health = play(machine(Stagger(Repeat("read"), 1000), limit_ms=60), script)
    assert health.invocations_dropped > 0
    assert health.lateness_ms_p99 >= health.lateness_ms_p50 > 0
    assert health.loop_lag_ms_max >= health.loop_lag_ms_p99 >= 0


def test_a_quantile_is_a_value_that_was_measured():
    assert quantile([], 0.5) == 0
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([4, 3, 1, 2], 0.5) == 2
    assert quantile(list(range(1, 101)), 0.99) == 99
    assert quantile([5], 0.99) == 5
