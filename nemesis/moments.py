"""Moments: what happens in a cluster that an aimed fault can wait for.

A tracker takes in what the simulated machines tell (``nemesis.observation``), follows who
leads and who has stored what, and says when something of note happens:

    trigger                the moment                                    node     peer
    candidacy              a node asks for votes in a new term           asker    –
    vote-written           it wrote a vote down, not durable yet         voter    candidate
    vote-sent              it handed the vote to the network             voter    candidate
    elected                the first words of a new term's leader        leader   predecessor
    proposed               the leader wrote a new entry to its own log   leader   –
    partly-replicated      a minority has stored a new entry             leader   last to store it
    replicated             a majority has, and the leader may not know   leader   last to store it
    acknowledged           the leader has told a client yes              leader   –
    first-acknowledgement  … for the first time since its election       leader   –
    read-asked             a read is on its way to the leader            leader   who hands it on
    configured             the leader wrote a change of members, or      leader   who joins or goes
                           goes on with others in a new epoch
    snapshot-written       a node compacted its log                      node     –
    snapshot-sent          (a piece of) a snapshot has left              leader   receiver
    restarted              a node's process has begun again              node     –

and of a commitment, which any node may coordinate:

    prepare-asked          the coordinator asks for votes                asker    participant
    prepared               a participant wrote its yes, not durable yet  voter    coordinator
    voted                  it handed its yes to the network              voter    coordinator
    decided                the coordinator wrote that it commits         decider  –
    decision-sent          it handed that to the network                 decider  participant

``elected#2`` is the second such moment from the time on that somebody waits, and
``elected#2>proposed`` the first proposal after that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nemesis.observation import Sign, Vocabulary

TRIGGERS = (
    "candidacy",
    "vote-written",
    "vote-sent",
    "elected",
    "proposed",
    "partly-replicated",
    "replicated",
    "acknowledged",
    "first-acknowledgement",
    "read-asked",
    "configured",
    "snapshot-written",
    "snapshot-sent",
    "restarted",
    "prepare-asked",
    "prepared",
    "voted",
    "decided",
    "decision-sent",
)

_OF_COMMITMENT = {"ask-prepare": "prepare-asked", "yes": "voted", "decision": "decision-sent"}
"""Messages that are a moment each, by their word."""

THEN = ">"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened. ``holders`` have stored what it is about, as far as it was seen."""

    name: str
    node: str
    peer: str | None = None
    term: int = 0
    index: int = 0
    holders: tuple[str, ...] = ()


@dataclass(slots=True)
class _Waiting:
    """Somebody who waits: for the ``count``-th moment of a name, and then for ``steps``."""

    future: asyncio.Future[Moment]
    steps: list[tuple[str, int]]
    count: int = 0


def _step(text: str) -> tuple[str, int]:
    name, _, ordinal = text.partition("#")
    if name not in TRIGGERS:
        raise KeyError(name)
    return name, int(ordinal) if ordinal else 1


def names_a_moment(trigger: str) -> bool:
    """Whether ``Moments.when`` knows what ``trigger`` means."""
    try:
        return all(_step(text)[1] > 0 for text in trigger.split(THEN))
    except (AttributeError, KeyError, ValueError):
        return False


