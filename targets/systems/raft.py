"""The bundled Raft node as a system: how it is started, and how it is asked for its status."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from targets.nodes.frames import FrameDecoder, encode_frame
from targets.nodes.raft.options import Options
from targets.target import CoreArguments, Launch

CLIENT_PORT = 7000
PEER_PORT = 7001


class Raft:
    """A cluster of ``targets.nodes.raft``."""

    name = "raft"
    summary = "our own Raft: PreVote, CheckQuorum, ReadIndex, sessions, fsynced log"
    workloads: tuple[str, ...] = ("register", "set", "counter")
    client_port = CLIENT_PORT

    def launch(
        self,
        node: str,
        addresses: Mapping[str, str],
        bugs: Sequence[str],
        options: Sequence[str] = (),
    ) -> Launch:
        """How to run ``node``. ``bugs`` are readable names (``raft.stale-leader-read``).

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
            "targets.nodes.raft",
            tuple(arguments),
            (CLIENT_PORT,),
            core=CoreArguments(node, tuple(addresses), tuple(bugs), tuple(options)),
        )

    async def status(self, endpoint: tuple[str, int], timeout_s: float) -> dict[str, Any] | None:
        """The node's status answer, or None when there is none within ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                return await _ask(endpoint)
        except (OSError, TimeoutError, ValueError):
            return None


async def _ask(endpoint: tuple[str, int]) -> dict[str, Any] | None:
    reader, writer = await asyncio.open_connection(*endpoint)
    try:
        writer.write(encode_frame({"id": 0, "f": "status"}))
        decoder = FrameDecoder()
        while data := await reader.read(65536):
            for answer in decoder.feed(data):
                if "hello" in answer:
                    continue
                if answer.get("ok"):
                    status: dict[str, Any] = answer["value"]
                    return status
                return None
        return None
    finally:
        writer.transport.abort()
