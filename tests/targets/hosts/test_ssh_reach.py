"""The whole way to a machine and back, over an SSH server in this process: no root, no rules."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import paramiko
import pytest
from fake_sshd import Sshd, sshd

from targets.hosts.ssh import Access, Destination, SshHost, payload, undo_run
from targets.hosts.ssh.command_log import CommandLog
from targets.hosts.ssh.reach import reach
from targets.target import HostUnavailable, Launch, RunIdentity

SLEEPER = Launch(
    "timeit", ("-n", "1", "-r", "1", "print('I sleep'); import time; time.sleep(60)"), (7000,)
)


def shell(environment: dict[str, str], command: str, channel) -> int:
    """Run the command as sshd would, its streams those of the channel."""
    with subprocess.Popen(
        ["sh", "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdin and process.stdout and process.stderr

        def feed() -> None:
            while data := channel.recv(65536):
                process.stdin.write(data)
                process.stdin.flush()
            process.stdin.close()

        def complain() -> None:
            while data := process.stderr.read1(65536):
                channel.sendall_stderr(data)

        threads = [threading.Thread(target=t, daemon=True) for t in (feed, complain)]
        for thread in threads:
            thread.start()
        try:
            while data := process.stdout.read1(65536):
                channel.sendall(data)
            threads[1].join()
        except OSError:
            process.stdin.close()  # The connection is gone: sshd would end the session, too.
        return process.wait()


@pytest.fixture
def environment(monkeypatch) -> dict[str, str]:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    python = Path(sys.executable).resolve().parent
    return {"PATH": f"{python}:/usr/bin:/bin", "HOME": "/"}


@pytest.fixture
def server(environment, tmp_path, monkeypatch) -> Iterator[Sshd]:
    """An SSH server on loopback whose shell is this machine's, with a place of its own."""
    monkeypatch.setattr(payload, "PLACE", str(tmp_path))
    key = tmp_path / "id"
    paramiko.ECDSAKey.generate().write_private_key_file(str(key))
    with sshd(paramiko.PKey.from_path(key), partial(shell, environment)) as made:
        shown = f"{made.host_key.get_name()} {made.host_key.get_base64()}"
        (tmp_path / "known").write_text(f"[127.0.0.1]:{made.port} {shown}\n")
        yield made


def destination(server: Sshd, address: str | None = None) -> Destination:
    return Destination("me", "127.0.0.1", server.port, address)


def access(tmp_path: Path) -> Access:
    return Access(tmp_path / "id", tmp_path / "known")


def identity(tmp_path: Path) -> RunIdentity:
    folder = tmp_path / "run-1"
    folder.mkdir(exist_ok=True)
    return RunIdentity("run-1", folder, 1, 1, "boot")


async def gone(folder: Path) -> None:
    async with asyncio.timeout(20):
        while folder.exists():  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.02)


def test_a_node_is_deployed_hurt_and_taken_away(server, tmp_path):
    there = tmp_path / "splitbrain-run-1-n1"

    async def scenario() -> None:
        host = SshHost([destination(server)], access(tmp_path), root=False)
        (n1,) = (await host.open(identity(tmp_path), ["n1"])).values()
        assert n1.address == "127.0.0.1" and (there / "made.json").exists()
        await n1.start(SLEEPER)
        await n1.pause()
        assert await n1.state() == "stopped"
        await n1.resume()
        while b"I sleep" not in await n1.log():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await n1.kill()
        assert await n1.state() == "dead"
        assert host.describe()["machines"]["n1"]["ssh"] == str(destination(server))
        assert await host.close() == []
        await gone(there)

    asyncio.run(scenario())
    (log,) = (tmp_path / "run-1" / "logs").iterdir()
    assert log.name == f"ssh-127.0.0.1-{server.port}.log"
    text = log.read_text()
    assert "the agent answers" in text and "agent pause {}: ok" in text
    assert len(server.transports) == 1, "one connection a machine"


def test_what_a_cut_connection_left_is_undone_by_itself_and_the_host_makes_sure(server, tmp_path):
    async def scenario() -> None:
        host = SshHost([destination(server)], access(tmp_path), root=False, patience_s=5)
        (n1,) = (await host.open(identity(tmp_path), ["n1"])).values()
        await n1.start(SLEEPER)
        losing = asyncio.ensure_future(host.until_lost())
        server.transports[0].close()
        assert "the SSH connection to me@127.0.0.1" in await asyncio.wait_for(losing, 30)
        assert await host.close() == []
        await gone(tmp_path / "splitbrain-run-1-n1")

    asyncio.run(scenario())
    assert len(server.transports) == 2


def test_what_a_dead_run_left_is_undone_later(server, tmp_path):
    there = tmp_path / "splitbrain-run-1-n1"
    there.mkdir()
    run = identity(tmp_path).folder

    def clean() -> tuple[tuple[str, ...], tuple[str, ...]]:
        done = asyncio.run(undo_run(run, [destination(server)], access(tmp_path), root=False))
        return done.undone, done.failed

    assert clean() == ((f"the folder {there} on {destination(server)}",), ())
    assert clean() == ((), ())
    (tmp_path / "known").write_text("")
    _, (failed,) = clean()
    assert failed.startswith("what run-1 left on me@127.0.0.1") and "not known" in failed


def test_an_agent_that_does_not_start_is_told_with_the_last_it_said(server, tmp_path, monkeypatch):
    monkeypatch.setattr(payload, "PLACE", str(tmp_path / "nowhere"))
    host = SshHost([destination(server)], access(tmp_path), root=False)
    with pytest.raises(HostUnavailable, match=r"start there: FileNotFoundError: .*nowhere"):
        asyncio.run(host.open(identity(tmp_path), ["n1"]))


def test_a_machine_that_is_reached_over_ipv6_must_say_its_ipv4_address(
    server, environment, tmp_path
):
    environment["SSH_CONNECTION"] = "fd00::9 40000 fd00::1 22"

    def address(of: Destination) -> str:
        log = CommandLog(None)
        reached = asyncio.run(reach(of, access(tmp_path), log, root=False))
        reached.connection.close()
        return reached.address

    with pytest.raises(HostUnavailable, match=r"over IPv6 \(fd00::1\).*=10\.0\.0\.1"):
        address(destination(server))
    assert address(destination(server, "10.0.0.7")) == "10.0.0.7"
