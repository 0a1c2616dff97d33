"""Real members of etcd: their errors in the table, and what their locks do not protect."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_systems import need
from stepping import free_ports, serving

from clients.client import Completion, Invocation
from clients.etcd import EtcdCore, etcd_core
from clients.etcd_lock import lock_steps
from clients.locking import Locking
from clients.resource import Resource
from clients.transport import TcpClient
from histories.event import Outcome
from splitbrain.drivers import LoopClock
from targets.hosts import programs

pytestmark = [pytest.mark.live, pytest.mark.thorough]


class Members:
    """Two members on loopback, of which the second can be killed: then there is no quorum."""

    def __init__(self, folder: Path, program: Path) -> None:
        ports = free_ports(4)
        peers = [f"http://127.0.0.1:{port}" for port in ports[2:]]
        self.port = ports[0]
        self.processes = [
            subprocess.Popen(
                [
                    str(program),
                    *(f"--name=m{i}", f"--data-dir={folder / str(i)}"),
                    *(f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}"),
                    f"--listen-peer-urls={peers[i]}",
                    f"--initial-advertise-peer-urls={peers[i]}",
                    f"--initial-cluster=m0={peers[0]},m1={peers[1]}",
                    *("--heartbeat-interval=100", "--election-timeout=1000"),
                    "--quota-backend-bytes=4000000",
                    *("--logger=zap", "--log-outputs=stderr"),
                ],
                stderr=subprocess.DEVNULL,
            )
            for i in (0, 1)
            for clients in [f"http://127.0.0.1:{ports[i]}"]
        ]

    def end(self, which: int) -> None:
        self.processes[which].kill()
        self.processes[which].wait()


@pytest.fixture
def members(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Members]:
    need(request, "etcd", "sandbox")
    program = programs.find("etcd")
    assert program is not None
    made = Members(tmp_path, program)
    try:
        yield made
    finally:
        made.end(0)
        made.end(1)


def test_the_errors_of_a_real_member_are_in_the_table(members: Members) -> None:
    asyncio.run(_meet_errors(members))


async def _meet_errors(members: Members) -> None:
    clock = LoopClock()
    server = f"127.0.0.1:{members.port}"
    client = TcpClient(
        etcd_core("register", server), ("127.0.0.1", members.port), clock, timeout_s=20.0
    )

    async def ask(f: str, value: object) -> Completion:
        done: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        client.invoke(Invocation(0, f, "k", value), done.set_result)
        return await done

    async def told(f: str, value: object) -> tuple[Outcome, str | None]:
        completion = await ask(f, value)
        return completion.outcome, completion.error

    try:
        deadline = time.monotonic() + 60
        while (await told("write", 1))[0] is not Outcome.OK:
            assert time.monotonic() < deadline, "the members do not serve"
        assert (await ask("read", None)).value == 1
        assert await told("cas", [2, 3]) == (Outcome.FAIL, "mismatch")
        # More than 1.5 MB in one request; then many that are less, until the quota is full.
        too_large, large = "9" * 1_700_000, "8" * 700_000
        assert await told("write", too_large) == (Outcome.FAIL, "invalid-argument")
        for _ in range(20):
            seen = await told("write", large)
            if seen[0] is not Outcome.OK:
                break
        assert seen == (Outcome.INFO, "no-space")
        members.end(1)
        assert await told("read", None) == (Outcome.FAIL, "timed-out")
        members.end(0)
        assert (await told("write", 2))[1] in ("connection-lost", "connection-refused")
        assert await told("write", 2) == (Outcome.FAIL, "connection-refused")
    finally:
        await client.close()
        clock.close()


@pytest.mark.parametrize(
    ("locking", "end", "left"),
    [
        ({}, (Outcome.OK, None), {1}),
        ({"watchful": True}, (Outcome.FAIL, "lock-lost"), {2}),
        ({"fencing": True}, (Outcome.FAIL, "fenced"), {2}),
    ],
    ids=["trusting", "watchful", "fencing"],
)
def test_a_lock_protects_from_a_slow_holder_only_who_looks_at_tokens_or_leases(
    members: Members, locking: dict[str, bool], end: tuple[Outcome, str | None], left: set[int]
) -> None:
    resource = Resource()
    steps = lock_steps(resource, Locking(ttl_s=2, renewals=1, **locking))
    # Its lease has to outlive its waiting: etcd 3.4 grants a lock to a lease that is gone, too.
    patient = lock_steps(resource, Locking(ttl_s=20, renewals=1, **locking))
    with serving(members.port) as server:
        slow = server.connect(EtcdCore(steps, "slow"))
        # The lease, the lock and perhaps the token; then it has read the resource, and stalls.
        told = slow.begin("add", None, 1)
        for _ in range(3 if locking.get("fencing") else 2):
            step = slow.step(told)
            assert isinstance(step, bytes), step
            told = step
        # The next one waits until the first's lease has ended.
        following = server.connect(EtcdCore(patient, "next")).do("add", None, 2)
        assert following.outcome is Outcome.OK, following
        finished = slow.finish(told)
    assert (finished.outcome, finished.error) == end
    assert resource.read() == left
