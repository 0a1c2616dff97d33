"""Checkpoints and restarts: what is in the log, and what of it is taken up after a start.

A checkpoint (Gray and Reuter, 1993, section 11.3) replaces the log by the state that it leads
to, and by the records of what is still under way.
"""

from __future__ import annotations

from targets.nodes.frames import encode_json
from targets.nodes.two_phase_commit.base import Base, Recovered
from targets.nodes.two_phase_commit.decisions import decided_record
from targets.nodes.two_phase_commit.locks import Mode
from targets.nodes.two_phase_commit.participant import prepared_record
from targets.nodes.two_phase_commit.recovery import WHOLE
from targets.nodes.two_phase_commit.work import Decided, Stage


class Checkpoint(Base):
    """How the state goes to the disk as a whole, and comes back."""

    def _restore(self, recovered: Recovered) -> None:
        """What was in doubt is in doubt again, and locked; what was decided is to be told again.

        What had been read and not voted on is gone with its locks, and will be voted against.
        """
        for work in recovered.prepared.values():
            self.work[work.id] = work
            for item in dict.fromkeys(item for item, _, _ in work.writes):
                self.locks.ask(work.id, work.age, item, Mode.EXCLUSIVE)
        self.decided = self._recover_decided(recovered)

    def _recover_decided(self, recovered: Recovered) -> dict[str, Decided]:
        return recovered.decided

    def _checkpoint_is_due(self) -> bool:
        """Whether the log has grown by as much as is wanted since it was as small as it can be."""
        grown = self._records_on_disk + len(self._records) - self._records_least
        return grown >= self.options.checkpoint_records

    def _all_records(self) -> list[bytes]:
        sessions = self.sessions.dump()
        kept, sessions["sessions"] = sessions["sessions"], []
        prepared = [work for work in self.work.values() if work.stage is Stage.PREPARED]
        # A record each: all in one could be longer than what a record may be.
        return [
            encode_json({"checkpoint": sessions, "finished": list(self.finished.items())}),
            *(encode_json({"session": session}) for session in kept),
            *(encode_json({"item": item, "value": v}) for item, v in self.store.values.items()),
            WHOLE,
            *(encode_json(prepared_record(work)) for work in prepared),
            *(encode_json(decided_record(decided)) for decided in self.decided.values()),
        ]
