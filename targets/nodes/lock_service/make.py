"""How a node's core comes to be: one way, for whoever drives it."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from targets.nodes.lock_service.bugs import BUGS
from targets.nodes.lock_service.core import LockService
from targets.nodes.raft import make
from targets.nodes.raft.core import Raft
from targets.nodes.raft.options import Options

LOG_NAME = "lock-service.log"
"""The log file in a node's data directory."""


def make_core(
    node: str,
    members: Collection[str],
    records: list[bytes],
    *,
    rng: random.Random,
    incarnation: int,
    options: Options,
    bugs: Sequence[str] = (),
) -> Raft:
    """The core of ``node`` (``targets.nodes.raft.make`` has the arguments and errors)."""
    return make.make_core(
        node,
        members,
        records,
        rng=rng,
        incarnation=incarnation,
        options=options,
        bugs=bugs,
        core=LockService,
        catalogue=BUGS,
    )
