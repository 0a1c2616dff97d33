"""The seeded bugs of the Raft node. Adding one: a row in a module here, and an override in one.

``reached`` counts, per bug, how often its mutation changed what the node did, as far as the
node can tell; each override says in its module what it counts.
"""

from __future__ import annotations

from targets.nodes.bug import Bug
from targets.nodes.raft.bugs.of_elections import ELECTIONS
from targets.nodes.raft.bugs.of_reads import READS
from targets.nodes.raft.bugs.of_replication import REPLICATION
from targets.nodes.raft.bugs.of_snapshots import SNAPSHOTS


def _number(bug: Bug) -> int:
    return int(bug.id.removeprefix("R"))


BUGS: tuple[Bug, ...] = tuple(sorted((*ELECTIONS, *REPLICATION, *READS, *SNAPSHOTS), key=_number))
