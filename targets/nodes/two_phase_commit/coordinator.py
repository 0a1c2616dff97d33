"""The coordinator: hands out the work, asks for votes, decides.

    Execute to all ──all Done──► Prepare to all ──all yes──► commit, durable ──► Commit to all
         │ one Died, or late          │ one no, or late                            + the answer
         └──────────────► abort ◄─────┘                                            to the client

Gray and Reuter, "Transaction Processing", 1993, chapter 10; Bernstein, Hadzilacos and
Goodman, 1987, section 7.4. The locks of all participants are held before the first of them is
asked to prepare. A transaction that died for its locks is started again for a while, with the
age it had, so that it grows old enough to wait (wait-die, see locks.py); its client does not
notice. Whatever is decided, nobody has seen anything of an attempt that was aborted.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import refusal
from targets.nodes.two_phase_commit.base import RESTART, Base
from targets.nodes.two_phase_commit.messages import (
    NO,
    YES,
    Abort,
    Died,
    Done,
    Execute,
    Message,
    Prepare,
    Vote,
)
from targets.nodes.two_phase_commit.participant import CONFLICT
from targets.nodes.two_phase_commit.request import READ
from targets.nodes.two_phase_commit.sharding import home_of, item_of
from targets.nodes.two_phase_commit.store import ItemStep
from targets.nodes.two_phase_commit.work import Asked, Running

NOT_DONE = "aborted"
"""The error of a transaction that did not happen, and may when it is asked for again."""
PAUSE_S_MIN = 0.0005
REFUSED, UNREACHABLE = "refused", "shard-unreachable"


class Coordinator(Base):
    """What a node does for the transactions of its clients."""

    # Phase 0: locks and work, everywhere at once.

    def _begin(self, asked: Asked) -> None:
        self._number += 1
        name = f"{self.node}.{self.incarnation:x}.{self._number}"
        if asked.age is None:
            self.lamport += 1
            asked.age = self.lamport, name
            asked.began_s = self.clock()
        asked.attempts += 1
        shares = self._shares(asked)
        running = Running(name, asked, shares, self.clock() + self.options.work_s)
        running.reads.update(asked.kept)
        self.running[name] = running
        for home, steps in shares.items():
            self._send_early(home, Execute(name, asked.age, steps))

    def _shares(self, asked: Asked) -> dict[str, list[ItemStep]]:
        """The steps by the node that holds what they touch."""
        shares: dict[str, list[ItemStep]] = {}
        for place, (f, name, value) in enumerate(asked.request.steps):
            if place not in asked.kept:
                item = item_of(asked.request.group, name)
                shares.setdefault(home_of(item, self.members), []).append((place, f, item, value))
        return shares

    def _on_done(self, peer: str, done: Done) -> None:
        running = self.running.get(done.id)
        if running is None or peer in running.done or peer not in running.shares:
            return
        running.done.add(peer)
        running.reads.update(done.reads)
        if running.is_voting:
            self._ask_for_votes(running)

    def _on_died(self, peer: str, died: Died) -> None:
        running = self.running.get(died.id)
        if running is None:
            return
        self._abort_running(running)
        asked = running.asked
        if died.why != CONFLICT:
            self._refuse(asked, REFUSED, died.why)
        elif self.clock() - asked.began_s >= self.options.restart_s:
            tries = f"lost the locks it needs to older transactions, {asked.attempts} times"
            self._refuse(asked, NOT_DONE, tries)
        else:
            self._restart(running)

    # Starting again.

    def _restart(self, running: Running) -> None:
        """Once more, after a while that grows; nothing of this attempt is kept."""
        doublings = min(running.asked.attempts - 1, self.options.backoff_doublings_max)
        pause_s = self.options.backoff_s * 2**doublings * self.rng.uniform(0.5, 1.5)
        self.restarting.append((self.clock() + pause_s, running.asked))
        self._arm_restarts()

    def _arm_restarts(self) -> None:
        if self.restarting:
            due_s = min(due_s for due_s, _ in self.restarting)
            # Never quite at once: a clock that rounds would have it run out for nothing.
            self._set_timer(RESTART, max(PAUSE_S_MIN, due_s - self.clock()))

    def _on_restart_timer(self) -> None:
        now_s = self.clock()
        due = [asked for due_s, asked in self.restarting if due_s <= now_s]
        self.restarting = [one for one in self.restarting if one[0] > now_s]
        for asked in due:
            self._begin(asked)
        self._arm_restarts()

    # Phase 1.

    def _ask_for_votes(self, running: Running) -> None:
        for home in running.shares:
            self._send_early(home, Prepare(running.id))

    def _on_vote(self, peer: str, vote: Vote) -> None:
        running = self.running.get(vote.id)
        if running is None or peer not in running.shares:
            return
        running.votes[peer] = vote.vote
        if vote.vote == NO:
            self._abort_running(running)
            self._refuse(running.asked, NOT_DONE, f"{peer} voted no")
        elif len(running.votes) == len(running.shares):
            self._commit_running(running)

    # The decision.

    def _commit_running(self, running: Running) -> None:
        del self.running[running.id]
        answer = {"ok": True, "value": answered(running)}
        writers = {home for home, vote in running.votes.items() if vote == YES}
        if writers:
            self._decide_commit(running, writers, answer)
        self._settle(running.asked, answer)

    def _abort_running(self, running: Running) -> None:
        """Abort, which is what everybody presumes: those told are told as a courtesy."""
        del self.running[running.id]
        for home in running.shares:
            if running.votes.get(home) in (None, YES):
                self._send_early(home, Abort(running.id))

    def _refuse(self, asked: Asked, error: str, detail: str) -> None:
        self._settle(asked, refusal(error, definite=True, detail=detail))

    # When nothing is heard.

    def _look_after_running(self, now_s: float) -> None:
        for running in list(self.running.values()):
            if now_s >= running.deadline_s and running.id in self.running:
                heard = running.votes if running.is_voting else running.done
                silent = ", ".join(sorted(set(running.shares) - set(heard)))
                self._abort_running(running)
                self._refuse(running.asked, NOT_DONE, f"nothing was heard of {silent}")

    def _on_undelivered(self, peer: str, message: Message) -> None:
        """A shard that cannot be reached now will hardly be reached in time."""
        if not isinstance(message, Execute | Prepare):
            return
        running = self.running.get(message.id)
        if running is not None:
            self._abort_running(running)
            self._refuse(running.asked, UNREACHABLE, f"{peer} cannot be reached from here")


def answered(running: Running) -> list[list[Any]]:
    """The steps with what the reads among them saw."""
    return [
        [f, name, running.reads[place] if f == READ else value]
        for place, (f, name, value) in enumerate(running.asked.request.steps)
    ]
