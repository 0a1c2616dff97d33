"""Command line of the Raft node: ``python -m targets.nodes.raft --id n1 --members …``."""

from __future__ import annotations

import sys

from targets.nodes.command_line import Protocol, main
from targets.nodes.raft.bugs import BUGS
from targets.nodes.raft.make import LOG_NAME, make_core
from targets.nodes.raft.messages import decode, encode
from targets.nodes.raft.options import Options

RAFT = Protocol(
    module="targets.nodes.raft",
    title="A Raft node.",
    log_name=LOG_NAME,
    bugs=BUGS,
    options=Options.from_texts,
    example="as in snapshot-entries=50, reads=lease, members=n1,n2,n3, election-ms=400,800",
    make_core=make_core,
    encode=encode,
    decode=decode,
)

if __name__ == "__main__":
    raise SystemExit(main(RAFT, sys.argv[1:]))
