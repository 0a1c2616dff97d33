"""Registers, sets and counters by key: the state machine of the bundled stores."""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer, BadRequest, Command, Key, refusal
from targets.nodes.replicated import Replicated
from targets.nodes.sessions import SESSIONS_MAX

READS = frozenset({"read", "set.read", "counter.read"})
MUTATIONS = frozenset({"write", "cas", "set.add", "counter.add", "counter.next"})


class StateMachine(Replicated):
    """Registers, sets and counters by key, and what each session was last told."""

    __slots__ = ("counters", "registers", "sets")

    reads = READS
    mutations = MUTATIONS

    def __init__(self, sessions_max: int = SESSIONS_MAX) -> None:
        super().__init__(sessions_max)
        self.registers: dict[Key, Any] = {}
        self.sets: dict[Key, set[str | int]] = {}
        self.counters: dict[Key, int] = {}

    @classmethod
    def _check_value(cls, f: str, value: Any) -> None:
        if f == "cas" and not (isinstance(value, list) and len(value) == 2):
            raise BadRequest(f"cas takes [expected, new], not {value!r}")
        if f == "set.add" and not (isinstance(value, str) or type(value) is int):
            raise BadRequest(f"set.add takes a string or an integer, not {value!r}")
        if f == "counter.add" and type(value) is not int:
            raise BadRequest(f"counter.add takes an integer, not {value!r}")
        if f == "counter.next" and value is not None:
            raise BadRequest(f"counter.next takes no value, not {value!r}")

    def dump(self) -> dict[str, Any]:
        """The whole state as JSON, the same for the same commands; for ``restore``."""
        return {
            "registers": list(self.registers.items()),
            "sets": [[key, _in_order(elements)] for key, elements in self.sets.items()],
            "counters": list(self.counters.items()),
            "sessions": self.sessions.dump(),
        }

    def restore(self, dump: dict[str, Any]) -> None:
        """Become what ``dump`` says."""
        self.registers = dict(dump["registers"])
        self.sets = {key: set(elements) for key, elements in dump["sets"]}
        self.counters = dict(dump["counters"])
        self.sessions.restore(dump["sessions"])

    def read(self, command: Command) -> Answer:
        """The answer of a read in the present state. Cost: a set is sorted anew."""
        if command.f == "read":
            return {"ok": True, "value": self.registers.get(command.key)}
        if command.f == "counter.read":
            return {"ok": True, "value": self.counters.get(command.key, 0)}
        return {"ok": True, "value": _in_order(self.sets.get(command.key, set()))}

    def _execute(self, command: Command) -> Answer:
        if command.f == "write":
            self.registers[command.key] = command.value
        elif command.f == "set.add":
            self.sets.setdefault(command.key, set()).add(command.value)
        elif command.f == "counter.add":
            self.counters[command.key] = self.counters.get(command.key, 0) + command.value
        elif command.f == "counter.next":
            self.counters[command.key] = self.counters.get(command.key, 0) + 1
            return {"ok": True, "value": self.counters[command.key]}
        else:
            expected, new = command.value
            found = self.registers.get(command.key)
            # 1, 1.0 and true are three JSON values, though Python calls them equal.
            if type(found) is not type(expected) or found != expected:
                return {**refusal("mismatch", definite=True), "value": found}
            self.registers[command.key] = new
        return {"ok": True, "value": None}


def _in_order(elements: set[str | int]) -> list[str | int]:
    # Integers before strings, so that a mixed set has an order too.
    return sorted(elements, key=lambda e: (isinstance(e, str), e))
