"""X9: a slot that is not known as chosen is skipped once a later one is.

n1   applies slots 5, 6, 7       n2   applies 5, 7; slot 6 is learnt, and is too late
"""

from __future__ import annotations

from targets.nodes.paxos.core import Paxos

NAME = "paxos.skips-holes"


class SkipsHoles(Paxos):
    """Slots are applied as they are learnt; each that is passed over counts.

    It notes on the disk no longer how far everything is chosen, which would be untrue.
    """

    def _next_to_apply(self) -> int | None:
        for slot in range(self.chosen + 1, self.last_slot + 1):
            if slot in self.decided:
                if slot > self.chosen + 1:
                    self._count(NAME, slot - self.chosen - 1)
                return slot
        return None

    def _chosen_record(self) -> list[bytes]:
        return []
