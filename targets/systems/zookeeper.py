"""ZooKeeper as a system: a fixed ensemble, each server with a configuration file of its own.

Servers are started as the distribution's own script does it, by a Java machine with a class
path, but without the script: whoever signals a node signals the Java machine itself.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from targets.systems.options import (
    LOCK_PARSERS,
    TRUSTING,
    absolute_path,
    one_of,
    parsed,
    whole,
)
from targets.target import Launch, Needed

CLIENT_PORT = 2181
PEER_PORT, ELECTION_PORT = 2888, 3888
MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
PLAIN, SYNC, QUORUM = "plain", "sync", "quorum"
SAME, OWN = "same", "own"
ANSWER_BYTES_MAX = 65536

INSTALL_JAVA = (
    "install a Java machine (Debian, Ubuntu: apt-get install default-jre-headless), or name one "
    "with --option java=/path/to/bin/java"
)
INSTALL = (
    "install ZooKeeper (Debian, Ubuntu: apt-get install zookeeper), or name an unpacked release "
    "with --option home=/path/to/apache-zookeeper-bin"
)
JAVA_TREE = 2
"""The Java machine is the folder that holds ``bin``."""

TIGHT_ELECTION = (
    "-Dzookeeper.fastleader.maxNotificationInterval=1000",
    "-Dzookeeper.cnxTimeout=1000",
)
"""Votes are sent again after a second at most (a minute else), and so is a vain connection."""

DEBIAN = Path("/usr/share/java")
REQUIRED_JARS = ("zookeeper", "zookeeper-jute", "slf4j-api")
OTHER_JARS = (
    *("slf4j-simple", "metrics-core", "snappy-java", "netty-buffer", "netty-common"),
    *("netty-handler", "netty-transport", "netty-resolver", "netty-codec"),
    *("netty-transport-native-epoll", "netty-transport-native-unix-common"),
)
"""Of Debian's packages, what a server loads (without the administration server).

