"""The replicated state machine: registers, sets, counters, and the session table.

Deterministic: the same commands in the same order give the same state and the same answers
on every node. A session is one client process with at most one request open; its commands
carry a sequence number that grows by one. The table (``targets.nodes.sessions``) keeps each
session's last number and answer, so that a command that arrives again is answered again
and not applied again, and a command whose session may have been dropped is refused
(Ongaro, "Consensus: Bridging Theory and Practice", 2014, section 6.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from targets.nodes.sessions import SESSIONS_MAX, Sessions

Answer = dict[str, Any]
Key = str | int | None

READS = frozenset({"read", "set.read", "counter.read"})
MUTATIONS = frozenset({"write", "cas", "set.add", "counter.add"})
DEPTH_MAX = 100


class BadRequest(ValueError):
    """A request that no node will ever apply; the message says what is wrong with it."""


@dataclass(slots=True)
class Command:
    """One client command. ``session`` and ``seq`` are there for mutations.

    ``since`` is what the client knew of the time when it first sent the command
    (``targets.nodes.sessions``); 0 says nothing.
    """

    f: str
    key: Key
    value: Any
    session: str | None
    seq: int | None
    since: int = 0

    def fields(self) -> list[Any]:
        """What ``Command(*fields)`` takes."""
        fields = [self.f, self.key, self.value, self.session, self.seq]
        return [*fields, self.since] if self.since else fields

    @classmethod
    def from_request(cls, request: Any) -> Command:
        """The command in a client's request. Raises BadRequest."""
        if not isinstance(request, dict):
            raise BadRequest(f"a request is a JSON object, not {type(request).__name__}")
        f, key, value = request.get("f"), request.get("key"), request.get("value")
        session, seq, since = request.get("session"), request.get("seq"), request.get("since", 0)
        if f not in MUTATIONS and f not in READS:
            known = ", ".join(sorted(MUTATIONS | READS))
            raise BadRequest(f"unknown f {f!r}; this node knows {known}, status")
        # bool is an int to Python, and True == 1 would make two keys one.
        if not (key is None or isinstance(key, str) or type(key) is int):
            raise BadRequest(f"a key is a string, an integer or null, not {key!r}")
        if f in MUTATIONS:
            if not isinstance(session, str) or type(seq) is not int:
                raise BadRequest(f"{f} needs a session (string) and a seq (integer)")
            if type(since) is not int or since < 0:
                raise BadRequest(f"since is a number of applied commands, not {since!r}")
            _check_value(f, value)
        return cls(f, key, value, session, seq, since)


def _check_value(f: str, value: Any) -> None:
    # Messages to peers wrap a value in a few levels more, and JSON parsers have a limit:
    # what no peer could read would be sent to them again for ever.
    if isinstance(value, list | dict) and is_deeper(value, DEPTH_MAX):
        raise BadRequest(f"a value is nested at most {DEPTH_MAX} deep")
    if f == "cas" and not (isinstance(value, list) and len(value) == 2):
        raise BadRequest(f"cas takes [expected, new], not {value!r}")
    if f == "set.add" and not (isinstance(value, str) or type(value) is int):
        raise BadRequest(f"set.add takes a string or an integer, not {value!r}")
    if f == "counter.add" and type(value) is not int:
        raise BadRequest(f"counter.add takes an integer, not {value!r}")


def is_deeper(value: Any, depth: int) -> bool:
    """Whether lists and objects are nested more than ``depth`` deep in ``value``."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return depth == 0 or any(is_deeper(item, depth - 1) for item in value)


class StateMachine:
    """Registers, sets and counters by key, and what each session was last told."""

    __slots__ = ("counters", "registers", "sessions", "sets")

    def __init__(self, sessions_max: int = SESSIONS_MAX) -> None:
        self.registers: dict[Key, Any] = {}
        self.sets: dict[Key, set[str | int]] = {}
        self.counters: dict[Key, int] = {}
        self.sessions = Sessions(sessions_max)

    def apply(self, command: Command) -> Answer:
        """Apply a committed mutation, exactly once per session and sequence number."""
        if (answer := self.answered(command)) is None:
            answer = self._execute(command)
            assert command.session is not None and command.seq is not None
            self.sessions.settle(command.session, command.seq, answer)
        return answer

    def answered(self, command: Command) -> Answer | None:
        """What is already settled about a mutation: its answer, or why it is not applied."""
        if command.session is None or command.seq is None:
            return None
        last = self.sessions.last(command.session)
        if last is None:
            if self.sessions.may_have_dropped(command.since):
                return self._expired(command)
            return None
        if command.seq > last[0]:
            return None
        if command.seq == last[0]:
            answer: Answer = last[1]
            return answer
        detail = f"seq {command.seq} of {command.session}, whose last applied seq is {last[0]}"
        return refusal("stale-session", definite=True, detail=detail)

    def _expired(self, command: Command) -> Answer:
        # Definite: what was dropped stays dropped, so this copy is refused wherever it comes.
        detail = f"{command.session} is not known any more; say since {self.sessions.time}"
        return {
            **refusal("session-expired", definite=True, detail=detail),
            "since": self.sessions.time,
        }

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


def refusal(error: str, *, definite: bool, detail: str | None = None) -> Answer:
    """An answer that says no. ``definite``: this request had no effect and never will."""
    answer: Answer = {"ok": False, "error": error, "definite": definite}
    if detail is not None:
        answer["detail"] = detail
    return answer
