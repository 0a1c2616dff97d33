"""From a host's name to a host, loaded when it is used: each brings heavy libraries of its own."""

from __future__ import annotations

from splitbrain.plan import Plan
from splitbrain.progress import Progress
from targets.target import Host


def make_host(plan: Plan, progress: Progress) -> Host:
    """The host that the plan names. KeyError for one there is not."""
    name = plan.host
    if name == "docker":
        from targets.hosts.docker import DockerHost

        return DockerHost(announce=progress.line)
    if name == "sandbox":
        from targets.hosts.sandbox import SandboxHost

        return SandboxHost()
    if name == "simulated":
        from targets.hosts.simulated import SimulatedHost

        return SimulatedHost(plan.stream)
    raise KeyError(name)
