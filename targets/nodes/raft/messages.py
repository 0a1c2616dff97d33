"""What Raft nodes say to each other, and its form on the wire.

A message travels as a JSON object with its ``type`` and fields. ``Append`` and its reply
are AppendEntries, ``Vote`` RequestVote (the paper's figure 2); ``PreVote`` is the same
question asked before the term is raised (Ongaro 2014, section 9.6), ``TimeoutNow`` asks a
server to take over (3.10). ``InstallSnapshot`` carries a piece of a snapshot (figure 13).
``Forward`` and ``Answered`` carry a client's request from the node it is connected to to
the leader and back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from targets.nodes.command import Answer
from targets.nodes.frames import encode_json
from targets.nodes.raft.log import Entry


@dataclass(slots=True)
class PreVote:
    """Would you vote for me in ``term``, one above mine?"""

    term: int
    last_index: int
    last_term: int


@dataclass(slots=True)
class PreVoteReply:
    """``term`` is the one asked about when granted, else the voter's own."""

    term: int
    granted: bool


@dataclass(slots=True)
class Vote:
    """Vote for me in ``term``; my log ends at ``last_index`` with ``last_term``.

    ``transfer``: the leader itself asked me to, so hearing it is no reason to refuse.
    """

    term: int
    last_index: int
    last_term: int
    transfer: bool = False


@dataclass(slots=True)
class TimeoutNow:
    """The leader of ``term`` asks the receiver to stand for election at once."""

    term: int


@dataclass(slots=True)
class VoteReply:
    """A vote given or refused in ``term``."""

    term: int
    granted: bool


@dataclass(slots=True)
class Append:
    """Entries after ``prev_index``; a heartbeat when there are none.

    ``round`` numbers the leader's broadcasts: a reply to a round sent after a read arrived
    confirms the leader for that read.
    """

    term: int
    prev_index: int
    prev_term: int
    commit: int
    round: int
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class AppendReply:
    """``index`` is the last one known to match when ``ok``, else the refused ``prev_index``.

    ``hint_index`` and ``hint_term`` tell a refused leader where to go on (Log.conflict).
    """

    term: int
    ok: bool
    index: int
    round: int
    hint_index: int = 0
    hint_term: int | None = None


@dataclass(slots=True)
class InstallSnapshot:
    """``data`` is the piece at ``offset`` of the snapshot up to ``index``; ``done``: the last."""

    term: int
    index: int
    offset: int
    data: str
    done: bool


@dataclass(slots=True)
class SnapshotReply:
    """Send from ``offset`` on; ``done``: all up to ``index`` is held durably."""

    term: int
    index: int
    offset: int
    done: bool


@dataclass(slots=True)
class Forward:
    """A client's request, passed on to the leader. ``id`` is unique to the sender's lifetime."""

    id: int
    request: dict[str, Any]


@dataclass(slots=True)
class Answered:
    """The answer to the ``Forward`` of that id."""

    id: int
    body: Answer


Message = (
    PreVote
    | PreVoteReply
    | Vote
    | VoteReply
    | TimeoutNow
    | Append
    | AppendReply
    | InstallSnapshot
    | SnapshotReply
    | Forward
    | Answered
)

_TYPES: dict[str, type[Any]] = {
    "pre-vote": PreVote,
    "pre-vote-reply": PreVoteReply,
    "vote": Vote,
    "vote-reply": VoteReply,
    "timeout-now": TimeoutNow,
    "append": Append,
    "append-reply": AppendReply,
    "install-snapshot": InstallSnapshot,
    "snapshot-reply": SnapshotReply,
    "forward": Forward,
    "answered": Answered,
}
_NAMES = {cls: name for name, cls in _TYPES.items()}
_FIELDS = {cls: cls.__slots__ for cls in _NAMES}


def encode(message: Message) -> bytes:
    """``message`` as the JSON of its frame; the bytes of entries are used as they are."""
    cls = type(message)
    values: dict[str, Any] = {"type": _NAMES[cls]}
    for name in _FIELDS[cls]:
        values[name] = getattr(message, name)
    if not isinstance(message, Append):
        return encode_json(values)
    values["entries"] = []
    head = encode_json(values)
    if not message.entries:
        return head
    # ``entries`` is the last field, so the encoded entries go before the closing "]}".
    return head[:-2] + b",".join([entry.encoded for entry in message.entries]) + b"]}"


def decode(data: dict[str, Any]) -> Message:
    """The message in a frame. Raises ValueError for anything that is none."""
    try:
        values = dict(data)
        cls = _TYPES[values.pop("type")]
        if cls is Append:
            values["entries"] = [Entry.decode(entry) for entry in values["entries"]]
        message: Message = cls(**values)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"not a Raft message ({error!r}): {str(data)[:200]}") from None
    return message
