"""What nodes of the queue service say to each other: what Raft nodes do."""

from __future__ import annotations

from targets.nodes.raft.messages import decode, encode

__all__ = ["decode", "encode"]
