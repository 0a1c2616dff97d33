"""Command line of the lock service's node: ``python -m targets.nodes.lock_service --id n1 …``."""

from __future__ import annotations

import sys

from targets.nodes.command_line import Protocol, main
from targets.nodes.lock_service.bugs import BUGS
from targets.nodes.lock_service.make import LOG_NAME, make_core
from targets.nodes.raft.messages import decode, encode
from targets.nodes.raft.options import Options

LOCK_SERVICE = Protocol(
    module="targets.nodes.lock_service",
    title="A node of a lock service.",
    log_name=LOG_NAME,
    bugs=BUGS,
    options=Options.from_texts,
    example="as in snapshot-entries=50, clock-drift=0.1, election-ms=400,800",
    make_core=make_core,
    encode=encode,
    decode=decode,
)

if __name__ == "__main__":
    raise SystemExit(main(LOCK_SERVICE, sys.argv[1:]))
