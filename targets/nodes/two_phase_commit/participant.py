"""The participant: locks, works, votes, and does what was decided.

    LOCKING ──all granted──► DONE ──Prepare──► PREPARED ──Commit──► committed
       │ dies                  │ idle too long     │ Abort
       └────────► aborted ◄────┴───────────────────┘

Strict two-phase locking (Bernstein, Hadzilacos and Goodman, 1987, chapter 3): every lock a
transaction needs anywhere is held before its first participant is asked to prepare, and what
it has written stays locked until the decision is here. Until it votes yes a participant may
abort by itself; afterwards it may not, and is *in doubt*: it asks its coordinator, and blocks
whoever needs the keys until that answers (the same, section 7.4; Gray and Lamport, "Consensus
on Transaction Commit", 2006, section 2: this is what two-phase commit costs).
"""

from __future__ import annotations

from targets.nodes.frames import FRAME_BYTES_MAX
from targets.nodes.two_phase_commit.base import ABORTED, COMMITTED, Base
from targets.nodes.two_phase_commit.locks import Answer, Mode
from targets.nodes.two_phase_commit.messages import (
    NO,
    READ_ONLY,
    YES,
    Abort,
    Ack,
    Commit,
    Died,
    Done,
    Execute,
    Inquire,
    Prepare,
    Vote,
)
from targets.nodes.two_phase_commit.request import READ
from targets.nodes.two_phase_commit.store import Impossible, ItemStep, writes_of
from targets.nodes.two_phase_commit.work import Stage, Work

CONFLICT = "conflict"
"""Why a transaction dies that may be started again."""


