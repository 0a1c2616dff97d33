"""Ballots, decrees, and the pvalues that join the two.

A *ballot* is (round, node): ordered by round, then by the node's name, so no two nodes
ever use the same one ("Paxos Made Moderately Complex", section 2). A *decree* ("The
Part-Time Parliament", section 2) is what a slot may hold: a client's command, or nothing.
A *pvalue* is a decree proposed for a slot under a ballot ("Moderately Complex", 2.2).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from targets.nodes.command import Command
from targets.nodes.frames import encode_json


class Ballot(NamedTuple):
    """``node`` is who prepares it; the round grows."""

    round: int
    node: str

    def __str__(self) -> str:
        return f"{self.round}.{self.node}"

    @classmethod
    def decode(cls, data: Any) -> Ballot:
        """The ballot that JSON says. Raises ValueError for anything else."""
        if not (
            isinstance(data, list)
            and len(data) == 2
            and type(data[0]) is int
            and isinstance(data[1], str)
        ):
            raise ValueError(f"a ballot is [round, node], not {data!r}")
        return cls(*data)


NO_BALLOT = Ballot(0, "")
"""Below every ballot that is ever prepared."""


class Decree:
    """``command`` None is the no-op that fills a gap ("Paxos Made Simple", section 3).

    ``encoded`` is the command's fields as JSON, made once: the same bytes go to every peer
    and to the disk, and two decrees are the same when their bytes are (to Python 1 == True).
    """

    __slots__ = ("command", "encoded")

    def __init__(self, command: Command | None) -> None:
        self.command = command
        self.encoded = encode_json(None if command is None else command.fields())

    @classmethod
    def decode(cls, fields: Any) -> Decree:
        """The decree whose ``encoded`` says ``fields``."""
        return NO_OP if fields is None else cls(Command(*fields))

    def __repr__(self) -> str:
        return f"Decree({self.encoded.decode()})"


NO_OP = Decree(None)


class PValue:
    """A decree proposed for ``slot`` (from 1) under ``ballot``.

    ``encoded`` is ``[slot, round, node, decree]`` as JSON, on the wire and on the disk.
    """

    __slots__ = ("ballot", "decree", "encoded", "slot")

    def __init__(self, slot: int, ballot: Ballot, decree: Decree) -> None:
        self.slot = slot
        self.ballot = ballot
        self.decree = decree
        head = encode_json([slot, ballot.round, ballot.node])
        self.encoded = head[:-1] + b"," + decree.encoded + b"]"

    @classmethod
    def decode(cls, data: Any) -> PValue:
        """The pvalue whose ``encoded`` says ``data``. Raises ValueError or TypeError."""
        slot, number, node, fields = data
        if type(slot) is not int or slot < 1:
            raise ValueError(f"a slot is an integer from 1, not {slot!r}")
        return cls(slot, Ballot.decode([number, node]), Decree.decode(fields))

    def __repr__(self) -> str:
        return f"PValue({self.slot}, {self.ballot}, {self.decree.encoded.decode()})"
