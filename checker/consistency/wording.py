"""Steps of sessions in words: who read and wrote what, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from checker.consistency.guarantees import Older
from checker.consistency.sessions import Sessions
from checker.consistency.writes import INITIAL, Writes
from checker.models.model import Kind
from checker.wording import noun, precise_seconds, show

FROM_NOWHERE = "value from nowhere"
"""The kind of what nobody can have written."""


class Words:
    """Tells of steps. ``steps``: those that are told of, so that their times can be told apart."""

    def __init__(self, writes: Writes | Sessions, steps: Iterable[int]) -> None:
        self.writes = writes if isinstance(writes, Writes) else None
        self.sessions = writes.sessions if isinstance(writes, Writes) else writes
        operations = [self.sessions.operation(step) for step in steps]
        self._keys = {repr(one.key) for one in operations}
        times = [one.call_ns if one.ret_ns is None else one.ret_ns for one in operations]
        self._timeless = not any(times)
        self._told = dict(zip(times, precise_seconds(*times), strict=True)) if times else {}

    def process(self, step: int) -> str:
        """``process 3``."""
        return f"process {self.sessions.operation(step).process}"

    def at(self, step: int) -> str:
        """When it returned, and where: ``at 2.81 s on n2``; an event where there are no times."""
        one = self.sessions.operation(step)
        node = f" on {one.node}" if one.node else ""
        if self._timeless:
            return f"at event {one.call if one.ret is None else one.ret}{node}"
        if one.ret_ns is None:
            return f"from {self._told.get(one.call_ns) or precise_seconds(one.call_ns)[0]}{node}"
        return f"at {self._told.get(one.ret_ns) or precise_seconds(one.ret_ns)[0]}{node}"

    def of_key(self, step: int, preposition: str = "of") -> str:
        """`` of x`` where what is told of has several keys, and nothing where it has one."""
        if len(self._keys) < 2:
            return ""
        return f" {preposition} key {show(self.sessions.operation(step).key)}"

    def seen(self, step: int) -> str:
        """The value that a read or compare-and-set saw."""
        one = self.sessions.operation(step)
        value: Any = one.output if one.f == "read" else one.input[0]
        return show(value)

    def written(self, step: int) -> str:
        """The value that a write or compare-and-set wrote."""
        one = self.sessions.operation(step)
        value: Any = one.input[1] if one.f == "cas" else one.input
        return show(value)

    def did(self, step: int) -> str:
        """``process 3's read of 4 from key "x"``."""
        one = self.sessions.operation(step)
        preposition = {"read": "from", "write": "to", "add": "to"}.get(one.f, "on")
        return f"process {one.process}'s {noun(one)}{self.of_key(step, preposition)}"

    def because(self, edges: Sequence[Older]) -> str:
        """Why the value of the first is older than that of the last: who wrote after what."""
        told = []
        for edge in edges:
            had, then = edge.because
            who = self.process(then)
            value = self._value(edge.one, had)
            if edge.via is None and self._wrote(then, edge.other):
                verb = "written" if had == edge.one else "read"
                told.append(f"{who} had {verb} {value} before it wrote {self.written(then)}")
            elif edge.via is None:
                verb = "wrote" if had == edge.one else "read"
                told.append(f"{who} {verb} {value} and then read {self.seen(then)}")
            else:
                told.append(f"{who} read {self.seen(then)} when it had to see {value}")
        return ", and ".join(told)

    def _wrote(self, step: int, value: int) -> bool:
        effect = self.sessions.effect[step]
        return step == value and effect.kind in (Kind.WRITE, Kind.CAS)

    def _value(self, write: int, step: int) -> str:
        return self.seen(step) if write == INITIAL else self.written(write)