class Participant(Base):
    """What a node does for the transactions that touch its shard, whoever coordinates them."""

    # Locks and work.

    def _on_execute(self, peer: str, execute: Execute) -> None:
        self.lamport = max(self.lamport, execute.age[0])
        if execute.id in self.work or execute.id in self.finished:
            return
        work = Work(execute.id, peer, execute.age, execute.steps, writes_of(execute.steps))
        work.heard_s = self.clock()
        self.work[work.id] = work
        for item, mode in self._modes(work.steps).items():
            answer = self.locks.ask(work.id, work.age, item, mode)
            if answer is Answer.DIES:
                self._die(work, CONFLICT)
                return
            if answer is Answer.WAITS:
                work.lacks.add(item)
        if not work.lacks:
            self._run(work)

    def _modes(self, steps: list[ItemStep]) -> dict[str, Mode]:
        """Each item once, in the strongest mode it will need: no lock is upgraded later."""
        modes: dict[str, Mode] = {}
        for _, f, item, _ in steps:
            if f != READ:
                modes[item] = Mode.EXCLUSIVE
            else:
                modes.setdefault(item, Mode.SHARED)
        return modes

    def _run(self, work: Work) -> None:
        """All its locks are held: look at the shard once, and keep the writes back."""
        work.stage = Stage.DONE
        try:
            self._check_size(work)
            reads = self._read(work)
        except Impossible as error:
            self._die(work, str(error))
            return
        # Late: what is read here may have been committed in this very step.
        self._send(work.coordinator, Done(work.id, list(reads.items())))

    def _check_size(self, work: Work) -> None:
        """Raise Impossible where an answer would not fit into a frame beside those of others."""
        bytes_max = FRAME_BYTES_MAX // (2 * len(self.members))
        if (size := self.store.measure(work.steps)) > bytes_max:
            raise Impossible(f"{size} bytes to read or to hold in one list; at most {bytes_max}")

    def _read(self, work: Work) -> dict[int, object]:
        return self.store.run(work.steps)

    def _die(self, work: Work, why: str) -> None:
        self._end(work, ABORTED)
        self._send(work.coordinator, Died(work.id, why))

    def _end(self, work: Work, how: str) -> None:
        """Nothing is left of it here but how it ended; those that waited for it go on."""
        del self.work[work.id]
        self._finish(work.id, how)
        self._release(work)

    def _release(self, work: Work) -> None:
        for transaction, item in self.locks.release(work.id):
            other = self.work[transaction]
            other.lacks.discard(item)
            if not other.lacks:
                self._run(other)

    # Phase 1.

    def _on_prepare(self, peer: str, prepare: Prepare) -> None:
        work = self.work.get(prepare.id)
        if work is None:
            # Aborted here, or never heard of: a node that started again has lost its locks.
            self._presume_aborted(prepare.id)
            ended = self.finished[prepare.id]
            if ended != COMMITTED:
                self._send(peer, Vote(prepare.id, READ_ONLY if ended == READ_ONLY else NO))
        elif work.stage is Stage.LOCKING:
            # Not all its locks are held, so this cannot be meant: nobody is asked before.
            return
        elif work.stage is Stage.PREPARED:
            self._send(peer, Vote(work.id, YES))
        elif not work.writes:
            # It holds all its locks everywhere, so those of its reads may go (R*, section 3).
            self._end(work, READ_ONLY)
            self._send(peer, Vote(work.id, READ_ONLY))
        elif self._refuses(work):
            self._end(work, ABORTED)
            self._send(peer, Vote(work.id, NO))
        else:
            self._vote_yes(work)

    def _refuses(self, work: Work) -> bool:
        return self.options.refuse > 0 and self.rng.random() < self.options.refuse

    def _vote_yes(self, work: Work) -> None:
        """Promise to commit if told to: the writes are durable before the vote leaves."""
        work.stage, work.heard_s = Stage.PREPARED, self.clock()
        self._persist_prepared(work)
        self._send(work.coordinator, Vote(work.id, YES))

    def _persist_prepared(self, work: Work) -> None:
        self._persist(prepared_record(work), sync=True)

    # Phase 2.

    def _on_commit(self, peer: str, commit: Commit) -> None:
        work = self.work.get(commit.id)
        if work is not None and work.stage is Stage.PREPARED:
            self._persist({"done": work.id, "how": COMMITTED}, sync=True)
            self._commit(work)
        # What is not known any more was committed before, and its first Ack was lost.
        self._send(peer, Ack(commit.id))

    def _commit(self, work: Work) -> None:
        self.store.install(work.writes)
        self._end(work, COMMITTED)

    def _on_abort(self, peer: str, abort: Abort) -> None:
        work = self.work.get(abort.id)
        if work is None:
            # It may have come before what it is about.
            self._presume_aborted(abort.id)
        elif work.coordinator == peer:
            self._abort(work)

    def _abort(self, work: Work) -> None:
        if work.stage is Stage.PREPARED:
            # Not synced: what is lost of it is asked for again, and presumed again.
            self._persist({"done": work.id, "how": ABORTED}, sync=False)
        self._end(work, ABORTED)

    def _presume_aborted(self, transaction: str) -> None:
        if transaction not in self.finished:
            self._finish(transaction, ABORTED)

    # When nothing is heard.

    def _look_after_work(self, now_s: float) -> None:
        """Give up what nobody will finish, and ask about what is in doubt."""
        for work in list(self.work.values()):
            if work.id not in self.work:
                continue
            if work.stage is Stage.PREPARED:
                if now_s - work.heard_s >= self.options.again_s:
                    work.heard_s = now_s
                    self._in_doubt(work)
            elif now_s - work.heard_s >= self.options.idle_s:
                self._end(work, ABORTED)

    def _in_doubt(self, work: Work) -> None:
        """Ask, and go on waiting: whatever it decided by itself could be wrong."""
        self._send_early(work.coordinator, Inquire(work.id))


def prepared_record(work: Work) -> dict[str, object]:
    """The record of a yes: all that is needed to commit after a crash."""
    return {
        "prepared": work.id,
        "coordinator": work.coordinator,
        "age": work.age,
        "writes": work.writes,
    }
