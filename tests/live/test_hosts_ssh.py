"""The ssh host with real sshd: deployed, hurt, cut off, refused; and what is left afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hosts_scenarios
import pytest
import ssh_machines
from hosts_scenarios import ask, falls_silent, identity, up
from real_systems import need_software
from ssh_machines import Machines

from targets.hosts.ssh import Access, Destination, SshHost
from targets.systems import SYSTEMS
from targets.target import ControlLost, HostUnavailable

pytestmark = [pytest.mark.live, pytest.mark.thorough]

NODES = ("n1", "n2", "n3")
GONE_WITHIN_S, ACTED_WITHIN_S = 60.0, 200.0


@pytest.fixture(scope="module")
def machines(request, tmp_path_factory) -> Iterator[Machines]:
    required = "ssh" in (request.config.getoption("--require", default=None) or ())
    if (reason := ssh_machines.missing()) is not None:
        assert not required, reason
        pytest.skip(reason)
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("sshd")
        try:
            made = stack.enter_context(ssh_machines.machines(folder, len(NODES)))
        except ssh_machines.Unusable as error:
            if required:
                raise
            pytest.skip(str(error))
        yield made


@pytest.fixture(autouse=True)
def nothing_is_left(machines):
    """After every test, however it went, the machines are as they were."""
    yield
    gone(machines)


def gone(machines: Machines, *numbers: int) -> None:
    """Wait until nothing of ours is on these machines (all): what leaves takes a moment to end."""
    deadline = time.monotonic() + GONE_WITHIN_S
    for number in numbers or range(len(machines.addresses)):
        while left := machines.left(number):
            assert time.monotonic() < deadline, left
            time.sleep(0.05)


def host_of(machines: Machines, user: str = "root", **asked: Any) -> SshHost:
    destinations = [Destination(user, address) for address in machines.addresses.values()]
    return SshHost(destinations, Access(machines.key, machines.known_hosts), **asked)


def options(machines: Machines, user: str = "root") -> list[str]:
    return [
        *("--ssh", ",".join(f"{user}@{address}" for address in machines.addresses.values())),
        *("--ssh-key", str(machines.key), "--ssh-known-hosts", str(machines.known_hosts)),
    ]


def splitbrain(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "splitbrain", *arguments],
        env=os.environ | {"SPLITBRAIN_STORE": str(store)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def told_by(done: subprocess.CompletedProcess[str]) -> Any:
    """The JSON it printed."""
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("user", ["root", "admin"])
def test_it_does_what_every_host_must_as_root_and_through_sudo(machines, tmp_path, user):
    """All scenarios on the same machines: the first must find them unused."""
    chosen = hosts_scenarios.SCENARIOS[1:] if user == "root" else hosts_scenarios.SCENARIOS[1:2]

    async def all_of_them() -> None:
        host = host_of(machines, user)
        made = await host.open(identity(f"test-{user}", tmp_path), NODES)
        try:
            for scenario in chosen:
                await scenario(made)
            owner = await asyncio.to_thread(machines.on, 0, "ls -ldn /var/tmp/*/data")
            assert owner.split()[2] == ("0" if user == "root" else "1001"), "a node is no root"
        finally:
            assert await host.close() == []

    asyncio.run(all_of_them())
    second = list(machines.addresses.values())[1]
    log = (tmp_path / "logs" / f"ssh-{second}.log").read_text()
    assert "uid=" in log and "agent refuse" in log and "agent leave {}: ok" in log
    assert ("$ sudo -n /usr/bin/python3" in log) == (user == "admin")


def test_raft_under_faults_is_valid_and_all_that_was_done_is_in_the_folder(machines, tmp_path):
    done = splitbrain(
        tmp_path,
        *("test", "raft", *options(machines), "--json", "--seed", "11", "--recovery", "1s"),
        *("--time-limit", "5", "--interval", "900ms,600ms", "--faults", "partition,kill,pause"),
        *("--rate", "200"),
    )
    run = told_by(done)
    assert (done.returncode, run["verdict"]) == (0, "valid"), run["reason"]
    assert all(fault["effect"]["mechanical"] for fault in run["faults"])
    logs = tmp_path / "runs" / run["run"] / "logs"
    assert len(list(logs.glob("ssh-*.log"))) == len(list(logs.glob("n?.log"))) == len(NODES)
    assert "listens on" in (logs / "n1.log").read_text()


@pytest.mark.parametrize("system", ["etcd", "zookeeper"])
def test_software_of_others_runs_there_under_faults(request, machines, tmp_path, system):
    need_software(request, system)
    extra = ("--option", "reads=quorum") if system == "zookeeper" else ()
    done = splitbrain(
        tmp_path,
        *("test", system, *options(machines, "admin"), "--json", "--seed", "4", "--recovery", "1s"),
        *("--time-limit", "4", "--interval", "900ms,600ms", "--faults", "partition,kill,pause"),
        *("--rate", "100", "--concurrency", "6", "--option", "timers=tight", *extra),
    )
    run = told_by(done)
    assert (done.returncode, run["verdict"]) == (0, "valid"), (run["reason"], done.stderr)
    assert {fault["kind"] for fault in run["faults"]} == {"partition", "kill", "pause"}
    assert all(fault["effect"]["mechanical"] for fault in run["faults"])
    logs = tmp_path / "runs" / run["run"] / "logs"
    assert all((logs / f"{node}.log").stat().st_size for node in NODES)


def test_a_connection_killed_in_mid_partition_fails_the_harness_and_heals(machines, tmp_path):
    """From outside: sshd's session dies on the machine of n1 while a partition is in force."""

    def kill_sessions() -> None:
        deadline = time.monotonic() + ACTED_WITHIN_S
        while time.monotonic() < deadline:
            for ledger in tmp_path.glob("runs/2*/faults.jsonl"):
                if '"act":"acknowledged"' in ledger.read_text():
                    machines.on(
                        0,
                        "for p in /proc/[0-9]*; do grep -q '^sshd: root' $p/cmdline "
                        "&& kill -9 ${p#/proc/}; done",
                    )
                    return
            time.sleep(0.05)

    killer = threading.Thread(target=kill_sessions)
    killer.start()
    done = splitbrain(
        tmp_path,
        *("test", "raft", *options(machines), "--quiet", "--seed", "3", "--time-limit", "120"),
        *("--faults", "partition", "--interval", "90s,1s", "--rate", "100"),
    )
    killer.join()
    assert done.returncode == 70, done.stdout + done.stderr
    first = next(iter(machines.addresses.values()))
    assert f"n1: the SSH connection to root@{first} is lost" in done.stderr
    gone(machines)
    cleaned = splitbrain(tmp_path, "clean", "--json")
    assert cleaned.returncode == 0, cleaned.stdout


