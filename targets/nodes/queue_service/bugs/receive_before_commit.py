"""Q2: the leader hands an element out before the receive is committed.

n1 (leader, cut off)   receive -> 7
n2 (new leader)           receive -> 7      at once, for here it was never handed out
"""

from __future__ import annotations

from targets.nodes.queue_service.bugs.foresees import Foresees
from targets.nodes.queue_service.queues import DEQUEUE, RECEIVE

NAME = "queue-service.receive-before-commit"


class ReceiveBeforeCommit(Foresees):
    """Receives and dequeues are answered as soon as they are appended."""

    early = frozenset({RECEIVE, DEQUEUE})
    name = NAME
