"""The seeded bugs of the node of two-phase commit. Adding one: a row here, an override apart."""

from __future__ import annotations

from targets.nodes.bug import Bug

BUGS: tuple[Bug, ...] = ()
