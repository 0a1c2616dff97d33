"""What the bundled nodes have in common as systems: how they are started, and asked things."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from targets.systems.requests import ask, ask_status
from targets.target import CoreArguments, Launch

CLIENT_PORT = 7000
PEER_PORT = 7001
FIXED_MEMBERS: Mapping[str, str] = {"membership": "its members are fixed"}


class NodeOptions(Protocol):
    """The class of a node's options."""

    def from_texts(self, texts: Sequence[str], /) -> Any:
        """The options that ``name=value`` texts say. Raises ValueError for one it does not know."""


class Bundled:
    """A cluster of nodes of ours: the module ``package``, with a command line like the others'."""

    package: str
    options: NodeOptions
    workloads: tuple[str, ...] = ("register", "set", "counter", "ids", "causal")
    client_port = CLIENT_PORT
    simulated = True
    resends = True
    has_leader = True
    inapplicable: Mapping[str, str] = FIXED_MEMBERS

    def launch(
        self,
        node: str,
        addresses: Mapping[str, str],
        bugs: Sequence[str],
        options: Sequence[str] = (),
    ) -> Launch:
        """How to run ``node``. ``bugs`` are readable names (``raft.stale-leader-read``).

        ``options`` are ``name=value``, as ``from_texts`` of the node's options takes them.
        Raises ValueError for one it does not.
        """
        self.options.from_texts(options)
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
            self.package,
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
        """The node's answer to ``admin.add`` and the like: a refusal where members are fixed."""
        return await ask(endpoint, request, timeout_s)
