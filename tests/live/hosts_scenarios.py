"""What every host must do, written once and run on each.

The node is a small program that sends a datagram to each peer every 10 ms and tells, over
TCP, whom it has heard. Also runnable inside a sandbox:
``python -m hosts_scenarios SCENARIO FOLDER``.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from targets.hosts.owner import current_owner
from targets.target import Host, Launch, Machine, ProcessState, RunIdentity

NODES = ("n1", "n2", "n3")
WITHIN_S = 60.0

NODE = """
import collections, json, os, socket, threading, time
from pathlib import Path
from targets.nodes.disk import LogFile

log = LogFile(Path(os.environ["DATA"]) / "log")
found = [record.decode() for record in log.records]
log.append([b"durable"])
log.sync()
log.append([b"only written"])
print("started with", found, flush=True)
heard = collections.Counter()
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("0.0.0.0", 7001))

def listen():
    while True:
        heard[datagrams.recvfrom(100)[1][0]] += 1

def speak():
    while True:
        time.sleep(0.01)
        for peer in os.environ["PEERS"].split(","):
            datagrams.sendto(b"hello", (peer, 7001))

threading.Thread(target=listen, daemon=True).start()
threading.Thread(target=speak, daemon=True).start()
with socket.create_server(("0.0.0.0", 7000)) as server:
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(json.dumps({"heard": heard, "found": found}).encode())
"""


def identity(run: str, folder: Path) -> RunIdentity:
    """A run owned by this process."""
    owner = current_owner()
    return RunIdentity(run, folder, owner.pid, owner.started, owner.boot)


def launch(machines: Mapping[str, Machine], **environment: str) -> Launch:
    """The node above. ``timeit`` is a module of every Python that runs a program once."""
    peers = ",".join(m.address for m in machines.values())
    program = "import os; os.environ['DATA'] = '{data}'; exec(os.environ['NODE'], {})"
    return Launch(
        "timeit",
        ("-n", "1", "-r", "1", program),
        (7000,),
        {"NODE": NODE, "PEERS": peers, **environment},
    )


async def ask(machine: Machine) -> dict[str, Any] | None:
    """What the node says of itself, or None when it does not answer."""
    try:
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(*machine.endpoint(7000))
            text = await reader.read()
            writer.close()
    except OSError:
        return None
    return json.loads(text) if text else None


async def eventually(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until it holds."""
    try:
        async with asyncio.timeout(WITHIN_S):
            while not await holds():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {WITHIN_S:g} s: {what}") from None


async def up(machines: Mapping[str, Machine], **environment: str) -> None:
    """Start all nodes and wait until each has heard every other."""
    await asyncio.gather(*(m.start(launch(machines, **environment)) for m in machines.values()))
    addresses = {m.address for m in machines.values()}
    for machine in machines.values():

        async def heard_all(machine: Machine = machine) -> bool:
            said = await ask(machine)
            return said is not None and set(said["heard"]) >= addresses - {machine.address}

        await eventually(heard_all, f"{machine.name} hears all its peers")


async def gains(listener: Machine, speaker: Machine) -> int:
    """How many datagrams the listener gets from the speaker in a third of a second."""
    before = await _heard(listener, speaker)
    await asyncio.sleep(0.3)
    return await _heard(listener, speaker) - before


async def _heard(listener: Machine, speaker: Machine) -> int:
    """How many it has got so far. It runs, so it answers."""
    said = await ask(listener)
    assert said is not None, "the node that listens does not answer"
    count: int = said["heard"].get(speaker.address, 0)
    return count


async def falls_silent(listener: Machine, speaker: Machine) -> None:
    """Wait until nothing arrives: what came before the cut may still be taken in."""

    async def nothing() -> bool:
        return await gains(listener, speaker) == 0

    await eventually(nothing, f"nothing more arrives from {speaker.address}")


async def flows(listener: Machine, speaker: Machine, why: str = "it is not cut") -> None:
    """Wait until datagrams arrive in number: on a busy machine they may take their time."""

    async def many() -> bool:
        return await gains(listener, speaker) > 5

    await eventually(many, f"it hears {speaker.address} ({why})")


async def each_machine_has_an_address_of_its_own(machines: Mapping[str, Machine]) -> None:
    assert len({m.address for m in machines.values()}) == len(machines)
    await up(machines)


async def a_directed_cut_drops_and_counts_one_direction(machines: Mapping[str, Machine]) -> None:
    await up(machines)
    n1, n2, n3 = machines.values()
    assert not any((await n2.dropped()).values())
    await n2.refuse([n1.address])
    await falls_silent(n2, n1)
    await flows(n1, n2, "the other direction is not cut")
    await flows(n2, n3, "other peers are not cut")
    assert await ask(n2) is not None, "clients are not cut"
    assert (await n2.dropped())[n1.address] > 5
    assert not any((await n1.dropped()).values())
    await n2.refuse([n3.address])
    cut = (await n2.dropped())[n1.address]
    await flows(n2, n1, "the former set was replaced")
    await falls_silent(n2, n3)
    await n2.refuse([])
    await flows(n2, n3)
    dropped = await n2.dropped()
    assert dropped[n1.address] == cut, "counts outlive their rules"
    assert dropped[n3.address] > 5


