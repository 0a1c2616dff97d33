"""The docker host with a real engine: what it makes, what it leaves alone, what it cleans up."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import hosts_scenarios
import machine_state
import pytest
from hosts_scenarios import NODES, ask, eventually, falls_silent, gains, hears, identity, up

from targets.hosts import engine as engines
from targets.hosts import labels, leftovers
from targets.hosts.docker import DockerHost
from targets.hosts.sources import SOURCES
from targets.target import HostUnavailable, ProcessState

pytestmark = pytest.mark.live

HERE = Path(__file__).parent


@pytest.fixture(autouse=True, scope="module")
def answering_engine(request):
    try:
        engines.probe(engines.find())
    except HostUnavailable as error:
        if "docker" in (request.config.getoption("--require", default=None) or ()):
            raise
        pytest.skip(str(error))


@pytest.fixture
def run(request, tmp_path):
    """The identity of a run of this process, named after the test."""
    return identity(f"test-{os.getpid()}-{abs(hash(request.node.name)) % 10**8}", tmp_path)


async def made_by(run) -> list[str]:
    """Names of all that the engine holds of a run."""
    engine = await asyncio.to_thread(engines.connect)
    filters = {"label": f"{labels.RUN}={run.run}"}
    try:
        containers = await engine.call(engine.api.containers, all=True, filters=filters)
        networks = await engine.call(engine.api.networks, filters=filters)
        volumes = (await engine.call(engine.api.volumes, filters=filters))["Volumes"] or []
    finally:
        engine.close()
    return sorted(
        [
            *(c["Names"][0] for c in containers),
            *(n["Name"] for n in networks),
            *(v["Name"] for v in volumes),
        ]
    )


@pytest.mark.thorough
@pytest.mark.parametrize("scenario", hosts_scenarios.SCENARIOS, ids=lambda s: s.__name__)
def test_it_does_what_every_host_must(scenario, run):
    asyncio.run(hosts_scenarios.on(DockerHost(), run, scenario))
    assert asyncio.run(made_by(run)) == []


def test_everything_made_is_labelled_and_reached_on_loopback_alone(run):
    async def scenario() -> None:
        host = DockerHost()
        machines = await host.open(run, NODES)
        try:
            assert len(await made_by(run)) == 3 + 1 + 3, "holders, network, volumes"
            await up(machines)
            assert len(await made_by(run)) == 6 + 1 + 3
            assert {m.endpoint(7000)[0] for m in machines.values()} == {"127.0.0.1"}
            with pytest.raises(ValueError, match="port 7001 is not published"):
                machines["n1"].endpoint(7001)
            assert host.describe()["image"].startswith("splitbrain-node:")
        finally:
            await host.close()
            await host.close()
        assert await made_by(run) == []

    asyncio.run(scenario())


@pytest.mark.thorough
def test_the_state_is_told_by_the_engine_where_the_process_cannot_be_seen(run, monkeypatch):
    monkeypatch.setattr("targets.hosts.container.visible_state", lambda pid, container: None)
    asyncio.run(
        hosts_scenarios.on(
            DockerHost(), run, hosts_scenarios.a_pause_stops_and_a_kill_ends_what_is_stopped
        )
    )


@pytest.mark.thorough
def test_a_subnet_of_ours_is_taken_when_the_engine_has_none_left(run, monkeypatch):
    """The engine refuses its own choice, as it does when its pools are exhausted."""
    whole = engines.Engine.call

    async def exhausted(self, function, *arguments, **named):
        if function == self.api.create_network and named["ipam"] is None:
            raise engines.ControlLost(
                "could not find an available, non-overlapping IPv4 address pool"
            )
        return await whole(self, function, *arguments, **named)

    monkeypatch.setattr(engines.Engine, "call", exhausted)

    async def scenario() -> None:
        host = DockerHost()
        machines = await host.open(run, NODES)
        try:
            assert host.describe()["subnet"].startswith("10.")
            await up(machines)
        finally:
            await host.close()

    asyncio.run(scenario())


def test_an_opening_that_is_interrupted_leaves_nothing(run):
    async def scenario() -> None:
        host = DockerHost()
        opening = asyncio.ensure_future(host.open(run, NODES))
        await asyncio.sleep(1.2)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert await made_by(run) == []

    asyncio.run(scenario())


def test_control_is_lost_when_the_containers_are_taken_away(run):
    async def scenario() -> None:
        host = DockerHost()
        machines = await host.open(run, NODES)
        try:
            await up(machines)
            await asyncio.to_thread(docker, "rm", "-f", f"splitbrain-{run.run}-n1-holder")
            with pytest.raises(engines.ControlLost):
                await machines["n1"].refuse([machines["n2"].address])
        finally:
            await host.close()
        assert await made_by(run) == []

    if shutil.which("docker") is None:
        pytest.skip("needs the docker command")
    asyncio.run(scenario())


def docker(*arguments: str) -> str:
    """Run the docker command."""
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


HARNESS = """
import asyncio, json, sys
from pathlib import Path
from hosts_scenarios import NODES, identity, up
from targets.hosts.docker import DockerHost

