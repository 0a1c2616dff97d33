"""The coordinator's durable log, and its second phase: told until all have acknowledged.

    {"decided": id, "waits_for": [...], "session": …, "seq": …, "answer": …}    synced, then told
    {"forgotten": id}                                                           all acknowledged

A decision to commit is the one record that makes a transaction happen, and it holds its
client's answer: a client that asks again, after a crash too, is answered again. A decision to
abort needs no record, for whoever asks about a transaction without one is told that it was
aborted: presumed abort (Mohan, Lindsay and Obermarck, "Transaction Management in the R*
Distributed Database Management System", 1986, section 3.1). That is why a commit may be
forgotten only when nobody can be in doubt about it any more.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer
from targets.nodes.two_phase_commit.base import Base
from targets.nodes.two_phase_commit.messages import Abort, Ack, Commit, Inquire
from targets.nodes.two_phase_commit.work import Decided, Running


class Decisions(Base):
    """What was decided here, until everybody knows."""

    def _decide_commit(self, running: Running, writers: set[str], answer: Answer) -> None:
        """Commit: durable first, then told to those that have to do it."""
        decided = Decided(running.id, writers, self.clock())
        self.decided[decided.id] = decided
        self._persist_decision(running, decided, answer)
        self._announce(decided)

    def _persist_decision(self, running: Running, decided: Decided, answer: Answer) -> None:
        request = running.asked.request
        record = decided_record(decided)
        record |= {"session": request.session, "seq": request.seq, "answer": answer}
        self._persist(record, sync=True)

    def _announce(self, decided: Decided) -> None:
        for writer in sorted(decided.waits_for):
            self._send(writer, Commit(decided.id))

    def _on_ack(self, peer: str, ack: Ack) -> None:
        decided = self.decided.get(ack.id)
        if decided is None:
            return
        decided.waits_for.discard(peer)
        if not decided.waits_for:
            del self.decided[decided.id]
            # Not synced: were it lost, all would be told once more, and acknowledge again.
            self._persist({"forgotten": decided.id}, sync=False)

    def _on_inquire(self, peer: str, inquire: Inquire) -> None:
        if inquire.id in self.running:
            # It will hear, one way or the other.
            return
        if inquire.id in self.decided:
            self._send(peer, Commit(inquire.id))
        else:
            self._send(peer, Abort(inquire.id))

    def _look_after_decisions(self, now_s: float) -> None:
        """Tell again those that have not acknowledged."""
        for decided in self.decided.values():
            if now_s - decided.told_s >= self.options.again_s:
                decided.told_s = now_s
                self._announce(decided)

    def _redo(self) -> None:
        """After a start: finish what a predecessor had decided."""
        for decided in self.decided.values():
            decided.told_s = self.clock()
            self._announce(decided)


def decided_record(decided: Decided) -> dict[str, Any]:
    """The record of a commit, without its client's answer."""
    return {"decided": decided.id, "waits_for": sorted(decided.waits_for)}
