"""What the parts of a primary-backup node ask of each other."""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer, Command
from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.primary_backup.progress import Progress
from targets.nodes.raft.log import Entry


class Parts:
    """One method an arrow between two parts; the part it points at has the real one."""

    def _adopt(self, configuration: Configuration) -> None:
        """Go by ``configuration``, which the service has decided, if it is newer than ours."""
        raise NotImplementedError

    def _is_outdated(self, configuration: Configuration) -> bool:
        """Whether somebody speaks for an epoch that is over: nothing of that is obeyed."""
        raise NotImplementedError

    def _propose(self, configuration: Configuration) -> None:
        """Ask the service to put ``configuration`` in the place of ours."""
        raise NotImplementedError

    def _poll(self) -> None:
        """Ask the service whether our configuration still stands: a lease comes of it."""
        raise NotImplementedError

    def _holds_lease(self) -> bool:
        """Whether the service has confirmed lately that we are primary."""
        raise NotImplementedError

    def _serves(self) -> bool:
        """Whether we are primary and may take requests."""
        raise NotImplementedError

    def _begin_reign(self) -> None:
        """Begin to be primary."""
        raise NotImplementedError

    def _continue_reign(self) -> None:
        """Go on as primary, with other backups."""
        raise NotImplementedError

    def _end_reign(self) -> None:
        """Somebody else is primary now: give up what only a primary has."""
        raise NotImplementedError

    def _hear_primary(self) -> None:
        """The primary of our configuration has spoken."""
        raise NotImplementedError

    def _await_grace(self) -> None:
        """Give the primary a whole randomised time to speak."""
        raise NotImplementedError

    def _advance_commit(self) -> None:
        """Commit what everybody who counts holds durably."""
        raise NotImplementedError

    def _commit_to(self, index: int) -> None:
        """Commit and apply up to ``index``."""
        raise NotImplementedError

    def _applied(self, entry: Entry, answer: Answer) -> None:
        """A client's committed command was applied."""
        raise NotImplementedError

    def _review_members(self) -> None:
        """Propose to remove the backups that are silent, to add who has caught up."""
        raise NotImplementedError

    def _offer_snapshot(self, peer: str, progress: Progress) -> None:
        """Send a peer what it needs of our log where that is gone: the snapshot."""
        raise NotImplementedError

    def _note_lost(self, count: int) -> None:
        """So many entries that we had committed are thrown away."""
        raise NotImplementedError

    def _append_own(self, entry: Entry) -> None:
        """Append an entry of our own epoch to our log."""
        raise NotImplementedError

    def _discard_all(self, why: str) -> None:
        """Throw away log, snapshot and state."""
        raise NotImplementedError

    def _wants_round(self) -> bool:
        """Whether reads wait for a round of heartbeats to start now."""
        raise NotImplementedError

    def _round_started(self) -> None:
        """``self.round`` is about to be sent to all peers."""
        raise NotImplementedError

    def _release_reads(self) -> None:
        """Answer the reads that may be answered."""
        raise NotImplementedError

    def _read(self, origin: Any, command: Command) -> None:
        """Serve a read as the primary."""
        raise NotImplementedError

    def _read_here(self, origin: Any, command: Command, seen: int) -> None:
        """Serve a read of a session from our own state, once that has all up to ``seen``."""
        raise NotImplementedError

    def _release_session_reads(self) -> None:
        """Answer those that our state has come far enough for."""
        raise NotImplementedError

    def _refuse_session_reads(self) -> None:
        """Refuse those that have waited for too long."""
        raise NotImplementedError

    def _abandon_reads(self) -> None:
        """Refuse the reads that wait for the backups: we are primary no more."""
        raise NotImplementedError

    def _abandon_writes(self) -> None:
        """Tell who waits that nobody knows what becomes of it: we are primary no more."""
        raise NotImplementedError

    def _abandon_forwards(self) -> None:
        """Give up the requests passed on to a primary that is silent, or is none any more."""
        raise NotImplementedError

    def _ask_held(self) -> None:
        """Ask the primary, now that it is heard, what was held for it."""
        raise NotImplementedError

    def _refuse_held(self) -> None:
        """Refuse the reads that have waited since the last time this was called."""
        raise NotImplementedError
