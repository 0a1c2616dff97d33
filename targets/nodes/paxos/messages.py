"""What Paxos nodes say to each other, and its form on the wire.

    candidate  --Prepare-->  acceptor   --Promise--> candidate         phase 1
    leader     --Accept--->  acceptor   --Accepted-> leader (or all)   phase 2
    leader     --Heartbeat-> acceptor   --Confirm--> leader            who leads, and reads
    anybody    <-Preempted-  acceptor                                  a higher ballot exists
    learner    --Learn---->  learner    --Learned or Part--> learner   catch-up

Phase 1 and 2: "Paxos Made Simple", sections 2.2 and 3. ``Forward`` and ``Answered`` carry
a client's request to the leader and back. A message travels as a JSON object with its
``type`` and fields; ``chosen`` is always the sender's watermark: every slot up to it is
known to it as chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from targets.nodes.command import Answer
from targets.nodes.frames import encode_json
from targets.nodes.paxos.ballot import Ballot, Decree, PValue


@dataclass(slots=True)
class Prepare:
    """Phase 1a, for all slots from ``first`` on at once ("Paxos Made Simple", section 3)."""

    ballot: Ballot
    first: int


@dataclass(slots=True)
class Promise:
    """Phase 1b: nothing below ``ballot`` will be accepted any more.

    ``pvalues`` are the highest accepted ones for the slots asked about. Two kinds are left
    out: slots up to ``chosen``, which can be learnt, and those from ``more`` on, which did
    not fit and must be asked for (None: there are none).
    """

    ballot: Ballot
    chosen: int
    more: int | None = None
    pvalues: list[PValue] = field(default_factory=list)


@dataclass(slots=True)
class Accept:
    """Phase 2a for a batch of slots, all under ``ballot``."""

    ballot: Ballot
    chosen: int
    pvalues: list[PValue] = field(default_factory=list)


@dataclass(slots=True)
class Accepted:
    """Phase 2b: what ``ballot`` proposed for ``slots`` is accepted, durably."""

    ballot: Ballot
    slots: list[int]


@dataclass(slots=True)
class Heartbeat:
    """The leader is there. ``round`` numbers its heartbeats."""

    ballot: Ballot
    chosen: int
    round: int


@dataclass(slots=True)
class Confirm:
    """When heartbeat ``round`` arrived, nothing above ``ballot`` was promised here."""

    ballot: Ballot
    round: int


@dataclass(slots=True)
class Preempted:
    """Refuses something sent under ``ballot``: ``promised`` is what holds here.

    ``leader`` is whom this acceptor hears as the leader, if it hears any.
    """

    ballot: Ballot
    promised: Ballot
    leader: str | None


@dataclass(slots=True)
class Learn:
    """What was chosen from slot ``first`` on?"""

    first: int


@dataclass(slots=True)
class Learned:
    """Chosen decrees by slot, as many as fit; empty when there is nothing to tell."""

    chosen: int
    decrees: list[tuple[int, Decree]] = field(default_factory=list)


@dataclass(slots=True)
class Fetch:
    """The piece at ``offset`` of your snapshot of ``slot``, please."""

    slot: int
    offset: int


@dataclass(slots=True)
class Part:
    """A piece of the sender's snapshot of ``slot``; the whole has ``size`` characters."""

    slot: int
    offset: int
    size: int
    text: str


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
    Prepare
    | Promise
    | Accept
    | Accepted
    | Heartbeat
    | Confirm
    | Preempted
    | Learn
    | Learned
    | Fetch
    | Part
    | Forward
    | Answered
)

_TYPES: dict[str, type[Any]] = {
    "prepare": Prepare,
    "promise": Promise,
    "accept": Accept,
    "accepted": Accepted,
    "heartbeat": Heartbeat,
    "confirm": Confirm,
    "preempted": Preempted,
    "learn": Learn,
    "learned": Learned,
    "fetch": Fetch,
    "part": Part,
    "forward": Forward,
    "answered": Answered,
}
_NAMES = {cls: name for name, cls in _TYPES.items()}
_FIELDS = {cls: cls.__slots__ for cls in _NAMES}


def encode(message: Message) -> bytes:
    """``message`` as the JSON of its frame; encoded decrees and pvalues are used as they are."""
    cls = type(message)
    values: dict[str, Any] = {"type": _NAMES[cls]}
    for name in _FIELDS[cls]:
        values[name] = getattr(message, name)
    match message:
        case Promise() | Accept():
            values["pvalues"] = []
            items = [pvalue.encoded for pvalue in message.pvalues]
        case Learned():
            values["decrees"] = []
            items = [b"[%d,%b]" % (slot, decree.encoded) for slot, decree in message.decrees]
        case _:
            return encode_json(values)
    # The list is the last field, so its items go before the closing "]}".
    return encode_json(values)[:-2] + b",".join(items) + b"]}"


def decode(data: dict[str, Any]) -> Message:
    """The message in a frame. Raises ValueError for anything that is none."""
    try:
        values = dict(data)
        cls = _TYPES[values.pop("type")]
        for name in ("ballot", "promised"):
            if name in values:
                values[name] = Ballot.decode(values[name])
        if "pvalues" in values:
            values["pvalues"] = [PValue.decode(item) for item in values["pvalues"]]
        if "decrees" in values:
            values["decrees"] = [(slot, Decree.decode(item)) for slot, item in values["decrees"]]
        message: Message = cls(**values)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"not a Paxos message ({error!r}): {str(data)[:200]}") from None
    return message
