"""The bundled primary-backup node as a system: how it is started, and asked for its status."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from targets.nodes.primary_backup.options import ASYNC, SESSION, Options
from targets.nodes.primary_backup.vocabulary import Vocabulary
from targets.systems.requests import ask, ask_status
from targets.target import CoreArguments, Departure, Launch

CLIENT_PORT = 7000
PEER_PORT = 7001

LOST_AT_PROMOTION = Departure(
    "lost-at-promotion",
    "with replication=async, what the primary had acknowledged and not shipped is lost when "
    "somebody else is promoted",
    breaks=(
        "linearizable",
        "sequential",
        "read-your-writes",
        "monotonic-reads",
        "monotonic-writes",
        "writes-follow-reads",
    ),
    # A compare-and-set that was lost leaves its value to another one.
    kinds=(
        "lost write",
        "stale read",
        "lost update",
        "impossible compare-and-set",
        "not linearizable",
        "counter too low",
        "own write not read",
        "read went back",
        "writes seen out of order",
        "write seen without what it follows",
    ),
    at_promotions=True,
)
STALE_IN_SESSIONS = Departure(
    "stale-reads",
    "with reads=session, a node reads what it has, which may be old: that is sequentially "
    "consistent, and not linearizable",
    breaks=("linearizable",),
    kinds=("stale read", "lost write", "counter too low"),
)


class PrimaryBackup:
    """A cluster of ``targets.nodes.primary_backup``."""

    name = "primary-backup"
    summary = (
        "our own primary-backup: epochs and fencing, promotion by a configuration service on our "
        "Raft; replication=async loses what was not shipped when a backup is promoted"
    )
    workloads: tuple[str, ...] = ("register", "set", "counter")
    client_port = CLIENT_PORT
    simulated = True
    resends = True
    has_leader = True
    inapplicable: Mapping[str, str] = {"membership": "its members are fixed"}
    vocabulary = Vocabulary()
    variants = (("replication=async",),)
    """Options under which it keeps other promises, and is scored by itself."""

    def departures(self, options: Sequence[str]) -> tuple[Departure, ...]:
        """Where it falls short of linearizability under these options, by design."""
        chosen = Options.from_texts(options)
        departures = []
        if chosen.replication == ASYNC:
            departures.append(LOST_AT_PROMOTION)
        if chosen.reads == SESSION:
            departures.append(STALE_IN_SESSIONS)
        return tuple(departures)

    def launch(
        self,
        node: str,
        addresses: Mapping[str, str],
        bugs: Sequence[str],
        options: Sequence[str] = (),
    ) -> Launch:
        """How to run ``node``. ``bugs`` are readable names (``primary-backup.backup-reads``).

        ``options`` are ``name=value``, as ``Options.from_texts`` of the node takes them.
        Raises ValueError for one it does not.
        """
        Options.from_texts(options)
        members = ",".join(f"{name}={address}" for name, address in addresses.items())
        arguments = [
            *("--id", node),
            *("--members", members),
            *("--client-port", str(CLIENT_PORT)),
            *("--peer-port", str(PEER_PORT)),
            *("--data", "{data}"),
        ]
        for bug in bugs:
            arguments += ["--bug", bug]
        for option in options:
            arguments += ["--option", option]
        return Launch(
            "targets.nodes.primary_backup",
            tuple(arguments),
            (CLIENT_PORT,),
            core=CoreArguments(node, tuple(addresses), tuple(bugs), tuple(options)),
        )

    async def status(
        self, endpoint: tuple[str, int], timeout_s: float, tls: ssl.SSLContext | None = None
    ) -> dict[str, Any] | None:
        """The node's status answer, or None when there is none within ``timeout_s``."""
        return await ask_status(endpoint, timeout_s)

    async def admin(
        self, endpoint: tuple[str, int], request: Mapping[str, Any], timeout_s: float
    ) -> dict[str, Any] | None:
        """The node's answer, which is a refusal: the members of this system are fixed."""
        return await ask(endpoint, request, timeout_s)
