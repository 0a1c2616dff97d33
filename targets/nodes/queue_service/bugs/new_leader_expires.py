"""Q7: a new leader takes the time of all that is handed out to be over.

n1 (leader)       receive -> 7, kept from others for a while
n2 (new leader)       receive -> 7
"""

from __future__ import annotations

from targets.nodes.queue_service.core import QueueService

NAME = "queue-service.new-leader-expires"


class NewLeaderExpires(QueueService):
    """Each element counts that is put back too soon."""

    def _lead(self) -> None:
        super()._lead()
        over = self._due
        self._due = type(over)((float("-inf"), key, receipt) for _, key, receipt in over)
        for _ in over:
            self._count(NAME)
        self._expire()
