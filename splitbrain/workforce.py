"""The clients of a run: one a worker, each pinned to its worker's node."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypedDict

from clients.client import Client, ClientCore
from clients.clock import Clock
from clients.exchange import Heartbeat
from clients.locking import Locking
from clients.login import Login
from clients.reads_apart import ReadsApart
from clients.resource import Resource, ResourceClient
from clients.transport import TcpClient
from splitbrain.credentials import NO_CREDENTIALS, Credentials
from splitbrain.deployment import Deployment
from splitbrain.hosts import secured_endpoints
from splitbrain.plan import Plan
from splitbrain.plugins import ClientSetting, found_for
from splitbrain.tenancy import key_prefix

Place = tuple[str, int]
SECOND = 1_000_000_000
HOLD_BACK_S = (0.07, 0.13)
"""Least and most pause before "cannot serve" is handed on: those that were all turned away at
one moment come back one by one, so that a new leader's first moments are seen by somebody."""


def clients_of(
    plan: Plan,
    run: str,
    deployment: Deployment,
    clock: Clock,
    credentials: Credentials = NO_CREDENTIALS,
    since: int | None = None,
) -> list[Client]:
    """One client for each of the plan's workers; worker i works on node i mod n.

    ``since`` is the first revision that is the run's own, where that is not the very first.
    Raises OSError for credentials that cannot be read any more.
    """
    secure = secured_endpoints(plan)
    tls = credentials.tls() if secure else None
    nodes = deployment.nodes
    endpoints = [deployment.endpoint(nodes[i % len(nodes)]) for i in range(plan.concurrency)]
    secured = {deployment.endpoint(nodes[i]) for i in secure}
    least_s, most_s = HOLD_BACK_S
    pauses_s = (least_s + (most_s - least_s) * at / plan.concurrency for at in itertools.count())

    def connect(core: ClientCore, endpoint: Place, beat: Heartbeat | None = None) -> Client:
        return TcpClient(
            core,
            endpoint,
            clock,
            timeout_s=plan.timeout_s,
            resend_s=plan.resend_s,
            hold_back_s=next(pauses_s),
            heartbeat=beat,
            tls=tls if endpoint in secured else None,
        )

    standing = Standing(key_prefix(plan, run), credentials.login(), since)
    make = _MAKERS.get(plan.system, _one_core)(plan, run, standing)
    if plan.workload != "lock":
        return [make(endpoint, connect, None) for endpoint in endpoints]
    resource = Resource()
    return [ResourceClient(resource, make(endpoint, connect, resource)) for endpoint in endpoints]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run is in a cluster: its ``prefix`` ("": all is ours), who it is, ``since`` when."""

    prefix: str
    login: Login | None
    since: int | None


class Connect(Protocol):
    """Connects a core to a node; ``beat`` is what it says while an operation waits."""

    def __call__(  # noqa: D102
        self, core: ClientCore, endpoint: Place, beat: Heartbeat | None = None
    ) -> Client: ...


class Make(Protocol):
    """Makes the client of one worker; ``resource`` is what the workload lock works on."""

    def __call__(  # noqa: D102
        self, endpoint: Place, connect: Connect, resource: Resource | None
    ) -> Client: ...


def _one_core(plan: Plan, run: str, standing: Standing) -> Make:
    make_client = found_for(plan).target.make_client

    def make(endpoint: Place, connect: Connect, resource: Resource | None) -> Client:
        setting = ClientSetting(
            plan.workload,
            run,
            endpoint,
            standing.prefix,
            plan.options,
            resends=plan.resend_s is not None,
        )
        return connect(make_client(setting), endpoint)

    return make


def _etcd(plan: Plan, run: str, standing: Standing) -> Make:
    from clients.etcd import EtcdCore, etcd_core
    from clients.etcd_lock import lock_steps
    from clients.etcd_namespace import Namespace
    from clients.etcd_watch import FIRST_REVISION, PUT_STEPS, EtcdWatchCore
    from targets.systems.etcd import SERIALIZABLE, Options

    options = Options.from_texts(plan.options)
    serializable = options.reads == SERIALIZABLE
    namespace = Namespace(standing.prefix) if standing.prefix else None
    login = standing.login

    def make(endpoint: Place, connect: Connect, resource: Resource | None) -> Client:
        server = f"{endpoint[0]}:{endpoint[1]}"
        if resource is not None:
            steps = lock_steps(resource, _locking(options))
            core = EtcdCore(steps, server, namespace=namespace, login=login)
            return connect(core, endpoint)
        if plan.workload == "watch":
            since = standing.since or FIRST_REVISION
            watch = EtcdWatchCore(server, since=since, namespace=namespace, login=login)
            put = EtcdCore(PUT_STEPS, server, namespace=namespace, login=login)
            return ReadsApart(connect(watch, endpoint), connect(put, endpoint))
        core = etcd_core(
            plan.workload, server, serializable=serializable, namespace=namespace, login=login
        )
        return connect(core, endpoint)

    return make


def _zookeeper(plan: Plan, run: str, standing: Standing) -> Make:
    from clients.zookeeper import ZooKeeperCore, zookeeper_core
    from clients.zookeeper_lock import lock_steps
    from clients.zookeeper_steps import Reads
    from targets.systems.zookeeper import OWN, Options

    options = Options.from_texts(plan.options)
    place: _Placed = {"root": standing.prefix, "login": standing.login}

    def make(endpoint: Place, connect: Connect, resource: Resource | None) -> Client:
        if resource is not None:
            steps = lock_steps(resource, _locking(options))
            core = ZooKeeperCore(steps, session_ms=options.lock_ttl_s * 1000, **place)
            # Often enough that two may be lost.
            beat = Heartbeat(options.lock_ttl_s * SECOND // 4, core.heartbeat)
            return connect(core, endpoint, beat)

        def connected() -> Client:
            core = zookeeper_core(plan.workload, reads=Reads(options.reads), **place)
            return connect(core, endpoint)

        if options.read_session == OWN:
            return ReadsApart(connected(), connected())
        return connected()

    return make


class _Placed(TypedDict):
    root: str
    login: Login | None


_MAKERS: dict[str, Callable[[Plan, str, Standing], Make]] = {"etcd": _etcd, "zookeeper": _zookeeper}
"""Whose clients are more than one core and its connection."""


class LockOptions(Protocol):
    """What systems with locks let be set of them."""

    @property
    def lock_ttl_s(self) -> int: ...  # noqa: D102

    @property
    def lock_renewals(self) -> int: ...  # noqa: D102

    @property
    def lock_client(self) -> str: ...  # noqa: D102

    @property
    def fencing(self) -> str: ...  # noqa: D102


def _locking(options: LockOptions) -> Locking:
    return Locking(
        ttl_s=options.lock_ttl_s,
        renewals=options.lock_renewals,
        watchful=options.lock_client == "watchful",
        fencing=options.fencing == "on",
    )
