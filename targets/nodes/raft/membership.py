"""Changes of membership, one server at a time (Ongaro 2014, sections 4.1 and 4.2).

Any majority of the old configuration and any of the new one share a server, so no two
leaders can be elected in one term. Two changes at once would break that, and so would a
change by a leader of whose term nothing is committed yet: an earlier leader's change may be
in some log, and be completed by somebody else (Ongaro's correction of 2015, raft-dev).

A server that joins first receives the log without a vote, in rounds, until one is short
enough that nobody would notice the rest (4.2.1). A leader that is removed leads until that
is committed, without counting itself, and then steps down (4.2.2).
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import refusal
from targets.nodes.raft.base import Base, Role
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import TimeoutNow
from targets.nodes.raft.progress import Progress
from targets.nodes.raft.undertaking import CatchUp

CONTROLS = frozenset({"admin.add", "admin.remove", "admin.transfer"})
"""What the client port takes beside commands: who is a member, who leads."""

ROUNDS_MAX = 10
SILENT_MAX = 10
"""Checks of the quorum without a word from a server that is to join."""


class Membership(Base):
    """How the leader adds and removes servers."""

    def _take_control(self, origin: Any, request: dict[str, Any]) -> None:
        """Do as told if we lead, else pass it on."""
        f, server = request["f"], request.get("value")
        everybody = sorted({self.node, *self.known})
        if server not in everybody and not (f == "admin.transfer" and server is None):
            detail = f"{f} takes one of {', '.join(everybody)}, not {server!r}"
            self._answer(origin, refusal("bad-request", definite=True, detail=detail))
        elif self.role is not Role.LEADER:
            self._pass_on(origin, request)
        elif f == "admin.transfer":
            self._start_transfer(origin, server)
        else:
            self._change_members(origin, server, joins=f == "admin.add")

    def _change_members(self, origin: Any, server: str, *, joins: bool) -> None:
        if (why := self._cannot_change()) is not None:
            self._answer(origin, refusal("busy", definite=True, detail=why))
        elif (server in self.members) == joins:
            self._answer(origin, {"ok": True, "value": list(self.members)})
        elif joins:
            self._catch_up = CatchUp(server, origin, self.log.last_index, self.clock())
            self._note(f"helps {server} to catch up")
            self._members_changed()
        elif self.members == (server,):
            detail = f"{server} is the last member"
            self._answer(origin, refusal("bad-request", definite=True, detail=detail))
        else:
            self._append_members(origin, tuple(m for m in self.members if m != server))

    def _cannot_change(self) -> str | None:
        """Why the leader may not change the configuration now; None when it may."""
        if not self._has_committed_in_its_term():
            return "nothing of this leader's term is committed yet"
        if self.configurations.index > self.commit_index:
            return "the change of membership before is not committed yet"
        if self._catch_up is not None:
            return f"{self._catch_up.server} is catching up to join"
        if self._transfer is not None:
            return f"leadership is being handed to {self._transfer.target}"
        return None

    def _has_committed_in_its_term(self) -> bool:
        """Ongaro's guard of 2015."""
        return self.commit_index >= self.first_own_index

    def _append_members(self, origin: Any, members: tuple[str, ...]) -> None:
        self._note(f"changes the members to {', '.join(members)}")
        index = self.log.last_index + 1
        self._propose_entry(origin, Entry(index, self.term, None, tuple(sorted(members))))

    # A server that is to join.

    def _learners(self) -> tuple[str, ...]:
        return () if self._catch_up is None else (self._catch_up.server,)

    def _on_heard(self, peer: str, progress: Progress) -> None:
        catch_up = self._catch_up
        if catch_up is None or catch_up.server != peer:
            return
        catch_up.silent = 0
        if progress.match < catch_up.target:
            return
        now_s = self.clock()
        if now_s - catch_up.began_s <= self.options.election_s_min:
            self._catch_up = None
            self._append_members(catch_up.origin, (*self.members, peer))
        elif catch_up.rounds == ROUNDS_MAX:
            self._refuse_to_add(f"{peer} is too slow to catch up in {ROUNDS_MAX} rounds")
        else:
            catch_up.rounds += 1
            catch_up.target, catch_up.began_s = self.log.last_index, now_s

    def _check_catch_up(self) -> None:
        """Called with every check of the quorum: a dead server is not waited for for ever."""
        catch_up = self._catch_up
        if catch_up is not None:
            catch_up.silent += 1
            if catch_up.silent > SILENT_MAX:
                self._refuse_to_add(f"{catch_up.server} does not answer")

    def _refuse_to_add(self, why: str) -> None:
        assert self._catch_up is not None
        origin, self._catch_up = self._catch_up.origin, None
        self._members_changed()
        # Definite: no configuration with it was ever appended.
        self._answer(origin, refusal("not-caught-up", definite=True, detail=why))

    def _abandon_catch_up(self) -> None:
        """We lead no more."""
        if self._catch_up is not None:
            origin = self._catch_up.origin
            self._catch_up = None
            self._answer(origin, refusal("no-leader", definite=True))

    # A leader that was removed.

    def _retire_if_removed(self) -> None:
        """Step down once our own removal is committed, in favour of whoever is furthest."""
        if self.is_voter or self.configurations.index > self.commit_index:
            return
        successor = max(self.peers, key=lambda peer: self.progress[peer].match)
        self._note(f"was removed and steps down in favour of {successor}")
        self._send(successor, TimeoutNow(self.term))
        self._follow(self.term, None)
