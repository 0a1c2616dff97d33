"""What primary-backup nodes say to each other, and its form on the wire.

A message travels as a JSON object with its ``type`` and fields; a configuration as
``Configuration.plain`` says it. All that a primary says carries the configuration it speaks
for, so that whoever has not heard of it learns it, and whoever knows a later one refuses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from targets.nodes.command import Answer
from targets.nodes.frames import encode_json
from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.raft import messages as of_service
from targets.nodes.raft.log import Entry


@dataclass(slots=True)
class Append:
    """Entries after ``prev_index``; a heartbeat when there are none.

    ``round`` numbers the primary's broadcasts: a reply to one that was sent after a read
    arrived confirms the primary for that read.
    """

    configuration: Configuration
    prev_index: int
    prev_epoch: int
    commit: int
    round: int
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class AppendReply:
    """``index`` is the last one known to match and durable when ``ok``, else the refused one.

    ``hint_index`` and ``hint_epoch`` tell a refused primary where to go on (Log.conflict); with
    ``floor`` they are the last entry that the sender's snapshot covers, before which nothing
    can be compared.
    """

    epoch: int
    ok: bool
    index: int
    round: int
    hint_index: int = 0
    hint_epoch: int | None = None
    floor: bool = False


@dataclass(slots=True)
class Fenced:
    """What was said belongs to an earlier epoch than that of ``configuration``."""

    configuration: Configuration


@dataclass(slots=True)
class Discard:
    """The entry at ``index`` of ``epoch``, which your snapshot ends with, is none of ours.

    Said to those outside the configuration alone: throw away everything and catch up.
    """

    configuration: Configuration
    index: int
    epoch: int


@dataclass(slots=True)
class InstallSnapshot:
    """``data`` is the piece at ``offset`` of the snapshot up to ``index``; ``done``: the last."""

    configuration: Configuration
    index: int
    offset: int
    data: str
    done: bool


@dataclass(slots=True)
class SnapshotReply:
    """Send from ``offset`` on; ``done``: all up to ``index`` is held durably."""

    epoch: int
    index: int
    offset: int
    done: bool


@dataclass(slots=True)
class Forward:
    """A client's request, passed on to that ``life`` of the primary.

    ``id`` is unique to the sender's lifetime.
    """

    id: int
    life: int
    request: dict[str, Any]


@dataclass(slots=True)
class Answered:
    """The answer to the ``Forward`` of that id."""

    id: int
    body: Answer


@dataclass(slots=True)
class OfService:
    """What the configuration services of two nodes, a Raft, say to each other."""

    message: of_service.Message


Message = (
    Append
    | AppendReply
    | Fenced
    | Discard
    | InstallSnapshot
    | SnapshotReply
    | Forward
    | Answered
    | OfService
)

_TYPES: dict[str, type[Any]] = {
    "append": Append,
    "append-reply": AppendReply,
    "fenced": Fenced,
    "discard": Discard,
    "install-snapshot": InstallSnapshot,
    "snapshot-reply": SnapshotReply,
    "forward": Forward,
    "answered": Answered,
    "of-service": OfService,
}
_NAMES = {cls: name for name, cls in _TYPES.items()}
_FIELDS = {cls: cls.__slots__ for cls in _NAMES}


def encode(message: Message) -> bytes:
    """``message`` as the JSON of its frame; the bytes of entries are used as they are."""
    cls = type(message)
    if isinstance(message, OfService):
        return b'{"type":"of-service","message":%b}' % of_service.encode(message.message)
    values: dict[str, Any] = {"type": _NAMES[cls]}
    for name in _FIELDS[cls]:
        values[name] = getattr(message, name)
    if "configuration" in values:
        values["configuration"] = values["configuration"].plain()
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
        if cls is OfService:
            return OfService(of_service.decode(values["message"]))
        if "configuration" in values:
            values["configuration"] = Configuration.from_plain(values["configuration"])
        if cls is Append:
            values["entries"] = [Entry.decode(entry) for entry in values["entries"]]
        message: Message = cls(**values)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"not a primary-backup message ({error!r}): {str(data)[:200]}") from None
    return message
