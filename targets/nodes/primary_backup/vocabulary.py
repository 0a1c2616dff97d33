"""The messages and records of primary-backup in the words that every replication shares.

For a harness that watches its nodes from outside (nemesis.observation says what the words mean);
no node needs it. The primary is what elsewhere is the leader, its epoch what elsewhere is a
term; to ask the configuration service to be primary is to stand for election. A primary goes on
over epochs in which only its backups change, which a term does not; so the first words of an
epoch say since when it reigns, and with whom.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.primary_backup.messages import (
    Answered,
    Append,
    AppendReply,
    Forward,
    InstallSnapshot,
    OfService,
)
from targets.nodes.raft.messages import Forward as ServiceForward
from targets.nodes.state_machine import READS

Sign = tuple[str, int, int, Any]
"""(word, epoch, index, more)"""


class Vocabulary:
    """What the service's Raft says to itself says nothing here, but for what is asked of it."""

    def message(self, message: Any) -> Sign | None:
        """What a message says; None where there is no word for it."""
        match message:
            case Append():
                last = message.entries[-1].index if message.entries else 0
                own = message.configuration
                return "replicate", own.epoch, last, (own.since, own.members)
            case AppendReply(ok=True):
                return "stored", message.epoch, message.index, None
            case OfService(ServiceForward(request=request)):
                return _asked_of_service(request)
            case InstallSnapshot():
                return "snapshot", message.configuration.epoch, message.index, None
            case Forward() if message.request.get("f") in READS:
                return "ask-read", 0, 0, None
            case Answered():
                return "answer", 0, 0, message.body
        return None

    def record(self, record: bytes) -> Sign | None:
        """What a record of the log file says; None for those of the service, and for epochs."""
        if record.startswith(b"["):
            index, epoch, _ = record[1:].split(b",", 2)
            return "entry", int(epoch), int(index), None
        if record.startswith(b'{"snapshot"'):
            return "snapshot", 0, 0, None
        return None


def _asked_of_service(request: dict[str, Any]) -> Sign | None:
    """A candidacy, where a new reign is proposed."""
    if request.get("f") != "cas":
        return None
    wanted = Configuration.from_plain(request["value"][1])
    return ("ask-vote", wanted.epoch, 0, None) if wanted.since == wanted.epoch else None
