"""What every replicated state machine has in common: its language, and the session table.

Deterministic: the same commands in the same order give the same state and the same answers
on every node. A session is one client process with at most one request open; its commands
carry a sequence number that grows by one. The table (``targets.nodes.sessions``) keeps each
session's last number and answer, so that a command that arrives again is answered again
and not applied again, and a command whose session may have been dropped is refused
(Ongaro, "Consensus: Bridging Theory and Practice", 2014, section 6.3).
"""

from __future__ import annotations

from typing import Any, ClassVar

from targets.nodes.command import DEPTH_MAX, Answer, BadRequest, Command, is_deeper, refusal
from targets.nodes.sessions import SESSIONS_MAX, Sessions


class Replicated:
    """A state, and what each session was last told. A subclass says what commands mean.

    ``reads`` and ``mutations`` are what clients may ask. A node that proposes commands of its
    own (a lease has run out) gives them no session; no client can ask for one.
    """

    __slots__ = ("sessions",)

    reads: ClassVar[frozenset[str]]
    mutations: ClassVar[frozenset[str]]

    def __init__(self, sessions_max: int = SESSIONS_MAX) -> None:
        self.sessions = Sessions(sessions_max)

    @classmethod
    def command(cls, request: Any) -> Command:
        """The command in a client's request. Raises BadRequest."""
        if not isinstance(request, dict):
            raise BadRequest(f"a request is a JSON object, not {type(request).__name__}")
        f, key, value = request.get("f"), request.get("key"), request.get("value")
        session, seq, since = request.get("session"), request.get("seq"), request.get("since", 0)
        if f not in cls.mutations and f not in cls.reads:
            known = ", ".join(sorted(cls.mutations | cls.reads))
            raise BadRequest(f"unknown f {f!r}; this node knows {known}, status")
        # bool is an int to Python, and True == 1 would make two keys one.
        if not (key is None or isinstance(key, str) or type(key) is int):
            raise BadRequest(f"a key is a string, an integer or null, not {key!r}")
        if f in cls.mutations:
            if not isinstance(session, str) or type(seq) is not int:
                raise BadRequest(f"{f} needs a session (string) and a seq (integer)")
            if type(since) is not int or since < 0:
                raise BadRequest(f"since is a number of applied commands, not {since!r}")
            # Messages to peers wrap a value in a few levels more, and JSON parsers have a limit:
            # what no peer could read would be sent to them again for ever.
            if isinstance(value, list | dict) and is_deeper(value, DEPTH_MAX):
                raise BadRequest(f"a value is nested at most {DEPTH_MAX} deep")
            cls._check_value(f, value)
        return Command(f, key, value, session, seq, since)

    @classmethod
    def _check_value(cls, f: str, value: Any) -> None:
        """Raises BadRequest for a value that the mutation ``f`` does not take."""

    def apply(self, command: Command) -> Answer:
        """Apply a committed mutation, exactly once per session and sequence number."""
        if (answer := self.answered(command)) is None:
            answer = self._execute(command)
            if command.session is not None and command.seq is not None:
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
        raise NotImplementedError

    def restore(self, dump: dict[str, Any]) -> None:
        """Become what ``dump`` says."""
        raise NotImplementedError

    def read(self, command: Command) -> Answer:
        """The answer of a read in the present state."""
        raise NotImplementedError

    def _execute(self, command: Command) -> Answer:
        """Apply a mutation that comes for the first time."""
        raise NotImplementedError
