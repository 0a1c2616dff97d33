"""The command line of a bundled node, the same for every protocol.

``python -m targets.nodes.paxos --id n1 --members n1=10.0.0.2,n2=10.0.0.3 --data DIR``
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from targets.nodes.bug import Bug, find
from targets.nodes.disk import CorruptLog, LogFile
from targets.nodes.effects import Core
from targets.nodes.reached import ReachedFile
from targets.nodes.runtime import Addresses, Runtime, log_line


@dataclass(frozen=True, slots=True)
class Protocol:
    """What makes a node one of its kind.

    ``make_core`` and ``options`` (texts to options) raise ValueError; ``example`` shows
    what an option looks like.
    """

    module: str
    title: str
    log_name: str
    bugs: tuple[Bug, ...]
    options: Callable[[Iterable[str]], Any]
    example: str
    make_core: Callable[..., Core]
    encode: Callable[[Any], bytes]
    decode: Callable[[dict[str, Any]], Any]


def _members(text: str) -> dict[str, tuple[str, int | None]]:
    members: dict[str, tuple[str, int | None]] = {}
    for part in text.split(","):
        name, equals, address = part.partition("=")
        host, colon, port = address.partition(":")
        if not (name and equals and host) or (colon and not port.isdecimal()):
            raise argparse.ArgumentTypeError(
                f"{part!r} is not NAME=ADDRESS or NAME=ADDRESS:PEERPORT (as in n1=10.0.0.2,n2=…)"
            )
        if name in members:
            raise argparse.ArgumentTypeError(f"member {name!r} is named twice")
        members[name] = host, int(port) if colon else None
    return members


def parser(protocol: Protocol) -> argparse.ArgumentParser:
    """The node's options."""
    p = argparse.ArgumentParser(prog=f"python -m {protocol.module}", description=protocol.title)
    p.add_argument("--id", required=True, metavar="NAME", help="this node's name")
    p.add_argument(
        "--members",
        required=True,
        type=_members,
        metavar="NAME=ADDRESS[:PEERPORT],…",
        help="all members, this node included",
    )
    p.add_argument("--client-port", type=int, default=7000)
    p.add_argument("--peer-port", type=int, default=7001)
    p.add_argument("--listen", default="0.0.0.0", metavar="ADDRESS")
    p.add_argument("--data", required=True, type=Path, metavar="DIR")
    p.add_argument("--bug", action="append", default=[], metavar="BUG", help="a seeded bug")
    p.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help=protocol.example
    )
    p.add_argument("--seed", type=int, help="of the election time-outs")
    p.add_argument("--fsync", action=argparse.BooleanOptionalAction, default=True)
    return p


def main(protocol: Protocol, arguments: list[str]) -> int:
    """Run a node until it is told to stop; the exit code."""
    p = parser(protocol)
    options = p.parse_args(arguments)
    if options.id not in options.members:
        p.error(f"--id {options.id} is none of the members: {', '.join(options.members)}")
    try:
        bugs = [find(protocol.bugs, text) for text in options.bug]
        node_options = protocol.options(options.option)
    except ValueError as error:
        p.error(str(error))
    try:
        options.data.mkdir(parents=True, exist_ok=True)
        log_file = LogFile(options.data / protocol.log_name, fsync=options.fsync)
        core = protocol.make_core(
            options.id,
            options.members,
            log_file.records,
            rng=random.Random(f"{options.seed}/{options.id}" if options.seed is not None else None),
            incarnation=int.from_bytes(os.urandom(6), "big"),
            options=node_options,
            bugs=options.bug,
        )
    except (CorruptLog, OSError, ValueError) as error:
        log_line(options.id, f"cannot start: {error}")
        return 1
    if log_file.torn_bytes:
        log_line(options.id, f"dropped a torn record of {log_file.torn_bytes} bytes from its log")
    log_file.records = []
    if bugs:
        log_line(options.id, f"runs with seeded bugs: {', '.join(bug.name for bug in bugs)}")
    reached_file = ReachedFile(options.data / "reached.json")
    core.reached.update(reached_file.load())
    peers = {
        name: (host, port or options.peer_port)
        for name, (host, port) in options.members.items()
        if name != options.id
    }
    runtime = Runtime(
        options.id,
        core,
        log_file,
        Addresses(options.listen, options.client_port, options.peer_port, peers),
        encode=protocol.encode,
        decode=protocol.decode,
        reached_file=reached_file,
    )
    try:
        asyncio.run(runtime.run())
    except OSError as error:
        log_line(options.id, f"stops: {error}")
        return 1
    return 0
