"""The seeded bugs of the Paxos node. Adding one: a row here and an override in a module.

``reached`` counts, per bug, how often its mutated line ran where the node could tell that
it mattered; each override says in its module what it counts.
"""

from __future__ import annotations

from targets.nodes.bug import Bug

BUGS: tuple[Bug, ...] = ()
