"""What a host that sees inside its nodes tells while they run: the eyes of aimed faults.

Only the simulated host can: it carries out every effect of a core itself. It calls an
``Observer`` for each of them, as plain values, and neither side imports the other:

    core ─► effects ─► machine ─► Observer.wrote / sent / replied …
                                      │ words, by the system's Vocabulary
                                      ▼
                                  moments ("an election was won") ─► traps ─► faults

An observer is called from within the carrying out of a step. It must be quick, must not
touch the machine, and acts only by what it schedules on the event loop: so a fault that is
aimed at a moment begins after the effects of that very step that need no disk, and before
anything that waits for an fsync.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

Word = Literal[
    "ask-vote",
    "vote",
    "replicate",
    "stored",
    "snapshot",
    "ask-read",
    "answer",
    "entry",
    "configuration",
    "ask-prepare",
    "yes",
    "decision",
    "prepared",
    "decided",
]
"""What a message or a record is, whatever its system calls it.

    as a message                                                         as a record
    ask-vote       a candidate asks for votes; prepare                   –
    vote           a vote or a promise is given (not refused)            … is written down
    replicate      only a leader sends it: entries, or a heartbeat       –
    stored         a follower has what it acknowledges; accepted         –
    snapshot       (a piece of) a snapshot on its way to a follower      a snapshot
    ask-read       a node hands a client's read to the leader            –
    answer         an answer on its way to the node that asked for it    –
    entry          –                                                     a log entry, accepted
    configuration  –                                                     … that changes members
    ask-prepare    a coordinator asks a participant whether it can       –
    yes            a participant votes for a commit                      –
    decision       a coordinator tells a participant to commit           –
    prepared       –                                                     a yes, and what it is for
    decided        –                                                     a decision to commit
"""

Sign = tuple[Word, int, int, Any]
"""(word, term, index, more).

``term`` is the term, or the round of a ballot; ``index`` the last index or slot that the
message or record covers, 0 where it covers none. ``more`` is the node a vote or a yes is for,
the body of an answer, the members that a configuration names, else None. Where a leader may go on
in a higher term without an election, ``more`` of ``replicate`` is (the term in which it was
elected, the members).
"""


class Vocabulary(Protocol):
    """A system's own messages and records in the words above. Pure; None for all the rest."""

    def message(self, message: Any) -> Sign | None:
        """What a message between nodes says, given as the core sent it."""

    def record(self, record: bytes) -> Sign | None:
        """What a record of a node's log file says."""


class Observer(Protocol):
    """What the simulated machine calls, at once and in the order of what happens."""

    def started(self, node: str) -> None:
        """The node's process has begun, the first time or after it died."""

    def wrote(self, node: str, records: Sequence[bytes]) -> None:
        """The node has handed these records to its log file; nothing is durable yet."""

    def replaced(self, node: str, records: Sequence[bytes]) -> None:
        """The node has replaced its whole log by these records: it was compacted."""

    def sent(self, node: str, peer: str, message: Any) -> None:
        """The node has handed a message to the network."""

    def replied(self, node: str, body: Mapping[str, Any]) -> None:
        """The node has answered a client that is connected to it (whatever it asked)."""
