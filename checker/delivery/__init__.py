"""Queues that hand elements out: nothing lost, and nothing again once it is done with."""
