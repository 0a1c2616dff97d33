"""From a host's name to a host, loaded when it is used: each brings heavy libraries of its own."""

from __future__ import annotations

from splitbrain.progress import Progress
from targets.target import Host


def make_host(name: str, progress: Progress) -> Host:
    """The host of that name. KeyError for one there is not."""
    if name == "docker":
        from targets.hosts.docker import DockerHost

        return DockerHost(announce=progress.line)
    if name == "sandbox":
        from targets.hosts.sandbox import SandboxHost

        return SandboxHost()
    raise KeyError(name)
