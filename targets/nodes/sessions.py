"""The session table: each client's last command and its answer, in bounded room.

A command that arrives again is answered again and not applied again (Ongaro 2014, section
6.3). At most ``sessions_max`` sessions are kept; the one least recently active makes room,
on every node alike, because only applied commands count as activity.

Dropping a session must not let a late copy of one of its commands apply twice. So time is
counted in applied commands, a command may say ``since`` when it exists (the time as its
client knew it when it first sent it; 0 when it knows nothing), and the table remembers how
recent a session it has dropped was:

    t=1 s1 adds 5     t=2 s2 ...  room for one: s1 is dropped, dropped_until = 1
    s1 adds 5, sent again         since 0 < 1: it may be what was dropped; refused
    s3 adds 7, since 2            had it been applied, it would be here; so it was not
"""

from __future__ import annotations

from typing import Any

SESSIONS_MAX = 10_000


class Sessions:
    """Sessions by name, least recently active first: (seq, answer, time of that command)."""

    __slots__ = ("_sessions", "_sessions_max", "dropped_until", "time")

    def __init__(self, sessions_max: int = SESSIONS_MAX) -> None:
        self._sessions: dict[str, tuple[int, Any, int]] = {}
        self._sessions_max = sessions_max
        self.time = 0
        self.dropped_until = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def last(self, name: str) -> tuple[int, Any] | None:
        """The last applied seq of a session, and its answer."""
        found = self._sessions.get(name)
        return None if found is None else (found[0], found[1])

    def may_have_dropped(self, since: int) -> bool:
        """Whether a command that exists since then may have been applied in a dropped session."""
        return since < self.dropped_until

    def settle(self, name: str, seq: int, answer: Any) -> None:
        """The command ``seq`` of this session was applied."""
        self.time += 1
        self._sessions.pop(name, None)
        self._sessions[name] = seq, answer, self.time
        if len(self._sessions) > self._sessions_max:
            oldest = next(iter(self._sessions))
            self.dropped_until = self._sessions.pop(oldest)[2]

    def dump(self) -> dict[str, Any]:
        """All of it as JSON; the order of the sessions is part of it."""
        sessions = [[name, *session] for name, session in self._sessions.items()]
        return {"time": self.time, "dropped_until": self.dropped_until, "sessions": sessions}

    def restore(self, dump: dict[str, Any]) -> None:
        """Become what ``dump`` says."""
        self.time, self.dropped_until = dump["time"], dump["dropped_until"]
        self._sessions = {name: (seq, answer, at) for name, seq, answer, at in dump["sessions"]}
