"""Clients' requests: refused, parked, forwarded, or proposed and answered once applied.

What a refusal may claim depends on how far the command got:

    never proposed for any slot           definite: it had no effect and never will
    proposed, then leadership was lost    not definite: a successor may find and choose it
    forwarded, and the leader fell silent not definite: it may have been proposed

A read has no effect, so it is asked again of the next leader instead.

``definite`` speaks of this request. Where an earlier send of the same sequence number may
be under way, a refusal of the resend settles nothing about that one.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer, BadRequest, refusal
from targets.nodes.paxos.ballot import Decree
from targets.nodes.paxos.base import Base, Parked, Remote, Role
from targets.nodes.paxos.messages import Answered, Forward, Message
from targets.nodes.state_machine import MUTATIONS, StateMachine

FORWARDED_MAX = 10_000


class Clients(Base):
    """How commands of clients come to be proposed, and how their answers leave."""

    def status(self) -> dict[str, Any]:
        """The status answer (no promise is implied: it may be old when it arrives)."""
        return {
            "node": self.node,
            "role": str(self.role),
            "ballot": list(self.promised if self.role is Role.FOLLOWER else self.ballot),
            "leader": self.leader,
            "commit_index": self.chosen,
            "applied_index": self.chosen,
            "last_index": self.last_slot,
            "bugs": dict(self.reached),
        }

    def _on_request(self, origin: Any, request: Any) -> None:
        if isinstance(request, dict) and request.get("f") == "status":
            self._answer(origin, {"ok": True, "value": self.status()})
            return
        self._take(origin, request)

    def _take(self, origin: Any, request: Any) -> None:
        try:
            command = StateMachine.command(request)
        except BadRequest as error:
            self._answer(origin, refusal("bad-request", definite=True, detail=str(error)))
            return
        self._serve(Parked(origin, command, request))

    def _serve(self, asked: Parked) -> None:
        """Take the request if we lead, pass it on to the leader we know, or let it wait."""
        if self.role is Role.LEADER:
            if asked.command.f in MUTATIONS:
                self._propose(asked)
            else:
                self._read(asked.origin, asked.command)
        elif self.role is Role.FOLLOWER and isinstance(asked.origin, Remote):
            # No second hop: two nodes that take each other for the leader would play ball.
            self._answer(asked.origin, refusal("no-leader", definite=True))
        elif self.leader is None:
            self._park(asked)
        else:
            self._forward(asked)

    # Waiting for a leader, or for room.

    def _park(self, asked: Parked) -> None:
        if len(self.parked) + len(self.waiting) >= self.options.waiting_max:
            detail = f"{len(self.parked) + len(self.waiting)} requests wait here"
            self._answer(asked.origin, refusal("busy", definite=True, detail=detail))
        else:
            self.parked.append(asked)

    def _unpark(self) -> None:
        parked = list(self.parked)
        self.parked.clear()
        self._stale_parked = 0
        for asked in parked:
            self._serve(asked)

    def _refuse_parked(self) -> None:
        for _ in range(self._stale_parked):
            self._answer(self.parked.popleft().origin, refusal("no-leader", definite=True))
        self._stale_parked = len(self.parked)

    # At the leader.

    def _propose(self, asked: Parked) -> None:
        """Propose the command for the next slot, unless it is under way or done already."""
        command = asked.command
        if (settled := self.machine.answered(command)) is not None:
            self._answer(asked.origin, settled)
            return
        present = self._slot_of.get((command.session, command.seq))
        if present is not None:
            self.waiting[present][1].append(asked)
            return
        if len(self.in_flight) >= self.options.window_slots:
            self._park(asked)
            return
        if len(self.waiting) >= self.options.waiting_max:
            detail = f"{len(self.waiting)} commands wait for a quorum"
            self._answer(asked.origin, refusal("busy", definite=True, detail=detail))
            return
        decree = Decree(command)
        if len(decree.encoded) > self.options.command_bytes_max:
            detail = f"a command of {len(decree.encoded)} bytes; at most "
            detail += f"{self.options.command_bytes_max} are taken"
            self._answer(asked.origin, refusal("bad-request", definite=True, detail=detail))
            return
        self.waiting[self.next_slot] = decree, [asked]
        self._slot_of[command.session, command.seq] = self.next_slot
        self._offer(self.next_slot, decree)
        self.next_slot += 1

    def _fill_window(self) -> None:
        """Propose what waited for room."""
        while self.parked and len(self.in_flight) < self.options.window_slots:
            self._serve(self.parked.popleft())
        self._stale_parked = 0

    def _applied(self, slot: int, decree: Decree, answer: Answer | None) -> None:
        if (found := self.waiting.pop(slot, None)) is None:
            return
        ours, asked = found
        command = ours.command
        assert command is not None
        self._slot_of.pop((command.session, command.seq), None)
        if ours.encoded == decree.encoded and answer is not None:
            for one in asked:
                self._answer(one.origin, answer)
            return
        # The slot went to another decree, so this one is chosen nowhere: it may be proposed
        # for another slot ("Paxos Made Moderately Complex", section 2.1).
        self.parked.extend(asked)

    def _abandon_proposals(self) -> None:
        waiting = self.waiting
        self.waiting, self._slot_of = {}, {}
        for _, asked in waiting.values():
            for one in asked:
                self._answer(one.origin, refusal("lost-leadership", definite=False))

    # Forwarding.

    def _forward(self, asked: Parked) -> None:
        assert self.leader is not None
        if len(self._forwarded) >= FORWARDED_MAX:
            # The oldest will hardly be answered any more; its client has timed out.
            del self._forwarded[next(iter(self._forwarded))]
        self._next_forward += 1
        self._forwarded[self._next_forward] = asked
        self._send_early(self.leader, Forward(self._next_forward, asked.request))

    def _abandon_forwards(self) -> None:
        forwarded, self._forwarded = self._forwarded, {}
        for asked in forwarded.values():
            if asked.command.f in MUTATIONS:
                self._answer(asked.origin, refusal("lost-leadership", definite=False))
            else:
                # A read changes nothing, so the next leader may be asked it as well.
                self._park(asked)

    def _on_forward(self, peer: str, forward: Forward) -> None:
        if self._met.meet(peer, forward.id):
            self._take(Remote(peer, forward.id), forward.request)

    def _on_answered(self, answered: Answered) -> None:
        asked = self._forwarded.pop(answered.id, None)
        if asked is not None:
            self._answer(asked.origin, answered.body)

    def _on_undelivered(self, message: Message) -> None:
        if not isinstance(message, Forward):
            return
        asked = self._forwarded.pop(message.id, None)
        if asked is not None:
            detail = "the leader cannot be reached from here"
            self._answer(asked.origin, refusal("no-leader", definite=True, detail=detail))
