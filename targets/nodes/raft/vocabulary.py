"""Raft's messages and records in the words that every consensus protocol shares.

For a harness that watches its nodes from outside (nemesis.observation says what the words
mean); no node needs it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from targets.nodes.raft.messages import (
    Answered,
    Append,
    AppendReply,
    Forward,
    InstallSnapshot,
    Vote,
    VoteReply,
)
from targets.nodes.state_machine import READS

Sign = tuple[str, int, int, Any]
"""(word, term, index, more)"""


class Vocabulary:
    """A pre-vote promises nothing, and so says nothing here. ``reads`` are those of the machine."""

    def __init__(self, reads: Collection[str] = READS) -> None:
        self._reads = reads

    def message(self, message: Any) -> Sign | None:
        """What a message says; None where there is no word for it."""
        match message:
            case Append():
                last = message.entries[-1].index if message.entries else 0
                return "replicate", message.term, last, None
            case AppendReply(ok=True):
                return "stored", message.term, message.index, None
            case VoteReply(granted=True):
                return "vote", message.term, 0, None
            case Vote():
                return "ask-vote", message.term, 0, None
            case InstallSnapshot():
                return "snapshot", message.term, message.index, None
            case Forward() if message.request.get("f") in self._reads:
                return "ask-read", 0, 0, None
            case Answered():
                return "answer", 0, 0, message.body
        return None

    def record(self, record: bytes) -> Sign | None:
        """What a record of the log file says; None for a term without a vote."""
        if record.startswith(b"["):
            index, term, what = record[1:].split(b",", 2)
            if what.startswith(b'{"members"'):
                members = tuple(json.loads(record)[2]["members"])
                return "configuration", int(term), int(index), members
            return "entry", int(term), int(index), None
        if record.startswith(b'{"snapshot"'):
            return "snapshot", 0, 0, None
        vote = json.loads(record)
        return None if vote["vote"] is None else ("vote", vote["term"], 0, vote["vote"])
