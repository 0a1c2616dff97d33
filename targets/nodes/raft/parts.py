"""What the parts of a Raft node (election, replication, reads, …) ask of each other."""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer, Command
from targets.nodes.raft.log import Entry
from targets.nodes.raft.progress import Progress


class Parts:
    """One method an arrow between two parts; the part it points at has the real one."""

    def _lead(self) -> None:
        """Begin to lead: a majority voted for us."""
        raise NotImplementedError

    def _follow(self, term: int, leader: str | None) -> None:
        """Become a follower in ``term``, of ``leader`` where that is known."""
        raise NotImplementedError

    def _hear_leader(self, peer: str) -> None:
        """The legitimate leader of this term has spoken."""
        raise NotImplementedError

    def _stop_leading(self) -> None:
        """Give up what only a leader has; called when the role is already another one."""
        raise NotImplementedError

    def _abandon_forwards(self) -> None:
        """Give up the requests passed on to a leader that is silent, or leads no more."""
        raise NotImplementedError

    def _release_reads(self) -> None:
        """Answer the reads whose round a majority has confirmed."""
        raise NotImplementedError

    def _learners(self) -> tuple[str, ...]:
        """Who gets the leader's log without a vote."""
        raise NotImplementedError

    def _cannot_change(self) -> str | None:
        """Why neither members nor leader may be changed now; None when they may."""
        raise NotImplementedError

    def _start_transfer(self, origin: Any, target: str | None) -> None:
        """Hand leadership to ``target``, None for whoever is furthest."""
        raise NotImplementedError

    def _pass_on(self, origin: Any, request: dict[str, Any]) -> None:
        """Forward a request to the leader, or refuse it where none is known."""
        raise NotImplementedError

    def _take(self, origin: Any, request: Any) -> None:
        """Serve a request of a client, here or by way of another member."""
        raise NotImplementedError

    def _is_read_of_ours(self, origin: Any, request: dict[str, Any]) -> bool:
        """Whether it is a read that one of our own clients asked."""
        raise NotImplementedError

    def _hold(self, origin: Any, request: dict[str, Any]) -> None:
        """Keep a read for the next leader."""
        raise NotImplementedError

    def _ask_held(self) -> None:
        """Ask the leader, now that one is known, what was held for it."""
        raise NotImplementedError

    def _refuse_held(self) -> None:
        """Another election begins: refuse the reads that have waited for one already."""
        raise NotImplementedError

    def _take_control(self, origin: Any, request: dict[str, Any]) -> None:
        """Serve a request to change the members or the leader."""
        raise NotImplementedError

    def _ask_votes(self, *, transfer: bool = False) -> None:
        """Stand for election."""
        raise NotImplementedError

    def _advance_commit(self) -> None:
        """Commit what a majority holds."""
        raise NotImplementedError

    def _check_catch_up(self) -> None:
        """Called with every check of the quorum."""
        raise NotImplementedError

    def _begin_lease(self) -> None:
        """A new leader has no lease yet."""
        raise NotImplementedError

    def _note_round(self) -> None:
        """``self.round`` is about to be sent: a lease may come of it."""
        raise NotImplementedError

    def _renew_lease(self, confirmed: int) -> None:
        """A majority has answered the broadcast ``confirmed``."""
        raise NotImplementedError

    def _holds_lease(self) -> bool:
        """Whether no other leader can be, by our clock."""
        raise NotImplementedError

    def _on_heard(self, peer: str, progress: Progress) -> None:
        """A peer told the leader how far it is."""
        raise NotImplementedError

    def _offer_snapshot(self, peer: str, progress: Progress) -> None:
        """Send a peer what it needs of our log where that is gone: the snapshot."""
        raise NotImplementedError

    def _wants_round(self, fresh_entries: bool) -> bool:
        """Whether reads wait for a round of heartbeats to start now."""
        raise NotImplementedError

    def _round_started(self) -> None:
        """``self.round`` is about to be sent to all peers."""
        raise NotImplementedError

    def _applied(self, entry: Entry, answer: Answer) -> None:
        """A client's committed command was applied."""
        raise NotImplementedError

    def _append_own(self, entry: Entry) -> None:
        """Append an entry of our own term to our log."""
        raise NotImplementedError

    def _propose_entry(self, origin: Any, entry: Entry) -> None:
        """Append an entry, and answer ``origin`` once it is applied."""
        raise NotImplementedError

    def _read(self, origin: Any, command: Command) -> None:
        """Serve a read as the leader."""
        raise NotImplementedError
