"""How the core of a node of the queue service comes to be: Raft's, with queues."""

from __future__ import annotations

from functools import partial

from targets.nodes.queue_service.bugs import BUGS
from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.options import Options
from targets.nodes.raft.make import make_core as make_raft

__all__ = ["LOG_NAME", "Options", "make_core"]

LOG_NAME = "queue-service.log"
"""The log file in a node's data directory."""

make_core = partial(make_raft, core=QueueService, catalogue=BUGS)
