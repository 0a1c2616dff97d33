"""A lock service in virtual time, and what its clients ask of it."""

from __future__ import annotations

from typing import Any

from raft_simulation import Cluster, Pending

from targets.nodes.lock_service.core import LockService
from targets.nodes.raft.core import Raft
from targets.nodes.raft.options import Options

NAMES = iter(range(10**9))


def service(seed: int, *, core: type[Raft] = LockService, options: tuple[str, ...] = ()) -> Cluster:
    """Three nodes; the correct core is checked at every step."""
    chosen = Options.from_texts(options)
    return Cluster(seed, 3, core=core, check=core is LockService, options=chosen)


class Client:
    """Asks as one session, of the leader unless told otherwise."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.name = f"client {next(NAMES)}"
        self.seq = 0

    def ask(self, f: str, value: Any = None, node: str | None = None) -> Pending:
        """Asked, and not waited for."""
        self.seq += 1
        node = node or self.cluster.settled_leader()
        request = {"key": "a", "value": value, "session": self.name, "seq": self.seq}
        return self.cluster.ask(node, f, **request)

    def do(self, f: str, value: Any = None, node: str | None = None) -> Pending:
        """Asked, and waited for."""
        asked = self.ask(f, value, node)
        self.cluster.run_until(lambda: asked.answer is not None, 5.0)
        return asked

    def acquire(self, lease_ms: int = 1000) -> int:
        """The token, of a lock that is free."""
        granted = self.do("lock.acquire", lease_ms)
        assert granted.ok, granted.answer
        return int(granted.value)
