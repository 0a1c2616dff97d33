"""What the nodes say to each other: Raft's messages, and no others."""

from targets.nodes.raft.messages import decode, encode

__all__ = ["decode", "encode"]
