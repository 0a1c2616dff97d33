"""Command line of the node: ``python -m targets.nodes.queue_service --id n1 --members …``."""

from __future__ import annotations

import sys

from targets.nodes.command_line import Protocol, main
from targets.nodes.queue_service.bugs import BUGS
from targets.nodes.queue_service.make import LOG_NAME, make_core
from targets.nodes.queue_service.messages import decode, encode
from targets.nodes.queue_service.options import Options

QUEUE_SERVICE = Protocol(
    module="targets.nodes.queue_service",
    title="A node of the queue service.",
    log_name=LOG_NAME,
    bugs=BUGS,
    options=Options.from_texts,
    example="as in visibility-ms=1000, snapshot-entries=50, election-ms=400,800",
    make_core=make_core,
    encode=encode,
    decode=decode,
)

if __name__ == "__main__":
    raise SystemExit(main(QUEUE_SERVICE, sys.argv[1:]))
