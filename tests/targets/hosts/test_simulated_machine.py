"""A simulated machine and its process, with a core that is easy to follow."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import pytest

from nemesis.victim import ClockFault
from targets.hosts.simulated import SimulatedHost, run_virtual
from targets.hosts.simulated.machine import SimulatedMachine
from targets.nodes.effects import (
    Effect,
    Elapsed,
    Event,
    Fsync,
    Note,
    Received,
    Reply,
    Requested,
    Send,
    SetTimer,
    Started,
    Synced,
    Undelivered,
    Write,
)
from targets.systems.requests import ask
from targets.target import CoreArguments, HostUnavailable, Launch, ProcessState, RunIdentity

PORT = 7000
RUN: Any = RunIdentity("run", None, 0, 0, "")  # type: ignore[arg-type]


class Notebook:
    """A core that keeps what it is told: ``keep`` writes, syncs and only then answers.

    ``tell`` passes a word to all peers; a timer ticks once a second of its own clock.
    """

    def __init__(self, node: str, members: Any, records: list[bytes], options: Any) -> None:
        self.node = node
        self.peers = [member for member in members if member != node]
        self.kept = records
        self.reached: dict[str, int] = {}
        self.clock: Callable[[], float] = lambda: 0.0
        self.heard: list[Any] = []
        self.undelivered = 0
        self.ticks: list[float] = []

    def step(self, events: list[Event]) -> list[Effect]:
        effects: list[Effect] = []
        for event in events:
            effects += self.on(event)
        return effects

    def on(self, event: Event) -> list[Effect]:
        match event:
            case Started():
                return [Note(f"has {len(self.kept)} records"), SetTimer("tick", 1.0)]
            case Elapsed():
                self.ticks.append(self.clock())
                return [SetTimer("tick", 1.0)]
            case Received(peer, message):
                self.heard.append((peer, message))
            case Undelivered():
                self.undelivered += 1
            case Requested(origin, {"f": "keep", "value": value}):
                self.kept.append(value.encode())
                done = Reply(origin, {"ok": True, "value": len(self.kept)})
                return [Write([value.encode()]), Fsync(0, 0), done]
            case Requested(origin, {"f": "tell", "value": value}):
                sends: list[Effect] = [Send(peer, value) for peer in self.peers]
                return [*sends, Reply(origin, {"ok": True, "value": None})]
            case Requested(origin, {"f": "fail"}):
                raise RuntimeError("a bug of the core")
            case Requested(origin, _):
                return [Reply(origin, {"ok": True, "value": self.status()})]
            case Synced():
                pass
        return []

    def status(self) -> dict[str, Any]:
        return {
            "kept": [record.decode() for record in self.kept],
            "heard": self.heard,
            "undelivered": self.undelivered,
            "ticks": len(self.ticks),
        }


class NoOptions:
    @staticmethod
    def from_texts(texts: Any) -> None:
        return None


@pytest.fixture(autouse=True)
def notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """The core, where the machine looks for it."""
    module = ModuleType("notebook.make")

    def make_core(
        node: str, members: Any, records: list[bytes], *, options: Any, **_: Any
    ) -> Notebook:
        return Notebook(node, members, records, options)

    module.make_core, module.Options = make_core, NoOptions  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "notebook", ModuleType("notebook"))
    monkeypatch.setitem(sys.modules, "notebook.make", module)


Machines = dict[str, SimulatedMachine]


def launch(name: str) -> Launch:
    return Launch("notebook", (), (PORT,), core=CoreArguments(name, ("n1", "n2", "n3")))


def simulate(scenario: Callable[[Machines], Awaitable[None]], seed: int = 1) -> None:
    async def main() -> None:
        host = SimulatedHost(lambda name: random.Random(f"{seed}/{name}"))
        machines = dict(await host.open(RUN, ["n1", "n2", "n3"]))
        for name, machine in machines.items():
            await machine.start(launch(name))
        await asyncio.sleep(1.0)
        await scenario(machines)
        assert await host.close() == []

    run_virtual(main())


async def request(machine: SimulatedMachine, f: str, value: Any = None) -> Any:
    return await ask(machine.endpoint(PORT), {"f": f, "value": value}, 2.0)


async def seen(machine: SimulatedMachine) -> dict[str, Any]:
    answer = await request(machine, "status")
    return dict(answer["value"])


async def written(machine: SimulatedMachine) -> None:
    """Until something is written and not yet synced."""
    while not machine.disk.unsynced:  # noqa: ASYNC110
        await asyncio.sleep(0.000_05)


def test_a_killed_node_has_all_it_wrote_when_it_comes_back() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        for word in ("one", "two"):
            assert (await request(n1, "keep", word))["ok"]
        await n1.kill()
        assert await n1.state() is ProcessState.DEAD
        assert await request(n1, "status") is None
        await n1.start(launch("n1"))
        await asyncio.sleep(0.5)
        assert (await seen(n1))["kept"] == ["one", "two"]

    simulate(scenario)


def test_power_lost_in_the_middle_of_a_sync_takes_the_write_and_nobody_was_answered() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        assert (await request(n1, "keep", "one"))["ok"]
        asking = asyncio.ensure_future(request(n1, "keep", "two"))
        await written(n1)
        await n1.lose_power()
        assert await asking is None
        await n1.start(launch("n1"))
        await asyncio.sleep(0.5)
        assert (await seen(n1))["kept"] == ["one"]

    simulate(scenario)


def test_a_kill_in_the_middle_of_a_sync_keeps_the_write_and_nobody_was_answered() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        asking = asyncio.ensure_future(request(n1, "keep", "one"))
        await written(n1)
        await n1.kill()
        assert await asking is None
        await n1.start(launch("n1"))
        await asyncio.sleep(0.5)
        assert (await seen(n1))["kept"] == ["one"]

    simulate(scenario)


def test_a_torn_write_is_dropped_and_noted() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        asyncio.ensure_future(request(n1, "keep", "a long word"))  # noqa: RUF006
        await written(n1)
        await n1.lose_power(keep=0.5)
        await n1.start(launch("n1"))
        await asyncio.sleep(0.5)
        assert b"dropped a torn record of 9 bytes" in await n1.log()

    simulate(scenario)


def test_a_node_whose_fsync_fails_stops_and_says_why() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        await n1.fail_disk(True)
        assert await request(n1, "keep", "one") is None
        assert await n1.state() is ProcessState.DEAD
        assert await n1.failed_syncs() == 1
        assert b"stops: [Errno 5] Input/output error" in await n1.log()
        await n1.start(launch("n1"))
        await asyncio.sleep(0.5)
        assert await n1.state() is ProcessState.DEAD, "it cannot start on such a disk either"
        await n1.fail_disk(False)
        await n1.start(launch("n1"))
        await asyncio.sleep(0.5)
        assert (await seen(n1))["kept"] == []

    simulate(scenario)


def test_a_core_that_raises_ends_its_node_and_the_log_tells_where() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        assert await request(n1, "fail") is None
        assert await n1.state() is ProcessState.DEAD
        assert b"RuntimeError: a bug of the core" in await n1.log()

    simulate(scenario)


def test_a_paused_node_hears_everything_later_and_its_timers_last() -> None:
    async def scenario(machines: Machines) -> None:
        n1, n2 = machines["n1"], machines["n2"]
        before = (await seen(n2))["ticks"]
        await n2.pause()
        assert await n2.state() is ProcessState.STOPPED
        assert (await request(n1, "tell", "hello"))["ok"]
        asking = asyncio.ensure_future(request(n2, "status"))
        await asyncio.sleep(1.5)
        assert not asking.done()
        await n2.resume()
        value = (await asking)["value"]
        assert value["heard"] == [("n1", "hello")] or value["heard"] == [["n1", "hello"]]
        assert value["ticks"] <= before + 1

    simulate(scenario)


def test_a_node_paused_in_the_middle_of_a_sync_answers_when_it_goes_on() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        asking = asyncio.ensure_future(request(n1, "keep", "one"))
        await written(n1)
        await n1.pause()
        await asyncio.sleep(0.5)
        assert not asking.done() and not n1.disk.unsynced, "the disk does not wait for it"
        await n1.resume()
        assert (await asking)["ok"]

    simulate(scenario)


def test_a_killed_node_is_no_longer_paused() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        await n1.pause()
        await n1.kill()
        await n1.resume()
        assert await n1.state() is ProcessState.DEAD
        await n1.start(launch("n1"))
        await asyncio.sleep(0.5)
        assert await request(n1, "status") is not None

    simulate(scenario)


def test_what_cannot_leave_is_told_to_the_core() -> None:
    async def scenario(machines: Machines) -> None:
        n1, n2 = machines["n1"], machines["n2"]
        await n2.kill()
        await asyncio.sleep(0.1)
        await request(n1, "tell", "hello")
        assert (await seen(n1))["undelivered"] == 1
        assert (await seen(machines["n3"]))["heard"] == [["n1", "hello"]]

    simulate(scenario)


def test_a_refusal_by_address_is_counted_by_address() -> None:
    async def scenario(machines: Machines) -> None:
        n1, n2 = machines["n1"], machines["n2"]
        await n2.refuse([n1.address])
        await request(n1, "tell", "hello")
        await asyncio.sleep(0.1)
        assert (await n2.dropped())[n1.address] == 1
        assert (await seen(n2))["heard"] == []
        await n2.refuse([])
        await asyncio.sleep(0.3)
        assert (await seen(n2))["heard"] == [["n1", "hello"]]

    simulate(scenario)


@pytest.mark.parametrize(("rate", "least", "most"), [(2.0, 19, 21), (0.5, 4, 6), (1.0, 9, 11)])
def test_timers_run_on_a_clock_that_may_drift(rate: float, least: int, most: int) -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        before = (await seen(n1))["ticks"]
        await n1.set_clock(ClockFault(offset_s=-3.0, rate=rate))
        await asyncio.sleep(10.0)
        assert least <= (await seen(n1))["ticks"] - before <= most
        assert await n1.clock_error_s() == pytest.approx(-3.0 + 10.0 * (rate - 1.0), abs=0.1)
        await n1.set_clock(None)
        assert await n1.clock_error_s() == 0.0

    simulate(scenario)


def test_a_dead_node_can_be_wiped_and_a_running_one_cannot() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        await request(n1, "keep", "one")
        with pytest.raises(Exception, match="n1 runs"):
            await n1.wipe()
        await n1.kill()
        await n1.wipe()
        await n1.start(launch("n1"))
        await asyncio.sleep(0.5)
        assert (await seen(n1))["kept"] == []

    simulate(scenario)


def test_nonsense_from_a_client_ends_its_connection_only() -> None:
    async def scenario(machines: Machines) -> None:
        n1 = machines["n1"]
        reader, writer = await asyncio.open_connection(*n1.endpoint(PORT))
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        rest = await reader.read(-1)
        assert b"hello" in rest
        assert b"closes a connection" in await n1.log()
        assert await request(n1, "status") is not None
        writer.transport.abort()

    simulate(scenario)


def test_the_simulated_host_wants_virtual_time() -> None:
    async def main() -> None:
        with pytest.raises(HostUnavailable, match="lives in virtual time"):
            await SimulatedHost(random.Random).open(RUN, ["n1"])

    asyncio.run(main())
