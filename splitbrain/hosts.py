"""From a host's name to a host, loaded when it is used: each brings heavy libraries of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from splitbrain.credentials import SECURE_SCHEMES
from splitbrain.endpoints import Endpoint
from splitbrain.plan import Plan
from splitbrain.plugins import system_of
from splitbrain.progress import Progress
from targets.target import Host

if TYPE_CHECKING:
    from targets.hosts.ssh import Access, Destination, SshHost


def make_host(plan: Plan, progress: Progress) -> Host:
    """The host that the plan names. KeyError for one there is not."""
    name = plan.host
    if name == "docker":
        from targets.hosts.docker import DockerHost

        # An image holds what a node needs, and the engine publishes ports when it makes a machine.
        try:
            launch = system_of(plan).launch("n1", {"n1": "127.0.0.1"}, (), plan.options)
        except ValueError:
            # Options that are wrong are told with all else that is (splitbrain.run.check).
            return DockerHost(announce=progress.line)
        return DockerHost(announce=progress.line, ports=launch.ports, needs=launch.needs)
    if name == "sandbox":
        from targets.hosts.sandbox import SandboxHost

        return SandboxHost()
    if name == "ssh":
        return _external_host(plan) if plan.endpoints else _ssh_host(plan)
    if name == "simulated":
        from targets.hosts.simulated import SimulatedHost

        return SimulatedHost(plan.stream)
    raise KeyError(name)


def ways_in(plan: Plan) -> tuple[list[Destination], Access]:
    """The machines behind SSH that a plan names, and how they are reached."""
    from pathlib import Path

    from targets.hosts.ssh import Access, Destination, Sudo

    access = Access(
        Path(plan.ssh_key) if plan.ssh_key else None,
        Path(plan.ssh_known_hosts) if plan.ssh_known_hosts else None,
        Sudo(plan.sudo),
    )
    return [Destination.parse(text, "root") for text in plan.ssh], access


def needs_root(plan: Plan) -> bool:
    """Whether a plan's faults need root on machines behind SSH.

    Those do that refuse packets, or signal what others have started.
    """
    return bool({"partition", *(("pause",) if plan.endpoints else ())} & set(plan.faults))


def _ssh_host(plan: Plan) -> SshHost:
    from targets.hosts.ssh import SshHost

    destinations, access = ways_in(plan)
    return SshHost(destinations, access, root=needs_root(plan))


def _external_host(plan: Plan) -> Host:
    from targets.hosts.external import ExternalHost

    return ExternalHost(places_of(plan), _ssh_host(plan) if plan.ssh else None)


def places_of(plan: Plan) -> list[tuple[str, int]]:
    """Host and port of each of the plan's endpoints."""
    usual = system_of(plan).client_port
    endpoints = [Endpoint.parse(text) for text in plan.endpoints]
    return [(e.host, usual if e.port is None else e.port) for e in endpoints]


def secured_endpoints(plan: Plan) -> set[int]:
    """Which of the plan's endpoints are spoken to over TLS, by their numbers from 0."""
    schemes = [Endpoint.parse(text).scheme for text in plan.endpoints]
    return {number for number, scheme in enumerate(schemes) if scheme in SECURE_SCHEMES}