def test_what_a_killed_harness_left_heals_by_itself_and_clean_closes_its_ledger(machines, tmp_path):
    process = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "splitbrain", "test", "raft", *options(machines)),
            *("--quiet", "--faults", "partition", "--interval", "90s,1s", "--rate", "100"),
            *("--time-limit", "120"),
        ],
        env=os.environ | {"SPLITBRAIN_STORE": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + ACTED_WITHIN_S
    while not any('"acknowledged"' in p.read_text() for p in tmp_path.glob("runs/2*/faults.jsonl")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    gone(machines)
    told = json.loads(splitbrain(tmp_path, "clean", "--json").stdout)
    assert len(told["closed_ledgers"]) == 1 and told["failed"] == []


def test_agents_that_die_or_hang_are_undone_by_their_machines(machines, tmp_path):
    """Killed (n1): the kernel takes rules and node. Stopped (n2): the guard's timer does."""

    async def scenario() -> None:
        host = host_of(machines, patience_s=8.0)
        made = await host.open(identity("test-agent", tmp_path), NODES)
        n1, n2, n3 = made.values()
        try:
            await up(made)
            for number, (machine, how) in enumerate(((n1, "KILL"), (n2, "STOP"))):
                await machine.refuse([n3.address])
                await falls_silent(machine, n3)
                assert "splitbrain-test-agent" in await asyncio.to_thread(machines.tables, number)
                pid = "$(sed 's/.*\"agent\": .\\([0-9]*\\).*/\\1/' /var/tmp/*/made.json)"
                await asyncio.to_thread(machines.on, number, f"kill -{how} {pid}")
            await asyncio.to_thread(gone, machines, 0, 1)
            for machine in (n1, n2):
                assert await ask(machine) is None
                with pytest.raises(ControlLost, match=f"{machine.name}: the SSH connection to"):
                    await machine.refuse([])
            assert await ask(n3) is not None
        finally:
            assert await host.close() == []

    asyncio.run(scenario())


def test_a_wrong_host_key_and_a_sudo_that_asks_are_refused_with_why(machines, tmp_path):
    key, empty = machines.key, tmp_path / "known_hosts"
    first, second, _ = machines.addresses.values()
    wrong = (machines.folder / "id_ed25519.pub").read_text().split()[1]
    empty.write_text(f"{first} ssh-ed25519 {wrong}\n")
    done = splitbrain(
        tmp_path,
        *("test", "raft", "--ssh", f"{first},{second}", "--ssh-key", str(key)),
        *("--ssh-known-hosts", str(empty)),
    )
    assert done.returncode == 70
    user = Destination.parse(first, "root").user
    assert f"{user}@{first}: ITS HOST KEY HAS CHANGED: it shows ssh-ed25519 SHA256:" in done.stderr
    assert f"{user}@{second}: its host key is not known" in done.stderr
    host = host_of(machines, "guest")
    with pytest.raises(HostUnavailable, match="Its sudo asks for a password") as caught:
        asyncio.run(host.open(identity("test-sudo", tmp_path), NODES))
    assert str(caught.value).count("guest@") == len(NODES)


def test_doctor_says_of_each_machine_what_works(machines, tmp_path):
    first, second, _ = machines.addresses.values()
    done = splitbrain(
        tmp_path,
        *("doctor", "--json", "--ssh", f"root@{first},guest@{second},root@{first}:9"),
        *options(machines)[2:],
    )
    told = {f["subject"]: f for f in json.loads(done.stdout)["findings"]}
    assert done.returncode == 70
    assert "rules can be made (as root)" in told[f"ssh root@{first}"]["seen"]
    assert "asks for a password" in told[f"ssh guest@{second}"]["seen"]
    assert "nothing listens" in told[f"ssh root@{first}:9"]["seen"]


def test_a_cluster_that_others_started_is_cut_apart_and_paused_over_ssh_and_left_as_it_was(
    machines, tmp_path
):
    """Somebody's Raft on the machines (nodes of an ssh host of ours), and a run against it."""

    async def scenario() -> subprocess.CompletedProcess[str]:
        host = host_of(machines, root=False)
        made = await host.open(identity("test-others", tmp_path), NODES)
        try:
            addresses = {name: machine.address for name, machine in made.items()}
            for name, machine in made.items():
                await machine.start(SYSTEMS["raft"].launch(name, addresses, ()))
            done = await asyncio.to_thread(
                splitbrain,
                tmp_path,
                *("test", "raft", "--allow-faults", "--json", *options(machines)),
                *("--endpoints", ",".join(addresses.values()), "--seed", "2", "--rate", "150"),
                *("--time-limit", "4", "--interval", "1200ms,800ms", "--recovery", "1s"),
            )
            assert [await machine.state() for machine in made.values()] == ["running"] * 3
            return done
        finally:
            assert await host.close() == []

    done = asyncio.run(scenario())
    run = told_by(done)
    assert (done.returncode, run["verdict"]) == (0, "valid"), run["reason"]
    assert {fault["kind"] for fault in run["faults"]} == {"partition", "pause"}
    assert all(fault["effect"]["mechanical"] for fault in run["faults"])
