"""Q3: the leader acknowledges an enqueue when it is in its own log only.

n1 (leader, cut off)    enqueue 7 ok        its log is overwritten after the heal
n2 (new leader)              ...            drained, and nobody ever got 7
"""

from __future__ import annotations

from targets.nodes.queue_service.bugs.foresees import Foresees
from targets.nodes.queue_service.queues import ENQUEUE

NAME = "queue-service.enqueue-before-commit"


class EnqueueBeforeCommit(Foresees):
    """Enqueues are answered as soon as they are appended."""

    early = frozenset({ENQUEUE})
    name = NAME
