"""Runs spoiled on purpose: what tests nothing must end vacuous, what cannot start must say why.

    python spoiled_runs.py misplaced|deaf|stillborn docker|sandbox STORE

``misplaced`` puts the partition's rules into the network namespace of a spare machine
that is no member of the cluster; ``deaf`` gives clients a port nobody listens on;
``stillborn`` starts nodes that refuse their command line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import splitbrain.live
import splitbrain.run
from clients.client import Client
from clients.clock import Clock
from splitbrain.deployment import Deployment
from splitbrain.hosts import make_host
from splitbrain.plan import Plan
from splitbrain.progress import SilentProgress
from splitbrain.workforce import clients_of
from targets.hosts import reexec
from targets.target import Host, Machine, NodeFailed, RunIdentity

SPARE = "spare"


class Misplaced:
    """A machine whose rules land on another one; everything else is its own."""

    def __init__(self, machine: Machine, elsewhere: Machine) -> None:
        self._machine, self._elsewhere = machine, elsewhere

    def __getattr__(self, name: str) -> Any:
        return getattr(self._machine, name)

    async def refuse(self, addresses: Collection[str]) -> None:
        await self._elsewhere.refuse(addresses)

    async def dropped(self) -> Mapping[str, int]:
        return await self._elsewhere.dropped()


class MisplacingHost:
    """A host with one machine too many, to which all rules go."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    async def open(self, run: RunIdentity, nodes: Sequence[str]) -> dict[str, Any]:
        machines = await self._host.open(run, [*nodes, SPARE])
        return {node: Misplaced(machines[node], machines[SPARE]) for node in nodes}


def deaf_clients(
    plan: Plan, run: str, deployment: Deployment, clock: Clock, *more: Any
) -> list[Client]:
    class Nowhere(Deployment):
        def endpoint(self, node: str) -> tuple[str, int]:
            address, _ = deployment.endpoint(node)
            return address, 9

    return clients_of(plan, run, Nowhere(plan, None, None), clock)  # type: ignore[arg-type]


def main() -> int:
    scenario, host_name, store = sys.argv[1:4]
    if host_name == "sandbox" and not reexec.inside():
        return reexec.enter(sys.argv[1:], module="spoiled_runs")
    host: Any = make_host(Plan("raft", host_name, "register"), SilentProgress())
    if scenario == "misplaced":
        host = MisplacingHost(host)
    elif scenario == "deaf":
        splitbrain.live.clients_of = deaf_clients  # type: ignore[attr-defined]
    faults = ("partition",) if scenario == "misplaced" else ("kill",)
    plan = Plan(
        "raft",
        host_name,
        "register",
        time_limit_s=6.0,
        fault_hold_s=2.0,
        fault_quiet_s=1.0,
        recovery_s=1.0,
        live_within_s=3.0,
        faults=faults,
        bugs=("raft.no-such-bug",) if scenario == "stillborn" else (),
        seed=5,
    )
    try:
        record = splitbrain.run.execute(plan, store=Path(store), host=host)
    except NodeFailed as error:
        print(error)
        return 70
    told = {"verdict": record.verdict, "reason": record.reason, "run": record.run}
    print(json.dumps(told))
    return record.verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
