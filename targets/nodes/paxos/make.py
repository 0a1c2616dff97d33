"""How a Paxos node's core comes to be: one way, for whoever drives it."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from targets.nodes.bug import find, mutate
from targets.nodes.paxos.bugs import BUGS
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.options import Options
from targets.nodes.paxos.recovery import recover

LOG_NAME = "paxos.log"
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
) -> Paxos:
    """The core of ``node`` as its log file's ``records`` left it; the driver hands it a clock.

    ``members`` are all nodes, this one included; ``bugs`` are ids or names of the
    catalogue. Raises UnknownBug, and ValueError for records that no Paxos node wrote.
    """
    if node not in members:
        raise ValueError(f"{node} is none of the members: {', '.join(sorted(members))}")
    core: Paxos = mutate(Paxos, [find(BUGS, text) for text in bugs])(
        node,
        members,
        recovered=recover(records),
        rng=rng,
        incarnation=incarnation,
        options=options,
    )
    return core