async def a_kill_keeps_address_rules_and_data(machines: Mapping[str, Machine]) -> None:
    await up(machines)
    n1, n2, n3 = machines.values()
    await n2.refuse([n1.address])
    address, endpoint = n2.address, n2.endpoint(7000)
    await n2.kill()
    assert await n2.state() is ProcessState.DEAD
    assert await ask(n2) is None
    await n2.kill()
    await n2.pause()
    assert await n2.state() is ProcessState.DEAD
    await n2.start(launch(machines))
    assert (n2.address, n2.endpoint(7000)) == (address, endpoint)

    async def back() -> bool:
        said = await ask(n2)
        return said is not None and n3.address in said["heard"]

    await eventually(back, "n2 hears n3 again")
    assert await gains(n2, n1) == 0, "the rules outlive the process"
    said = await ask(n2)
    assert said is not None
    assert said["found"][-2:] == ["durable", "only written"], "a kill loses nothing"
    assert (await n2.log()).count(b"started with") >= 2
    await n2.refuse([])
    await eventually(lambda: hears(n2, n1), "n2 hears n1 again")


async def hears(listener: Machine, speaker: Machine) -> bool:
    return await gains(listener, speaker) > 0


async def a_pause_stops_and_a_kill_ends_what_is_stopped(machines: Mapping[str, Machine]) -> None:
    await up(machines)
    n1, n2, _ = machines.values()
    assert await n2.state() is ProcessState.RUNNING
    await n2.start(launch(machines))
    await n2.pause()
    assert await n2.state() is ProcessState.STOPPED
    await falls_silent(n1, n2)
    await n2.resume()
    assert await n2.state() is ProcessState.RUNNING
    await flows(n1, n2)
    await n2.pause()
    await n2.kill()
    assert await n2.state() is ProcessState.DEAD


async def power_loss_drops_what_was_not_synced(machines: Mapping[str, Machine]) -> None:
    await up(machines)
    n2 = machines["n2"]
    before = await ask(n2)
    assert before is not None
    await n2.lose_power()
    assert await n2.state() is ProcessState.DEAD
    await up(machines)
    said = await ask(n2)
    assert said is not None
    assert said["found"] == [*before["found"], "durable"]


async def many_at_once(machines: Mapping[str, Machine]) -> None:
    await up(machines)
    everyone = list(machines.values())
    await asyncio.gather(*(m.pause() for m in everyone))
    assert [await m.state() for m in everyone] == [ProcessState.STOPPED] * len(everyone)
    await asyncio.gather(*(m.resume() for m in everyone))
    await asyncio.gather(*(m.kill() for m in everyone))
    assert [await m.state() for m in everyone] == [ProcessState.DEAD] * len(everyone)
    await up(machines)


async def a_node_may_be_started_with_other_arguments(machines: Mapping[str, Machine]) -> None:
    await up(machines)
    n2 = machines["n2"]
    before = await n2.log()
    await n2.kill()
    await n2.start(launch(machines, MORE="1"))
    await up(machines, MORE="1")
    said = await ask(n2)
    assert said is not None and said["found"], "its data is kept"
    log = await n2.log()
    assert log.startswith(before) and len(log) > len(before), "and so is its log"


SCENARIOS: Sequence[Callable[[Mapping[str, Machine]], Awaitable[None]]] = (
    each_machine_has_an_address_of_its_own,
    a_directed_cut_drops_and_counts_one_direction,
    a_kill_keeps_address_rules_and_data,
    a_pause_stops_and_a_kill_ends_what_is_stopped,
    power_loss_drops_what_was_not_synced,
    many_at_once,
    a_node_may_be_started_with_other_arguments,
)


async def on(host: Host, run: RunIdentity, scenario: Callable[..., Awaitable[None]]) -> None:
    """Run one scenario on a host made for it."""
    machines = await host.open(run, NODES)
    try:
        await scenario(machines)
    except BaseException:
        for machine in machines.values():
            sys.stderr.write(f"{machine.name}:\n{(await machine.log()).decode()}\n")
        raise
    finally:
        await host.close()


def main() -> None:
    from targets.hosts.sandbox import SandboxHost

    name, folder = sys.argv[1:]
    (scenario,) = (s for s in SCENARIOS if s.__name__ == name)
    asyncio.run(on(SandboxHost(), identity(f"test-{name}", Path(folder)), scenario))


if __name__ == "__main__":
    main()
