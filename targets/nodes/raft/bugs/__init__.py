"""The seeded bugs of the Raft node. Adding one: a row here and an override in a module."""

from __future__ import annotations

from targets.nodes.bug import Bug

_HERE = "targets.nodes.raft.bugs."

BUGS: tuple[Bug, ...] = ()
