"""The clients of a run: one a worker, each pinned to its worker's node."""

from __future__ import annotations

from clients.client import Client
from clients.clock import Clock
from clients.reference import ReferenceCore
from clients.transport import TcpClient
from splitbrain.deployment import Deployment
from splitbrain.plan import Plan


def clients_of(plan: Plan, run: str, deployment: Deployment, clock: Clock) -> list[Client]:
    """One client for each of the plan's workers; worker i works on node i mod n."""
    nodes = deployment.nodes
    return [
        TcpClient(
            ReferenceCore(plan.workload, run, resends=plan.resend_s is not None),
            deployment.endpoint(nodes[worker % len(nodes)]),
            clock,
            timeout_s=plan.timeout_s,
            resend_s=plan.resend_s,
        )
        for worker in range(plan.concurrency)
    ]
