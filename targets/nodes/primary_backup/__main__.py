"""Command line of the primary-backup node: ``python -m targets.nodes.primary_backup --id n1 …``."""

from __future__ import annotations

import sys

from targets.nodes.command_line import Protocol, main
from targets.nodes.primary_backup.bugs import BUGS
from targets.nodes.primary_backup.make import LOG_NAME, make_core
from targets.nodes.primary_backup.messages import decode, encode
from targets.nodes.primary_backup.options import Options

PRIMARY_BACKUP = Protocol(
    module="targets.nodes.primary_backup",
    title="A primary-backup node.",
    log_name=LOG_NAME,
    bugs=BUGS,
    options=Options.from_texts,
    example="as in replication=async, reads=lease, snapshot-entries=50, grace-ms=600,1000",
    make_core=make_core,
    encode=encode,
    decode=decode,
)

if __name__ == "__main__":
    raise SystemExit(main(PRIMARY_BACKUP, sys.argv[1:]))
