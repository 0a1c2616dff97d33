"""The bundled primary-backup node as a system: how it is started, and asked for its status."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from targets.nodes.primary_backup.options import Options
from targets.nodes.primary_backup.vocabulary import Vocabulary
from targets.systems.requests import ask, ask_status
from targets.target import CoreArguments, Launch

CLIENT_PORT = 7000
PEER_PORT = 7001


class PrimaryBackup:
    """A cluster of ``targets.nodes.primary_backup``."""

    name = "primary-backup"
    summary = "our own primary-backup: epochs, a configuration service on our Raft, sync or async"
    workloads: tuple[str, ...] = ("register", "set", "counter")
    client_port = CLIENT_PORT
    simulated = True
    resends = True
    inapplicable: Mapping[str, str] = {"membership": "its members are fixed"}
    vocabulary = Vocabulary()

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
