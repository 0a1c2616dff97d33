"""Every system's clients: pinned to their nodes, and able to do all that its workloads ask."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Any

import pytest

from clients.client import Invocation
from splitbrain import workforce
from splitbrain.plan import Plan
from splitbrain.schedule import OPERATIONS_STREAM, operations_of
from splitbrain.workloads import WORKLOADS
from targets.systems import SYSTEMS

SAMPLE = 200
LOOKS = {"read", "txn", "receive", "dequeue", "generate"}


class Deployment:
    """Endpoints, and nothing behind them."""

    nodes = ("n1", "n2", "n3")

    def endpoint(self, node: str) -> tuple[str, int]:
        return f"10.0.0.{node[1:]}", 1


class Encoding:
    """In the place of a connection: what is invoked is only turned into bytes."""

    made: list[Encoding] = []  # noqa: RUF012

    def __init__(self, core: Any, endpoint: tuple[str, int], clock: Any, **options: Any) -> None:
        self.core, self.endpoint, self.options = core, endpoint, options
        self.asked: list[Invocation] = []
        self.made.append(self)

    def invoke(self, invocation: Invocation, complete: Any) -> None:
        assert isinstance(self.core.encode(invocation), bytes)
        self.core.reset()
        self.asked.append(invocation)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Encoding]:
    Encoding.made = []
    monkeypatch.setattr(workforce, "TcpClient", Encoding)
    return Encoding.made


def plan_of(system: str, workload: str, *options: str) -> Plan:
    return Plan(system, "sandbox", workload, nodes=3, concurrency=6, options=options)


def clients(plan: Plan) -> list[Any]:
    return workforce.clients_of(plan, "run", Deployment(), None)  # type: ignore[arg-type]


def sample(plan: Plan) -> list[Invocation]:
    """The first operations of every phase."""
    rng = plan.stream(OPERATIONS_STREAM)
    items = [
        item
        for _, generator in operations_of(plan).parts
        for item in islice(generator.items(rng), SAMPLE)
    ]
    return [Invocation(0, item.f, item.key, item.value) for item in items]


async def _invoke_all(client: Any, invocations: list[Invocation]) -> None:
    for invocation in invocations:
        client.invoke(invocation, lambda completion: None)
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("system", "workload"), [(s.name, w) for s in SYSTEMS.values() for w in s.workloads]
)
def test_a_client_can_do_all_that_the_workload_asks(
    made: list[Encoding], system: str, workload: str
) -> None:
    plan = plan_of(system, workload)
    workers = clients(plan)
    assert len(workers) == 6
    hosts = [f"10.0.0.{1 + i % 3}" for i in range(6)]
    per_worker = len(made) // 6
    assert [one.endpoint[0] for one in made[::per_worker]] == hosts
    invocations = sample(plan)
    assert len(invocations) > SAMPLE and {i.f for i in invocations} & LOOKS
    asyncio.run(_invoke_all(workers[0], invocations))
    asked = [i for one in made for i in one.asked]
    # What needs no connection is read from the harness's own resource.
    unasked = [i for i in invocations if workload == "lock" and i.f == "read"]
    assert len(asked) == len(invocations) - len(unasked)


def test_every_workload_is_run_by_some_system() -> None:
    assert {w for system in SYSTEMS.values() for w in system.workloads} == set(WORKLOADS)


def test_all_workers_of_the_workload_lock_share_one_resource(made: list[Encoding]) -> None:
    first, second, *_ = clients(plan_of("etcd", "lock"))
    assert first._resource is second._resource


def test_options_reach_the_clients(made: list[Encoding]) -> None:
    clients(plan_of("zookeeper", "register", "reads=plain", "read-session=own"))
    assert len(made) == 12, "a connection for reads, one for the rest"
    made.clear()
    (worker, *_) = clients(plan_of("etcd", "register", "reads=serializable"))
    asyncio.run(_invoke_all(worker, [Invocation(0, "read", 1, None)]))
    assert b'"serializable":true' in made[0].core.encode(Invocation(0, "read", 1, None))
    made.clear()
    clients(plan_of("zookeeper", "lock", "lock-ttl-s=8"))
    assert made[0].options["heartbeat"].every_ns == 2_000_000_000
    assert made[0].core._session_ms == 8000


def test_only_nodes_with_sessions_are_asked_again(made: list[Encoding]) -> None:
    clients(Plan("raft", "sandbox", "counter", nodes=3, concurrency=3, resend_s=0.3))
    assert {one.options["resend_s"] for one in made} == {0.3}
