"""Which host to run on, and why: docker when an engine of this machine answers, else sandbox."""

from __future__ import annotations

from dataclasses import dataclass

from targets.hosts import engine, reexec
from targets.target import HostUnavailable

HOSTS = ("docker", "sandbox", "ssh", "simulated")


@dataclass(frozen=True, slots=True)
class Choice:
    """A host by name, one sentence why, and a sentence for each host that could not be had."""

    host: str
    reason: str
    missing: tuple[str, ...] = ()


def choose(wanted: str | None = None) -> Choice:
    """The host to use (tries them out: about 10 ms, 5 s at most for an engine that hangs).

    A host that is ``wanted`` by name is that or nothing. Raises HostUnavailable, which says
    what to install or enable.
    """
    if reexec.inside():
        return Choice("sandbox", "this is the inside of the sandbox")
    if wanted == "simulated":
        return Choice("simulated", "asked for; nothing is needed for it")
    if wanted == "ssh":
        return Choice("ssh", "asked for; what it runs on exists already")
    if wanted == "docker":
        return Choice("docker", f"asked for; {_try_docker()}")
    if wanted == "sandbox":
        reexec.check()
        return Choice("sandbox", "asked for; user namespaces are allowed here")
    if wanted is not None:
        raise ValueError(f"no host is called {wanted!r}; there are: {', '.join(HOSTS)}")
    try:
        return Choice("docker", _try_docker())
    except HostUnavailable as error:
        no_docker = f"docker: {error}"
    try:
        reexec.check()
    except HostUnavailable as error:
        raise HostUnavailable(
            f"no host to run nodes on. One of these would do:\n  {no_docker}\n  sandbox: {error}"
        ) from None
    return Choice("sandbox", "no Docker engine can be used, user namespaces can", (no_docker,))


def _try_docker() -> str:
    path = engine.find()
    version = engine.probe(path)
    return f"Docker Engine {version.get('Version', '(of unknown version)')} answers at {path}"
