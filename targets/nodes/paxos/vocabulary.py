"""Paxos's messages and records in the words that every consensus protocol shares.

For a harness that watches its nodes from outside (nemesis.observation says what the words
mean); no node needs it. A promise is what elsewhere is a vote, a ballot's round what
elsewhere is a term.
"""

from __future__ import annotations

import json
from typing import Any

from targets.nodes.paxos.messages import (
    Accept,
    Accepted,
    Answered,
    Forward,
    Heartbeat,
    Part,
    Prepare,
    Promise,
)
from targets.nodes.state_machine import READS

Sign = tuple[str, int, int, Any]
"""(word, round, slot, more)"""


class Vocabulary:
    """What is learnt or known to be chosen promises nothing, and says nothing here."""

    def message(self, message: Any) -> Sign | None:
        """What a message says; None where there is no word for it."""
        match message:
            case Accept():
                last = message.pvalues[-1].slot if message.pvalues else 0
                return "replicate", message.ballot.round, last, None
            case Heartbeat():
                return "replicate", message.ballot.round, 0, None
            case Accepted():
                return "stored", message.ballot.round, max(message.slots, default=0), None
            case Promise():
                return "vote", message.ballot.round, 0, None
            case Prepare():
                return "ask-vote", message.ballot.round, 0, None
            case Part():
                return "snapshot", 0, message.slot, None
            case Forward() if message.request.get("f") in READS:
                return "ask-read", 0, 0, None
            case Answered():
                return "answer", 0, 0, message.body
        return None

    def record(self, record: bytes) -> Sign | None:
        """What a record of the log file says; None for what was only learnt."""
        if record.startswith(b"["):
            slot, number, _ = record[1:].split(b",", 2)
            return "entry", int(number), int(slot), None
        if record.startswith(b'{"snapshot"'):
            return "snapshot", 0, 0, None
        if record.startswith(b'{"promised"'):
            number, node = json.loads(record)["promised"]
            return "vote", number, 0, node
        return None