Which of the others there are depends on the release; a class path may name what is not there.
"""
OPTIONAL = frozenset(str(DEBIAN / f"{name}.jar") for name in OTHER_JARS)


@dataclass(frozen=True, slots=True)
class Options:
    """``reads``: sync (``sync`` first), plain (from the server's own state, stale by design), or
    quorum (after a write of their own in the same session, which no deposed leader can order).

    ``read_session``: plain reads in the session of the writes, or in one of their own, which a
    write that waits for a quorum does not block. ``timers`` are those of the distribution's
    sample, or tight ones; ``tick_ms``, ``init_ticks`` and ``sync_ticks`` name them one by one.
    ``home`` is an unpacked release instead of Debian's packages. Of the workload lock:
    ``lock_ttl_s`` is the session's time-out asked for (from 2 to 20 ticks are given); see
    clients.locking for the rest.
    """

    reads: str = SYNC
    read_session: str = SAME
    timers: str = "default"
    tick_ms: int | None = None
    init_ticks: int | None = None
    sync_ticks: int | None = None
    snapshot_count: int = 100_000
    java: str = "java"
    home: str | None = None
    heap_mb: int = 128
    lock_ttl_s: int = 4
    lock_renewals: int = 5
    lock_client: str = TRUSTING
    fencing: str = "off"

    @classmethod
    def from_texts(cls, texts: Sequence[str]) -> Options:
        """The options in ``texts``. Raises ValueError that names all that is wrong."""
        options = cls(**parsed(texts, _PARSERS))
        if options.read_session == OWN and options.reads != PLAIN:
            raise ValueError("read-session=own goes with reads=plain: the others follow a write")
        return options

    @property
    def ticks(self) -> tuple[int, int, int]:
        """Length of a tick in milliseconds, and initLimit and syncLimit in ticks."""
        usual = (500, 20, 4) if self.timers == "tight" else (2000, 10, 5)
        return (
            self.tick_ms or usual[0],
            self.init_ticks or usual[1],
            self.sync_ticks or usual[2],
        )

    @property
    def jars(self) -> list[str]:
        """What the class path is made of."""
        if self.home is None:
            return [str(DEBIAN / f"{name}.jar") for name in (*REQUIRED_JARS, *OTHER_JARS)]
        found = sorted(str(jar) for jar in Path(self.home, "lib").glob("*.jar"))
        return found or [f"{self.home}/lib/zookeeper.jar"]


_PARSERS = {
    "reads": ("reads", one_of(PLAIN, SYNC, QUORUM)),
    "read-session": ("read_session", one_of(SAME, OWN)),
    "timers": ("timers", one_of("default", "tight")),
    "tick-ms": ("tick_ms", whole(50, 60_000)),
    "init-ticks": ("init_ticks", whole(1, 1000)),
    "sync-ticks": ("sync_ticks", whole(1, 1000)),
    "snapshot-count": ("snapshot_count", whole(10, 10_000_000)),
    "java": ("java", absolute_path),
    "home": ("home", absolute_path),
    "heap-mb": ("heap_mb", whole(32, 65_536)),
    **LOCK_PARSERS,
}


class ZooKeeper:
    """An ensemble of ZooKeeper servers."""

    name = "zookeeper"
    summary = "Apache ZooKeeper 3.5 or newer, as installed here"
    workloads: tuple[str, ...] = ("register", "set", "counter", "append", "lock")
    client_port = CLIENT_PORT
    simulated = False
    resends = False
    has_leader = True
    schemes = ("tcp", "tls")
    has_users = True
    client_options = ("reads", "read-session", *LOCK_PARSERS)
    inapplicable: Mapping[str, str] = {
        "membership": "servers are not added or removed while it runs (not built)",
        "power-loss": "it does not tell what it has synced, and no disk of ours is below it",
        "clock": "no clock of ours is below it",
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
            raise ValueError(f"ZooKeeper has no seeded bugs, {list(bugs)} are asked for")
        jars = chosen.jars
        numbers = {name: number for number, name in enumerate(addresses, start=1)}
        arguments = (
            # Short-lived servers beside each other on few processors: what starts fastest.
            *(f"-Xmx{chosen.heap_mb}m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *("-Dorg.slf4j.simpleLogger.showDateTime=true", "-Djava.awt.headless=true"),
            *(TIGHT_ELECTION if chosen.timers == "tight" else ()),
            *("-cp", ":".join(jars), MAIN, "{data}/zoo.cfg"),
        )
        java = Needed(chosen.java, INSTALL_JAVA, tree=JAVA_TREE)
        return Launch(
            "",
            arguments,
            (CLIENT_PORT,),
            program=java.what,
            files={
                "zoo.cfg": configuration(chosen, addresses, numbers),
                "zookeeper/myid": f"{numbers[node]}\n",
            },
            needs=(java, *(Needed(jar, INSTALL, optional=jar in OPTIONAL) for jar in jars)),
        )

    async def status(
        self, endpoint: tuple[str, int], timeout_s: float, tls: ssl.SSLContext | None = None
    ) -> dict[str, Any] | None:
        """What the server says of itself (``srvr``); None where it serves nobody."""
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(*endpoint, ssl=tls)
                try:
                    writer.write(b"srvr")
                    answer = await reader.read(ANSWER_BYTES_MAX)
                    while len(answer) < ANSWER_BYTES_MAX and (more := await reader.read(4096)):
                        answer += more
                finally:
                    writer.transport.abort()
        except (OSError, TimeoutError):
            return None
        return told(answer.decode(errors="replace"))

    async def admin(
        self, endpoint: tuple[str, int], request: Mapping[str, Any], timeout_s: float
    ) -> dict[str, Any] | None:
        """A refusal: the servers stay who they are."""
        return {"ok": False, "error": self.inapplicable["membership"]}


def configuration(
    options: Options, addresses: Mapping[str, str], numbers: Mapping[str, int]
) -> str:
    """The configuration file of each server."""
    tick_ms, init_ticks, sync_ticks = options.ticks
    settings: dict[str, Any] = {
        "tickTime": tick_ms,
        "initLimit": init_ticks,
        "syncLimit": sync_ticks,
        "dataDir": "{data}/zookeeper",
        "clientPort": CLIENT_PORT,
        "maxClientCnxns": 0,
        "snapCount": options.snapshot_count,
        "admin.enableServer": "false",
        "4lw.commands.whitelist": "srvr",
        "quorumListenOnAllIPs": "true",
        "standaloneEnabled": "false",
    }
    settings |= {
        f"server.{numbers[name]}": f"{address}:{PEER_PORT}:{ELECTION_PORT}"
        for name, address in addresses.items()
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def told(answer: str) -> dict[str, Any] | None:
    """The status answer (contracts.md) in what ``srvr`` says.

    A follower does not tell whom it follows, so it says nothing of a leader; the epoch, the
    upper half of a transaction's number, is the term. A server that stands alone leads itself.
    """
    mode = re.search(r"^Mode: (leader|follower|standalone)$", answer, re.MULTILINE)
    zxid = re.search(r"^Zxid: 0x([0-9a-f]+)$", answer, re.MULTILINE)
    version = re.search(r"^Zookeeper version: ([^,\s]+)", answer, re.MULTILINE)
    if mode is None or zxid is None:
        return None
    number = int(zxid[1], 16)
    return {
        "role": "follower" if mode[1] == "follower" else "leader",
        "term": number >> 32,
        "applied_index": number & 0xFFFFFFFF,
        "version": version[1] if version is not None else None,
    }
