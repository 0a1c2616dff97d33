"""How a node's core of two-phase commit comes to be: one way, for whoever drives it."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from targets.nodes.bug import find, mutate
from targets.nodes.two_phase_commit.bugs import BUGS
from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.options import Options
from targets.nodes.two_phase_commit.recovery import recover

LOG_NAME = "two-phase-commit.log"
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
) -> TwoPhaseCommit:
    """The core of ``node`` as its log file's ``records`` left it; the driver hands it a clock.

    ``members`` are all nodes, this one included; ``bugs`` are ids or names of the
    catalogue. Raises UnknownBug, and ValueError for records that no such node wrote.
    """
    if node not in members:
        raise ValueError(f"{node} is none of the members: {', '.join(sorted(members))}")
    core: TwoPhaseCommit = mutate(TwoPhaseCommit, [find(BUGS, text) for text in bugs])(
        node,
        members,
        recovered=recover(records, options),
        rng=rng,
        incarnation=incarnation,
        options=options,
    )
    return core
