"""A snapshot: all that the log up to an index amounts to (section 7).

The state machine with its session table, the configuration, and the index and term of the
last entry that is in it: what consistency checks and elections still ask of the log that
was thrown away. It is one JSON text, in ASCII so that a chunk of it can be cut anywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``text`` says all of it; the same entries applied give the same text on every node."""

    index: int
    term: int
    members: tuple[str, ...]
    text: str

    @classmethod
    def of(cls, index: int, term: int, members: tuple[str, ...], state: Any) -> Snapshot:
        """The snapshot of ``state`` (StateMachine.dump) after the entry at ``index``."""
        fields = {"index": index, "term": term, "members": members, "state": state}
        return cls(index, term, members, _encode(fields))

    @classmethod
    def parse(cls, text: str) -> Snapshot:
        """The snapshot ``text`` says. Raises ValueError."""
        try:
            return cls.from_json(json.loads(text))
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"not a snapshot ({error!r}): {text[:80]!r}") from None

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Snapshot:
        """The snapshot in a parsed record."""
        return cls.of(fields["index"], fields["term"], tuple(fields["members"]), fields["state"])

    def state(self) -> Any:
        """What StateMachine.restore takes."""
        return json.loads(self.text)["state"]

    def record(self, base_index: int, base_term: int) -> bytes:
        """The record of it in a log file whose next entry is ``base_index`` + 1."""
        return f'{{"snapshot":{self.text},"base":[{base_index},{base_term}]}}'.encode("ascii")


class Outgoing:
    """A snapshot on its way to a peer: one chunk at a time, from ``offset``."""

    __slots__ = ("chunk_is_out", "offset", "snapshot")

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.offset = 0
        self.chunk_is_out = False


class Incoming:
    """A snapshot that is coming in from the leader ``peer`` of ``term``, chunk by chunk."""

    __slots__ = ("_chunks", "index", "length", "peer", "term")

    def __init__(self, peer: str, term: int, index: int) -> None:
        self.peer, self.term, self.index = peer, term, index
        self.length = 0
        self._chunks: list[str] = []

    def add(self, offset: int, data: str) -> bool:
        """Take a chunk; False when it is not the next one."""
        if offset != self.length:
            return False
        self._chunks.append(data)
        self.length += len(data)
        return True

    def text(self) -> str:
        """What has come so far."""
        return "".join(self._chunks)
