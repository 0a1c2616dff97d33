"""The seeded bugs of the primary-backup node."""

from __future__ import annotations

from targets.nodes.bug import Bug

BUGS: tuple[Bug, ...] = ()