class Moments:
    """An observer (``nemesis.observation.Observer``) that others can wait with.

    It counts what a client is told as an acknowledgement when the answer is yes and has no
    value, as those to mutations are. Leadership is that of the highest term seen.
    """

    def __init__(self, vocabulary: Vocabulary, nodes: Sequence[str]) -> None:
        self.leader: str | None = None
        self.former_leader: str | None = None
        self.term: int | None = None
        self.members: tuple[str, ...] = tuple(nodes)
        """As of the latest change that a leader wrote; all nodes before there was one."""
        self._vocabulary = vocabulary
        self._nodes = tuple(nodes)
        self._waiting: dict[str, list[_Waiting]] = {}
        self._seen = dict.fromkeys(TRIGGERS, 0)
        self._asked: dict[str, int] = {}
        self._up: set[str] = set()
        self._stored: dict[str, int] = {}
        self._told: dict[int, int] = {}
        self._first_is_due = False
        self._floor = 0
        self._leaders: set[str] = set()
        self._reign: tuple[str, int | None] | None = None

    def when(self, trigger: str) -> asyncio.Future[Moment]:
        """The moment that ``trigger`` names, counted from now; cancel it to wait no more.

        Raises KeyError for a trigger that does not exist, ValueError for a bad ordinal.
        """
        future: asyncio.Future[Moment] = asyncio.get_running_loop().create_future()
        steps = [_step(text) for text in trigger.split(THEN)]
        self._wait(_Waiting(future, steps))
        return future

    def _wait(self, waiting: _Waiting) -> None:
        """Wait for the next step, counted from now."""
        name, ordinal = waiting.steps.pop(0)
        waiting.count = self._seen[name] + ordinal
        self._waiting.setdefault(name, []).append(waiting)

    # What the machines tell.

    def started(self, node: str) -> None:
        """Part of Observer."""
        if node in self._up:
            if node == self.leader:
                # What it led is over, and a term that it forgot may be given out again.
                self._floor = 0
                self._leaders = set()
            self._happen("restarted", node)
        self._up.add(node)

    def wrote(self, node: str, records: Sequence[bytes]) -> None:
        """Part of Observer."""
        for record in records:
            sign = self._vocabulary.record(record)
            if sign is not None:
                self._on_record(node, sign)

    def replaced(self, node: str, records: Sequence[bytes]) -> None:
        """Part of Observer."""
        self._happen("snapshot-written", node)

    def sent(self, node: str, peer: str, message: Any) -> None:
        """Part of Observer."""
        sign = self._vocabulary.message(message)
        if sign is None:
            return
        word, term, index, more = sign
        if word == "replicate":
            self._on_replicate(node, term, more)
        elif word == "stored":
            self._on_stored(node, term, index)
        elif word == "ask-vote":
            if term > self._asked.get(node, 0):
                self._asked[node] = term
                self._happen("candidacy", node, None, term)
        elif word == "vote":
            self._happen("vote-sent", node, peer, term)
        elif word == "snapshot":
            self._happen("snapshot-sent", node, peer, term, index)
        elif word == "ask-read":
            if peer == self.leader:
                self._happen("read-asked", peer, node, self.term or 0)
        elif word in _OF_COMMITMENT:
            self._happen(_OF_COMMITMENT[word], node, peer)
        elif word == "answer":
            self._on_answer(node, more)

    def replied(self, node: str, body: Mapping[str, Any]) -> None:
        """Part of Observer."""
        self._on_answer(node, body)

    # What follows from it.

    def _on_record(self, node: str, sign: Sign) -> None:
        word, term, index, more = sign
        if word == "vote":
            if more not in (None, node):
                self._happen("vote-written", node, more, term)
        elif word == "snapshot":
            self._happen("snapshot-written", node, None, term, index)
        elif word in ("prepared", "decided"):
            self._happen(word, node, more)
        elif node == self.leader:
            if word == "configuration" and index > self._stored.get(node, 0):
                self._on_configured(node, term, index, more)
            if word in ("entry", "configuration"):
                is_new = term == self.term and index > self._stored.get(node, 0)
                self._on_stored(node, term, index)
                if is_new:
                    self._happen("proposed", node, None, term, index)

    def _on_configured(self, node: str, term: int, index: int, members: Any) -> None:
        before = set(self.members)
        self.members = tuple(members or self.members)
        changed = sorted(before ^ set(self.members))
        self._happen("configured", node, changed[0] if changed else None, term, index)

    def _on_replicate(self, node: str, term: int, more: Any) -> None:
        if term < self._floor:
            return
        reign, members = more or (None, None)
        if term > self._floor:
            self._floor, self._leaders = term, set()
        elif node in self._leaders:
            # A second leader of one term is what some bugs are about, and a ballot of another
            # node with Paxos; but it is elected once, not again with its every message.
            return
        self._leaders.add(node)
        goes_on, self._reign = reign is not None and self._reign == (node, reign), (node, reign)
        if goes_on:
            # Nobody was elected: who led goes on with others, and has what it had.
            self.term = term
            self._on_configured(node, term, 0, members)
            return
        self.members = members or self.members
        if node != self.leader:
            self.former_leader, self.leader = self.leader, node
        self.term = term
        self._stored, self._told = {}, {}
        self._first_is_due = True
        self._happen("elected", node, self.former_leader, term)

    def _on_stored(self, node: str, term: int, index: int) -> None:
        """A node has stored the leader's log up to ``index``: how many have by now?"""
        if term != self.term or index <= self._stored.get(node, 0):
            return
        self._stored[node] = index
        assert self.leader is not None
        count = sum(stored >= index for stored in self._stored.values())
        minority, majority = (len(self._nodes) - 1) // 2, len(self._nodes) // 2 + 1
        if count not in (minority, majority) or index <= self._told.get(count, 0):
            return
        self._told[count] = index
        name = "partly-replicated" if count == minority else "replicated"
        self._happen(name, self.leader, node, term, index)

    def _on_answer(self, node: str, body: Any) -> None:
        is_yes = isinstance(body, Mapping) and body.get("ok") and body.get("value") is None
        if not is_yes or node != self.leader:
            return
        if self._first_is_due:
            self._first_is_due = False
            self._happen("first-acknowledgement", node, None, self.term or 0)
        self._happen("acknowledged", node, None, self.term or 0)

    def _happen(
        self, name: str, node: str, peer: str | None = None, term: int = 0, index: int = 0
    ) -> None:
        self._seen[name] += 1
        waiting = self._waiting.get(name)
        if not waiting:
            return
        moment = Moment(name, node, peer, term, index, self._holders(index))
        self._waiting[name] = []
        for one in waiting:
            if one.future.done():
                continue
            if one.count > self._seen[name]:
                self._waiting[name].append(one)
            elif one.steps:
                self._wait(one)
            else:
                one.future.set_result(moment)

    def _holders(self, index: int) -> tuple[str, ...]:
        """Who has stored up to ``index``, or for 0 what a majority has, if the leader has."""
        if not index:
            ranked = sorted(self._stored.values(), reverse=True)
            majority = len(self._nodes) // 2 + 1
            index = ranked[majority - 1] if len(ranked) >= majority else 0
        holders = [node for node in self._nodes if self._stored.get(node, 0) >= index > 0]
        return tuple(holders)
