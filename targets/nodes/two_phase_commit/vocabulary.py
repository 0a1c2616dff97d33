"""The messages and records of two-phase commit in the words that a harness waits for.

For a harness that watches its nodes from outside (nemesis.observation says what the words
mean); no node needs it. There is no leader: every node coordinates.
"""

from __future__ import annotations

import json
from typing import Any

from targets.nodes.two_phase_commit.messages import YES, Commit, Prepare, Vote

Sign = tuple[str, int, int, Any]
"""(word, term, index, more); terms and indexes there are none."""


class Vocabulary:
    """Locks and reads have no word here: they bind nobody."""

    def message(self, message: Any) -> Sign | None:
        """What a message says; None where there is no word for it."""
        match message:
            case Prepare():
                return "ask-prepare", 0, 0, None
            case Vote() if message.vote == YES:
                return "yes", 0, 0, None
            case Commit():
                return "decision", 0, 0, None
        return None

    def record(self, record: bytes) -> Sign | None:
        """What a record of the log file says."""
        if record.startswith(b'{"prepared"'):
            return "prepared", 0, 0, json.loads(record)["coordinator"]
        if record.startswith(b'{"decided"'):
            return "decided", 0, 0, None
        if record.startswith(b'{"checkpoint"'):
            return "snapshot", 0, 0, None
        return None
