"""The replicated state machine: registers, sets, counters, and the session table.

Deterministic: the same commands in the same order give the same state and the same answers
on every node. A session is one client process with at most one request open; its commands
carry a sequence number that grows by one. The table keeps each session's last number and
answer, so that a command that arrives again is answered again and not applied again
(Ongaro, "Consensus: Bridging Theory and Practice", 2014, section 6.3).

Sessions are kept for ever: dropping one by age would let a late resend apply twice, and a
test run has thousands of them, not millions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Answer = dict[str, Any]
Key = str | int | None

READS = frozenset({"read", "set.read", "counter.read"})
MUTATIONS = frozenset({"write", "cas", "set.add", "counter.add"})
DEPTH_MAX = 100


class BadRequest(ValueError):
    """A request that no node will ever apply; the message says what is wrong with it."""


@dataclass(slots=True)
class Command:
    """One client command. ``session`` and ``seq`` are there for mutations."""

    f: str
    key: Key
    value: Any
    session: str | None
    seq: int | None

    @classmethod
    def from_request(cls, request: Any) -> Command:
        """The command in a client's request. Raises BadRequest."""
        if not isinstance(request, dict):
            raise BadRequest(f"a request is a JSON object, not {type(request).__name__}")
        f, key, value = request.get("f"), request.get("key"), request.get("value")
        session, seq = request.get("session"), request.get("seq")
        if f not in MUTATIONS and f not in READS:
            known = ", ".join(sorted(MUTATIONS | READS))
            raise BadRequest(f"unknown f {f!r}; this node knows {known}, status")
        # bool is an int to Python, and True == 1 would make two keys one.
        if not (key is None or isinstance(key, str) or type(key) is int):
            raise BadRequest(f"a key is a string, an integer or null, not {key!r}")
        if f in MUTATIONS:
            if not isinstance(session, str) or type(seq) is not int:
                raise BadRequest(f"{f} needs a session (string) and a seq (integer)")
            _check_value(f, value)
        return cls(f, key, value, session, seq)


def _check_value(f: str, value: Any) -> None:
    # Messages to peers wrap a value in a few levels more, and JSON parsers have a limit:
    # what no peer could read would be sent to them again for ever.
    if isinstance(value, list | dict) and _is_deeper(value, DEPTH_MAX):
        raise BadRequest(f"a value is nested at most {DEPTH_MAX} deep")
    if f == "cas" and not (isinstance(value, list) and len(value) == 2):
        raise BadRequest(f"cas takes [expected, new], not {value!r}")
    if f == "set.add" and not (isinstance(value, str) or type(value) is int):
        raise BadRequest(f"set.add takes a string or an integer, not {value!r}")
    if f == "counter.add" and type(value) is not int:
        raise BadRequest(f"counter.add takes an integer, not {value!r}")


def _is_deeper(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return depth == 0 or any(_is_deeper(item, depth - 1) for item in value)


class StateMachine:
    """Registers, sets and counters by key, and what each session was last told."""

    __slots__ = ("counters", "registers", "sessions", "sets")

    def __init__(self) -> None:
        self.registers: dict[Key, Any] = {}
        self.sets: dict[Key, set[str | int]] = {}
        self.counters: dict[Key, int] = {}
        self.sessions: dict[str, tuple[int, Answer]] = {}

    def apply(self, command: Command) -> Answer:
        """Apply a committed mutation, exactly once per session and sequence number."""
        if (answer := self.answered(command)) is None:
            answer = self._execute(command)
            assert command.session is not None and command.seq is not None
            self.sessions[command.session] = (command.seq, answer)
        return answer

    def answered(self, command: Command) -> Answer | None:
        """What is already settled about a mutation: its answer, or that it is out of date."""
        last = self.sessions.get(command.session) if command.session is not None else None
        if last is None or command.seq is None or command.seq > last[0]:
            return None
        if command.seq == last[0]:
            return last[1]
        detail = f"seq {command.seq} of {command.session}, whose last applied seq is {last[0]}"
        return refusal("stale-session", definite=True, detail=detail)

    def read(self, command: Command) -> Answer:
        """The answer of a read in the present state. Cost: a set is sorted anew."""
        if command.f == "read":
            return {"ok": True, "value": self.registers.get(command.key)}
        if command.f == "counter.read":
            return {"ok": True, "value": self.counters.get(command.key, 0)}
        elements = self.sets.get(command.key, set())
        # Integers before strings, so that a mixed set has an order too.
        return {"ok": True, "value": sorted(elements, key=lambda e: (isinstance(e, str), e))}

    def _execute(self, command: Command) -> Answer:
        if command.f == "write":
            self.registers[command.key] = command.value
        elif command.f == "set.add":
            self.sets.setdefault(command.key, set()).add(command.value)
        elif command.f == "counter.add":
            self.counters[command.key] = self.counters.get(command.key, 0) + command.value
        else:
            expected, new = command.value
            found = self.registers.get(command.key)
            # 1, 1.0 and true are three JSON values, though Python calls them equal.
            if type(found) is not type(expected) or found != expected:
                return {**refusal("mismatch", definite=True), "value": found}
            self.registers[command.key] = new
        return {"ok": True, "value": None}


def refusal(error: str, *, definite: bool, detail: str | None = None) -> Answer:
    """An answer that says no. ``definite``: this request had no effect and never will."""
    answer: Answer = {"ok": False, "error": error, "definite": definite}
    if detail is not None:
        answer["detail"] = detail
    return answer
