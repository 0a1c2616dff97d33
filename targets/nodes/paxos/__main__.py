"""Command line of the Paxos node: ``python -m targets.nodes.paxos --id n1 --members …``."""

from __future__ import annotations

import sys

from targets.nodes.command_line import Protocol, main
from targets.nodes.paxos.bugs import BUGS
from targets.nodes.paxos.make import LOG_NAME, make_core
from targets.nodes.paxos.messages import decode, encode
from targets.nodes.paxos.options import Options

PAXOS = Protocol(
    module="targets.nodes.paxos",
    title="A Multi-Paxos node.",
    log_name=LOG_NAME,
    bugs=BUGS,
    options=Options.from_texts,
    example="as in snapshot-slots=50, reads=lease, learners=all, election-ms=400,800",
    make_core=make_core,
    encode=encode,
    decode=decode,
)

if __name__ == "__main__":
    raise SystemExit(main(PAXOS, sys.argv[1:]))
