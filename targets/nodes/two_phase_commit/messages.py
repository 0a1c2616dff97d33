"""What nodes of two-phase commit say to each other, and its form on the wire.

    coordinator --Execute--> participant --Done, Died--> coordinator      locks and reads
    coordinator --Prepare--> participant --Vote--------> coordinator      phase 1
    coordinator --Commit---> participant --Ack---------> coordinator      phase 2
    coordinator --Abort----> participant                                  presumed: no Ack
    participant --Inquire--> coordinator --Commit or Abort--> participant in doubt

Bernstein, Hadzilacos and Goodman, 1987, section 7.4; who acknowledges what is R*'s presumed
abort (Mohan, Lindsay and Obermarck, 1986, section 3). ``id`` names one attempt of a
transaction: one that died is tried again under another id. A message travels as a JSON object
with its ``type`` and fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from targets.nodes.frames import encode_json

YES, NO, READ_ONLY = "yes", "no", "read-only"
"""Votes. Who has only read has nothing to commit, and is told nothing more (R*, section 3)."""


@dataclass(slots=True)
class Execute:
    """Lock what these steps touch, and say what the reads among them see.

    ``steps`` are [place in the transaction, f, item, value].
    """

    id: str
    age: tuple[int, str]
    steps: list[tuple[int, str, str, Any]]


@dataclass(slots=True)
class Done:
    """All locks are held; ``reads`` are [place, value]."""

    id: str
    reads: list[tuple[int, Any]]


@dataclass(slots=True)
class Died:
    """Nothing is held: ``why`` is ``conflict`` (start again), or what is wrong with a step."""

    id: str
    why: str


@dataclass(slots=True)
class Prepare:
    """Can you commit, whatever happens from now on?"""

    id: str


@dataclass(slots=True)
class Vote:
    """A participant's answer. After a yes it can neither commit nor abort by itself."""

    id: str
    vote: str


@dataclass(slots=True)
class Commit:
    """The decision, once it is durable at the coordinator."""

    id: str


@dataclass(slots=True)
class Abort:
    """The decision, or what is presumed where no record tells of one."""

    id: str


@dataclass(slots=True)
class Ack:
    """The commit is durable here: you may forget it."""

    id: str


@dataclass(slots=True)
class Inquire:
    """I voted yes; what has been decided?"""

    id: str


Message = Execute | Done | Died | Prepare | Vote | Commit | Abort | Ack | Inquire

_TYPES: dict[str, type[Any]] = {
    cls.__name__.lower(): cls
    for cls in (Execute, Done, Died, Prepare, Vote, Commit, Abort, Ack, Inquire)
}
_NAMES = {cls: name for name, cls in _TYPES.items()}


def encode(message: Message) -> bytes:
    """``message`` as the JSON of its frame."""
    cls = type(message)
    values = {name: getattr(message, name) for name in cls.__slots__}
    return encode_json({"type": _NAMES[cls], **values})


def decode(data: dict[str, Any]) -> Message:
    """The message in a frame. Raises ValueError for anything that is none."""
    try:
        values = dict(data)
        cls = _TYPES[values.pop("type")]
        if not isinstance(values["id"], str):
            raise TypeError("id is no string")
        if cls is Execute:
            time, name = values["age"]
            values["age"] = int(time), str(name)
            values["steps"] = [(int(p), str(f), str(i), v) for p, f, i, v in values["steps"]]
        elif cls is Done:
            values["reads"] = [(int(place), value) for place, value in values["reads"]]
        message: Message = cls(**values)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"no message of two-phase commit ({error!r}): {str(data)[:200]}") from None
    return message
