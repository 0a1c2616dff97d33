"""Queues over our own Raft: delivered at least once, and done with once by acknowledgement."""
