"""Clients' requests: refused, forwarded, or ordered and answered once committed.

What a refusal may claim depends on how far the command got:

    never appended to any log              definite: it had no effect and never will
    appended, then we were deposed         not definite: our successor may have it
    forwarded, and the primary fell silent not definite: it may have been appended
    forwarded, and pushed out by others    not definite: the same
    forwarded to a life that has ended     not definite: the same

A read changes nothing, so it is held for the next primary instead, for one grace, and every
refusal of it is definite. ``definite`` speaks of this request. Where an earlier send of the same
sequence number may be under way, a refusal of the resend settles nothing about that one.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from targets.nodes.command import Answer, BadRequest, Command, refusal
from targets.nodes.primary_backup.base import Base, Remote
from targets.nodes.primary_backup.messages import Answered, Forward, Message
from targets.nodes.primary_backup.options import SESSION
from targets.nodes.raft.log import Entry
from targets.nodes.state_machine import MUTATIONS, READS, StateMachine


class Clients(Base):
    """How commands of clients enter the log, and how their answers leave."""

    def status(self) -> dict[str, Any]:
        """The status answer (no promise is implied: it may be old when it arrives).

        Role and term in the words of every replication: a primary leads, its term is its epoch.
        ``lag`` is, at the primary, how many entries each other node is known to lack: with
        asynchronous replication, what would be lost were it to take over now.
        """
        return {
            "node": self.node,
            "role": self._role(),
            "term": self.configuration.epoch,
            "leader": None if self.primary_is_silent else self.configuration.primary,
            "backups": list(self.configuration.backups),
            "replication": self.options.replication,
            "commit_index": self.commit_index,
            "applied_index": self.applied_index,
            "last_index": self.log.last_index,
            "snapshot_index": self.snapshot_index,
            "lag": {p: self.log.last_index - known.match for p, known in self.progress.items()},
            "thrown_away": self.thrown_away,
            "bugs": dict(self.reached),
        }

    def _role(self) -> str:
        if self.is_primary:
            return "leader"
        return "follower" if self.node in self.configuration.backups else "outside"

    def _on_request(self, origin: Any, request: Any) -> None:
        if isinstance(request, dict) and request.get("f") == "status":
            self._answer(origin, {"ok": True, "value": self.status()})
        else:
            self._take(origin, request)

    def _take(self, origin: Any, request: Any) -> None:
        try:
            command = StateMachine.command(request)
        except BadRequest as error:
            self._answer(origin, refusal("bad-request", definite=True, detail=str(error)))
            return
        self._serve(origin, command, request)

    def _serve(self, origin: Any, command: Command, request: dict[str, Any]) -> None:
        """Take the request if we are primary, else pass it on to the primary we hear."""
        if command.f in READS and self.options.reads == SESSION:
            seen = request.get("seen", 0)
            self._read_here(origin, command, seen if type(seen) is int else 0)
        elif not self.is_primary:
            self._pass_on(origin, request)
        elif not self._serves():
            detail = "the primary has no lease from the configuration service"
            self._answer(origin, refusal("no-leader", definite=True, detail=detail))
        elif command.f in MUTATIONS:
            self._order(origin, command)
        else:
            self._read(origin, command)

    def _pass_on(self, origin: Any, request: dict[str, Any]) -> None:
        if isinstance(origin, Remote):
            # No second hop: two nodes that take each other for the primary would play ball.
            self._answer(origin, refusal("no-leader", definite=True))
        elif not self.primary_is_silent:
            self._forward(origin, request)
        elif request["f"] in READS and len(self._held) < self.options.waiting_max:
            self._held.append((origin, request))
        else:
            self._answer(origin, refusal("no-leader", definite=True))

    # At the primary.

    def _order(self, origin: Any, command: Command) -> None:
        """Append the command, unless it is there already: exactly once."""
        if (settled := self.machine.answered(command)) is not None:
            self._answer(origin, self._told(settled, self.applied_index))
            return
        present = self._index_of.get((command.session, command.seq))
        if present is not None:
            self._waiting[present].append(origin)
            return
        if len(self._waiting) >= self.options.waiting_max:
            detail = f"{len(self._waiting)} commands wait for the backups"
            self._answer(origin, refusal("busy", definite=True, detail=detail))
            return
        entry = Entry(self.log.last_index + 1, self.configuration.epoch, command)
        if len(entry.encoded) > self.options.command_bytes_max:
            detail = f"a command of {len(entry.encoded)} bytes; at most "
            detail += f"{self.options.command_bytes_max} are taken"
            self._answer(origin, refusal("bad-request", definite=True, detail=detail))
            return
        self._index_of[command.session, command.seq] = entry.index
        self._waiting[entry.index] = [origin]
        self._append_own(entry)

    def _applied(self, entry: Entry, answer: Answer) -> None:
        origins = self._waiting.pop(entry.index, None)
        if origins is None:
            return
        assert entry.command is not None
        self._index_of.pop((entry.command.session, entry.command.seq), None)
        for origin in origins:
            self._answer(origin, self._told(answer, entry.index))

    def _told(self, answer: Answer, index: int) -> Answer:
        """The answer, and with it how far the session has seen, where that is asked for."""
        return answer | {"index": index} if self.options.reads == SESSION else answer

    def _abandon_writes(self) -> None:
        waiting = self._waiting
        self._waiting, self._index_of = {}, {}
        for origins in waiting.values():
            for origin in origins:
                self._answer(origin, refusal("lost-leadership", definite=False))

    # Forwarding.

    def _forward(self, origin: Any, request: dict[str, Any]) -> None:
        if len(self._forwarded) >= self.options.waiting_max:
            # The oldest will hardly be answered any more: it or its answer was lost.
            self._give_up(*self._forwarded.pop(next(iter(self._forwarded))))
        self._next_forward += 1
        self._forwarded[self._next_forward] = origin, request
        own = self.configuration
        assert own.life is not None, "nobody is heard of an epoch that nobody has decided"
        self._send_early(own.primary, Forward(self._next_forward, own.life, request))

    def _give_up(self, origin: Any, request: dict[str, Any]) -> None:
        is_read = request["f"] in READS
        error = "no-leader" if is_read else "lost-leadership"
        self._answer(origin, refusal(error, definite=is_read))

    def _abandon_forwards(self) -> None:
        forwarded, self._forwarded = self._forwarded, {}
        for origin, request in forwarded.values():
            if request["f"] in READS and len(self._held) < self.options.waiting_max:
                self._held.append((origin, request))
            else:
                self._give_up(origin, request)

    def _ask_held(self) -> None:
        held, self._held, self._held_before = self._held, deque(), 0
        for origin, request in held:
            self._take(origin, request)

    def _refuse_held(self) -> None:
        for _ in range(self._held_before):
            self._give_up(*self._held.popleft())
        self._held_before = len(self._held)

    def _on_forward(self, peer: str, forward: Forward) -> None:
        if not self._met.meet(peer, forward.id):
            return
        origin = Remote(peer, forward.id)
        if forward.life == self.incarnation:
            self._take(origin, forward.request)
        else:
            # A copy of it may have come to the life that it was meant for, and been ordered.
            self._give_up(origin, forward.request)

    def _on_answered(self, answered: Answered) -> None:
        asked = self._forwarded.pop(answered.id, None)
        if asked is not None:
            self._answer(asked[0], answered.body)

    def _on_undelivered(self, message: Message) -> None:
        if not isinstance(message, Forward):
            return
        asked = self._forwarded.pop(message.id, None)
        if asked is not None:
            detail = "the primary cannot be reached from here"
            self._answer(asked[0], refusal("no-leader", definite=True, detail=detail))
