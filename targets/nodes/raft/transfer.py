"""Leadership handed from one server to another (Ongaro 2014, section 3.10).

The leader takes no more commands, brings the other's log up to its own, and asks it to
stand at once. Its candidacy is not refused for hearing a leader, so a lease would not hold:
the leader gives up its own for the rest of its term. If it still leads after the smallest
election time-out, nothing came of it, and it goes on as before.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import refusal
from targets.nodes.raft.base import TRANSFER, Base, Role
from targets.nodes.raft.messages import TimeoutNow
from targets.nodes.raft.undertaking import TransferRequest


class Transfer(Base):
    """Both sides of a transfer."""

    def _start_transfer(self, origin: Any, target: str | None) -> None:
        if target is None and self.peers:
            target = max(self.peers, key=lambda peer: self.progress[peer].match)
        if (why := self._cannot_change()) is not None:
            self._answer(origin, refusal("busy", definite=True, detail=why))
        elif target == self.node:
            self._answer(origin, {"ok": True, "value": target})
        elif target is None or target not in self.members:
            detail = f"{target or 'nobody'} is no other member; there are {', '.join(self.members)}"
            self._answer(origin, refusal("bad-request", definite=True, detail=detail))
        else:
            self._note(f"hands over to {target}")
            self._transfer = TransferRequest(target, origin, self.term)
            self._set_timer(TRANSFER, self.options.election_s_min)

    def _transfer_if_ready(self) -> None:
        transfer = self._transfer
        if transfer is None or (transfer.asked and not self._heartbeat_is_due):
            return
        if self.progress[transfer.target].match == self.log.last_index:
            transfer.asked = True
            self._lease_is_given_up = True
            self._send(transfer.target, TimeoutNow(self.term))

    def _on_transfer_timer(self) -> None:
        if self._transfer is not None:
            origin, target = self._transfer.origin, self._transfer.target
            self._transfer = None
            detail = f"{target} did not take over in time; it may still"
            self._answer(origin, refusal("not-transferred", definite=False, detail=detail))

    def _abandon_transfer(self) -> None:
        """We lead no more, which is what a transfer is for if there is a later term."""
        transfer, self._transfer = self._transfer, None
        if transfer is None:
            return
        self._set_timer(TRANSFER, None)
        if self.term > transfer.term:
            self._answer(transfer.origin, {"ok": True, "value": transfer.target})
        else:
            self._answer(transfer.origin, refusal("lost-leadership", definite=False))

    def _on_timeout_now(self, peer: str, message: TimeoutNow) -> None:
        # Not of a former leader: a late message must not depose the present one.
        is_ours = message.term == self.term and self.role is not Role.LEADER and self.is_voter
        if is_ours and self.role is not Role.CANDIDATE:
            self._note(f"is asked by {peer} to take over")
            self.leader = None
            self.leader_is_silent = True
            self._abandon_forwards()
            self._ask_votes(transfer=True)
