"""How a primary-backup node's core comes to be: one way, for whoever drives it."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from targets.nodes.bug import find, mutate
from targets.nodes.primary_backup.bugs import BUGS
from targets.nodes.primary_backup.core import PrimaryBackup
from targets.nodes.primary_backup.options import Options
from targets.nodes.primary_backup.recovery import recover

LOG_NAME = "primary-backup.log"
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
) -> PrimaryBackup:
    """The core of ``node`` as its log file's ``records`` left it; the driver hands it a clock.

    ``members`` are all nodes, this one included; ``bugs`` are ids or names of the catalogue.
    Raises UnknownBug, and ValueError for records that no primary-backup node wrote.
    """
    if node not in members:
        raise ValueError(f"{node} is none of the members: {', '.join(sorted(members))}")
    core: PrimaryBackup = mutate(PrimaryBackup, [find(BUGS, text) for text in bugs])(
        node,
        members,
        recovered=recover(records),
        rng=rng,
        incarnation=incarnation,
        options=options,
    )
    return core