async def main():
    machines = await DockerHost().open(identity(sys.argv[1], Path(sys.argv[2])), NODES)
    await up(machines)
    n1, n2, n3 = machines.values()
    await n2.refuse([n1.address, n3.address])
    await n3.pause()
    print(json.dumps([n1.endpoint(7000)[1], n1.address, n2.endpoint(7000)[1]]), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


class Reached:
    """A machine of another harness: enough of it to be asked."""

    def __init__(self, port: int, address: str = "") -> None:
        self._port = port
        self.address = address

    def endpoint(self, port: int) -> tuple[str, int]:
        return "127.0.0.1", self._port


def test_after_sigkill_rules_heal_and_cleaning_takes_all_of_it_and_nothing_else(run):
    if shutil.which("docker") is None:
        pytest.skip("needs the docker command")
    before = machine_state.others()
    victim = replace(run, run=run.run + "-victim")
    bystander = replace(run, run=run.run + "-bystander")
    harness = subprocess.Popen(
        [sys.executable, "-c", HARNESS, victim.run, str(run.folder / "victim")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCES), str(HERE)])},
        stdout=subprocess.PIPE,
        text=True,
    )

    async def scenario() -> None:
        host = DockerHost()
        machines = await host.open(bystander, NODES)
        try:
            await up(machines)
            n1, n2, _ = machines.values()
            await n2.refuse([n1.address])
            alive = await made_by(bystander)

            assert harness.stdout is not None
            port1, address1, port2 = json.loads(await asyncio.to_thread(harness.stdout.readline))
            theirs1, theirs2 = Reached(port1, address1), Reached(port2)
            await falls_silent(theirs2, theirs1)
            assert not await removed_of(victim), "its owner lives"
            harness.send_signal(signal.SIGKILL)
            await asyncio.to_thread(harness.wait)
            await eventually(lambda: hears(theirs2, theirs1), "the cut heals by itself")

            removed = await removed_of(victim)
            assert len(removed) == 6 + 1 + 3
            assert await made_by(victim) == []

            assert await made_by(bystander) == alive
            assert await n1.state() is ProcessState.RUNNING
            assert await gains(n2, n1) == 0, "the bystander's own cut still stands"
            await n2.refuse([])
            await eventually(lambda: hears(n2, n1), "and heals when it is told to")
            assert await ask(n1) is not None
        finally:
            await host.close()

    async def removed_of(of) -> list[str]:
        removed = await leftovers.remove()
        assert removed.failed == []
        names = [*removed.containers, *removed.networks, *removed.volumes]
        return [name for name in names if of.run in name]

    try:
        asyncio.run(scenario())
    finally:
        harness.kill()
        harness.communicate()
    assert machine_state.same_as(before) == before
