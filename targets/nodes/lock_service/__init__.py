"""A lock service on our own Raft: leases, fencing tokens, and a resource that they protect."""
