"""Clients' requests: refused, forwarded, or proposed and answered once committed.

What a refusal may claim depends on how far the command got:

    never appended to any log             definite: it had no effect and never will
    appended, then leadership was lost    not definite: a successor may commit it
    forwarded, and the leader fell silent not definite: it may have committed it

    forwarded, and newer ones pushed it out not definite: the same
    a read, whatever became of it          definite: it has no effect anyway

A read whose leader fell silent waits for the next one instead (held_reads.py).

``definite`` speaks of this request. Where an earlier send of the same sequence number may
be under way, a refusal of the resend settles nothing about that one.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer, BadRequest, Command, refusal
from targets.nodes.raft.base import Base, Remote, Role
from targets.nodes.raft.log import Entry
from targets.nodes.raft.membership import CONTROLS
from targets.nodes.raft.messages import Answered, Forward, Message


class Proposals(Base):
    """How commands of clients enter the log, and how their answers leave."""

    def status(self) -> dict[str, Any]:
        """The status answer (no promise is implied: it may be old when it arrives)."""
        return {
            "node": self.node,
            "role": str(self.role),
            "term": self.term,
            "leader": self.leader,
            "commit_index": self.commit_index,
            "applied_index": self.applied_index,
            "last_index": self.log.last_index,
            "snapshot_index": self.snapshot.index if self.snapshot is not None else 0,
            "members": list(self.members),
            "bugs": dict(self.reached),
        }

    def _on_request(self, origin: Any, request: Any) -> None:
        if isinstance(request, dict) and request.get("f") == "status":
            self._answer(origin, {"ok": True, "value": self.status()})
        else:
            self._take(origin, request)

    def _take(self, origin: Any, request: Any) -> None:
        """Serve a request of a client, here or by way of another member."""
        if isinstance(request, dict) and request.get("f") in CONTROLS:
            self._take_control(origin, request)
            return
        try:
            command = self.machine.command(request)
        except BadRequest as error:
            self._answer(origin, refusal("bad-request", definite=True, detail=str(error)))
            return
        self._serve(origin, command, request)

    def _serve(self, origin: Any, command: Command, request: dict[str, Any]) -> None:
        """Take the request if we lead, else pass it on to the leader we know."""
        if self.role is not Role.LEADER:
            if self.leader is None and self._is_read_of_ours(origin, request):
                self._hold(origin, request)
            else:
                self._pass_on(origin, request)
        elif command.f in self.machine.mutations:
            self._propose(origin, command)
        else:
            self._read(origin, command)

    def _pass_on(self, origin: Any, request: dict[str, Any]) -> None:
        if self.leader is None or isinstance(origin, Remote):
            # No second hop: two nodes that take each other for the leader would play ball.
            self._answer(origin, refusal("no-leader", definite=True))
        else:
            self._forward(origin, request)

    # At the leader.

    def _propose(self, origin: Any, command: Command) -> None:
        """Append the command, unless it is there already: exactly once (2014, section 6.3)."""
        if (settled := self.machine.answered(command)) is not None:
            self._answer(origin, settled)
            return
        present = self._index_of.get((command.session, command.seq))
        if present is not None:
            self._waiting[present].append(origin)
            return
        if (why := self._is_busy()) is not None:
            self._answer(origin, refusal("busy", definite=True, detail=why))
            return
        entry = Entry(self.log.last_index + 1, self.term, command)
        if len(entry.encoded) > self.options.command_bytes_max:
            detail = f"a command of {len(entry.encoded)} bytes; at most "
            detail += f"{self.options.command_bytes_max} are taken"
            self._answer(origin, refusal("bad-request", definite=True, detail=detail))
            return
        self._index_of[command.session, command.seq] = entry.index
        self._propose_entry(origin, entry)

    def _is_busy(self) -> str | None:
        """Why no more commands are taken just now; None when they are."""
        if len(self._waiting) >= self.options.waiting_max:
            return f"{len(self._waiting)} commands wait for a majority"
        if self._transfer is not None:
            return f"leadership is being handed to {self._transfer.target}"
        return None

    def _propose_entry(self, origin: Any, entry: Entry) -> None:
        self._waiting[entry.index] = [origin]
        self._append_own(entry)

    def _applied(self, entry: Entry, answer: Answer) -> None:
        origins = self._waiting.pop(entry.index, None)
        if origins is None:
            return
        if entry.command is not None:
            self._index_of.pop((entry.command.session, entry.command.seq), None)
        for origin in origins:
            self._answer(origin, answer)

    def _abandon_proposals(self) -> None:
        waiting = self._waiting
        self._waiting, self._index_of = {}, {}
        for origins in waiting.values():
            for origin in origins:
                self._answer(origin, refusal("lost-leadership", definite=False))

    # Forwarding.

    def _forward(self, origin: Any, request: dict[str, Any]) -> None:
        assert self.leader is not None
        if len(self._forwarded) >= self.options.waiting_max:
            # The oldest will hardly be answered any more: it or its answer was lost.
            oldest, pushed_out = self._forwarded.pop(next(iter(self._forwarded)))
            is_read = self._is_read_of_ours(oldest, pushed_out)
            error = "no-leader" if is_read else "lost-leadership"
            self._answer(oldest, refusal(error, definite=is_read))
        self._next_forward += 1
        self._forwarded[self._next_forward] = origin, request
        self._send_early(self.leader, Forward(self._next_forward, request))

    def _abandon_forwards(self) -> None:
        forwarded, self._forwarded = self._forwarded, {}
        for origin, request in forwarded.values():
            if self._is_read_of_ours(origin, request):
                self._hold(origin, request)
            else:
                self._answer(origin, refusal("lost-leadership", definite=False))

    def _on_forward(self, peer: str, forward: Forward) -> None:
        if self._met.meet(peer, forward.id):
            self._take(Remote(peer, forward.id), forward.request)

    def _on_answered(self, answered: Answered) -> None:
        asked = self._forwarded.pop(answered.id, None)
        if asked is not None:
            self._answer(asked[0], answered.body)

    def _on_undelivered(self, message: Message) -> None:
        if not isinstance(message, Forward):
            return
        asked = self._forwarded.pop(message.id, None)
        if asked is not None:
            detail = "the leader cannot be reached from here"
            self._answer(asked[0], refusal("no-leader", definite=True, detail=detail))
