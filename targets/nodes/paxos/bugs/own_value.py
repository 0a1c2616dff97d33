"""X4: a new leader proposes a value of its own where one may have been chosen.

n1 (leads 3.n1)   slot 5 is chosen: add 7, acknowledged; dies
n2 (leads 4.n2)   is told of slot 5 by a quorum, proposes a no-op there
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import NO_OP, Decree, PValue
from targets.nodes.paxos.core import Paxos

NAME = "paxos.own-value"


class OwnValue(Paxos):
    """P2c of "Paxos Made Simple" is gone; a slot counts where something else was accepted."""

    def _value_for(self, slot: int, highest: PValue | None) -> Decree:
        if highest is not None and highest.decree.command is not None:
            self._count(NAME)
        return NO_OP
