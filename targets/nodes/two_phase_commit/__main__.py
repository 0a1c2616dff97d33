"""Command line of the node: ``python -m targets.nodes.two_phase_commit --id n1 --members …``."""

from __future__ import annotations

import sys

from targets.nodes.command_line import Protocol, main
from targets.nodes.two_phase_commit.bugs import BUGS
from targets.nodes.two_phase_commit.make import LOG_NAME, make_core
from targets.nodes.two_phase_commit.messages import decode, encode
from targets.nodes.two_phase_commit.options import Options

TWO_PHASE_COMMIT = Protocol(
    module="targets.nodes.two_phase_commit",
    title="A node of two-phase commit: one shard of the keys, and a coordinator for its clients.",
    log_name=LOG_NAME,
    bugs=BUGS,
    options=Options.from_texts,
    example="as in work-ms=500, refuse=0.1, checkpoint-records=1000",
    make_core=make_core,
    encode=encode,
    decode=decode,
)

if __name__ == "__main__":
    raise SystemExit(main(TWO_PHASE_COMMIT, sys.argv[1:]))
