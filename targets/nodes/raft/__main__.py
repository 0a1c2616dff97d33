"""Command line of the Raft node: ``python -m targets.nodes.raft --id n1 --members …``."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
from pathlib import Path

from targets.nodes.bug import UnknownBug, find, mutate
from targets.nodes.disk import CorruptLog, LogFile
from targets.nodes.raft.base import Options
from targets.nodes.raft.bugs import BUGS
from targets.nodes.raft.core import Raft
from targets.nodes.raft.messages import decode, encode
from targets.nodes.raft.recovery import recover
from targets.nodes.reached import ReachedFile
from targets.nodes.runtime import Addresses, Runtime, log_line


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


def _milliseconds(text: str) -> tuple[float, float]:
    low, _, high = text.partition(",")
    try:
        times = float(low) / 1000, float(high) / 1000
    except ValueError:
        times = 0.0, 0.0
    if not 0 < times[0] <= times[1]:
        raise argparse.ArgumentTypeError(f"{text!r} is not MIN,MAX in milliseconds (as in 400,800)")
    return times


def parser() -> argparse.ArgumentParser:
    """The node's options."""
    p = argparse.ArgumentParser(prog="python -m targets.nodes.raft", description="A Raft node.")
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
    p.add_argument("--seed", type=int, help="of the election time-outs")
    p.add_argument("--fsync", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--heartbeat-ms", type=float, default=50.0, metavar="MS")
    p.add_argument("--election-ms", type=_milliseconds, default=(0.4, 0.8), metavar="MIN,MAX")
    return p


def main(arguments: list[str]) -> int:
    """Run a node until it is told to stop; the exit code."""
    p = parser()
    options = p.parse_args(arguments)
    if options.id not in options.members:
        p.error(f"--id {options.id} is none of the members: {', '.join(options.members)}")
    if not 0 < options.heartbeat_ms / 1000 < options.election_ms[0]:
        p.error("--heartbeat-ms must be shorter than the smallest election time-out")
    try:
        bugs = [find(BUGS, text) for text in options.bug]
    except UnknownBug as error:
        p.error(str(error))
    try:
        options.data.mkdir(parents=True, exist_ok=True)
        log_file = LogFile(options.data / "raft.log", fsync=options.fsync)
        recovered = recover(log_file.records)
    except (CorruptLog, OSError, ValueError) as error:
        log_line(options.id, f"cannot start: {error}")
        return 1
    if log_file.torn_bytes:
        log_line(options.id, f"dropped a torn record of {log_file.torn_bytes} bytes from its log")
    log_file.records = []
    core: Raft = mutate(Raft, bugs)(
        options.id,
        options.members,
        recovered=recovered,
        rng=random.Random(f"{options.seed}/{options.id}" if options.seed is not None else None),
        incarnation=int.from_bytes(os.urandom(6), "big"),
        options=Options(
            heartbeat_s=options.heartbeat_ms / 1000,
            election_s_min=options.election_ms[0],
            election_s_max=options.election_ms[1],
        ),
    )
    if bugs:
        log_line(options.id, f"runs with seeded bugs: {', '.join(bug.name for bug in bugs)}")
    reached_file = ReachedFile(options.data / "reached.json")
    core.reached.update(reached_file.load())
    peers = {
        name: (host, port or options.peer_port)
        for name, (host, port) in options.members.items()
        if name != options.id
    }
    addresses = Addresses(options.listen, options.client_port, options.peer_port, peers)
    runtime = Runtime(
        options.id,
        core,
        log_file,
        addresses,
        encode=encode,
        decode=decode,
        reached_file=reached_file,
    )
    try:
        asyncio.run(runtime.run())
    except OSError as error:
        log_line(options.id, f"stops: {error}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
