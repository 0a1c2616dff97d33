"""How a Raft node's core comes to be: one way, for whoever drives it."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence

from targets.nodes.bug import Bug, find, mutate
from targets.nodes.raft.bugs import BUGS
from targets.nodes.raft.core import Raft
from targets.nodes.raft.options import Options
from targets.nodes.raft.recovery import recover

LOG_NAME = "raft.log"
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
    core: type[Raft] = Raft,
    catalogue: Iterable[Bug] = BUGS,
) -> Raft:
    """The core of ``node`` as its log file's ``records`` left it; the driver hands it a clock.

    ``members`` are all nodes that have an address, this one included; ``bugs`` are ids or
    names of the ``catalogue``; ``core`` is Raft, or a Raft with another state machine. Raises
    UnknownBug, and ValueError for records that no Raft node wrote and for names that do not
    fit together.
    """
    if node not in members:
        raise ValueError(f"{node} is none of the members: {', '.join(sorted(members))}")
    strangers = sorted(set(options.members or ()) - set(members))
    if strangers:
        raise ValueError(
            f"members={','.join(options.members or ())} names {', '.join(strangers)}, "
            f"of whom no address is given; there are {', '.join(sorted(members))}"
        )
    made: Raft = mutate(core, [find(catalogue, text) for text in bugs])(
        node,
        members,
        recovered=recover(records),
        rng=rng,
        incarnation=incarnation,
        options=options,
    )
    return made
