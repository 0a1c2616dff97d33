"""The replicated state machine: locks that are leased, and resources that tokens protect.

    lock.acquire    key, lease_ms             the token, greater than any granted before; or held
    lock.renew      key, token                the lease begins anew; or not-held
    lock.release    key, token                free; or not-held
    resource.write  key, [token, value]       written; or fenced: a greater token was seen
    resource.read   key                       [value, token] as last written; null: never
    lock.expire     key, [token, renewals]    the node's own: free, unless renewed meanwhile

A grant's number is its fencing token (Kleppmann, "How to do distributed locking", 2016): Chubby
calls it a sequencer (Burrows, OSDI 2006, section 2.4). One count serves all locks, so forgetting
a lock that is free costs nothing. Who holds a token may use it; the session does not matter.

No clock is read here. That a lease has run out is a command in the log like any other
(leases.py), so all nodes free the lock at the same point. It names how often the lease had been
renewed when it was found to be over: a renewal that came before it in the log wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from targets.nodes.command import Answer, BadRequest, Command, Key, refusal
from targets.nodes.replicated import Replicated
from targets.nodes.sessions import SESSIONS_MAX

READS = frozenset({"resource.read"})
MUTATIONS = frozenset({"lock.acquire", "lock.renew", "lock.release", "resource.write"})
EXPIRE = "lock.expire"
LEASE_MS_MAX = 3_600_000


@dataclass(slots=True)
class Held:
    """A lock that is held: under which token, and how long from the grant or latest renewal on."""

    token: int
    lease_ms: int
    renewals: int = 0


class Locks(Replicated):
    """``granted``: the latest token. ``written``: by resource, its value and token."""

    __slots__ = ("granted", "held", "written")

    reads = READS
    mutations = MUTATIONS

    def __init__(self, sessions_max: int = SESSIONS_MAX) -> None:
        super().__init__(sessions_max)
        self.granted = 0
        self.held: dict[Key, Held] = {}
        self.written: dict[Key, tuple[Any, int]] = {}

    @classmethod
    def _check_value(cls, f: str, value: Any) -> None:
        if f == "lock.acquire" and not _is_lease(value):
            raise BadRequest(f"{f} takes a lease in ms, from 1 to {LEASE_MS_MAX}, not {value!r}")
        if f in ("lock.renew", "lock.release") and type(value) is not int:
            raise BadRequest(f"{f} takes a token, not {value!r}")
        if f == "resource.write" and not _is_pair(value):
            raise BadRequest(f"{f} takes [token, value], not {value!r}")

    def read(self, command: Command) -> Answer:
        """The resource's value and the token it was written with."""
        written = self.written.get(command.key)
        return {"ok": True, "value": None if written is None else list(written)}

    def dump(self) -> dict[str, Any]:
        """The whole state as JSON."""
        return {
            "granted": self.granted,
            "held": [[key, h.token, h.lease_ms, h.renewals] for key, h in self.held.items()],
            "written": [[key, *written] for key, written in self.written.items()],
            "sessions": self.sessions.dump(),
        }

    def restore(self, dump: dict[str, Any]) -> None:
        """Become what ``dump`` says."""
        self.granted = dump["granted"]
        self.held = {key: Held(*held) for key, *held in dump["held"]}
        self.written = {key: (value, token) for key, value, token in dump["written"]}
        self.sessions.restore(dump["sessions"])

    def _execute(self, command: Command) -> Answer:
        key, value = command.key, command.value
        match command.f:
            case "lock.acquire":
                return self._acquire(key, value)
            case "lock.renew":
                return self._renew(key, value)
            case "lock.release":
                return self._release(key, value)
            case "resource.write":
                return self._write(key, *value)
        return self._expire(key, *value)

    def _acquire(self, key: Key, lease_ms: int) -> Answer:
        held = self.held.get(key)
        if held is not None:
            detail = f"it is held under token {held.token}"
            return refusal("held", definite=True, detail=detail)
        self.granted += 1
        self.held[key] = Held(self.granted, lease_ms)
        return {"ok": True, "value": self.granted}

    def _renew(self, key: Key, token: int) -> Answer:
        if not self._holds(key, token):
            return self._not_held(key, token)
        self.held[key].renewals += 1
        return {"ok": True, "value": None}

    def _release(self, key: Key, token: int) -> Answer:
        if not self._holds(key, token):
            return self._not_held(key, token)
        del self.held[key]
        return {"ok": True, "value": None}

    def _expire(self, key: Key, token: int, renewals: int) -> Answer:
        held = self.held.get(key)
        if held is not None and (held.token, held.renewals) == (token, renewals):
            del self.held[key]
        return {"ok": True, "value": None}

    def _write(self, key: Key, token: int, value: Any) -> Answer:
        if not self._admits(key, token):
            detail = f"token {token}, and {self.written[key][1]} was seen"
            return refusal("fenced", definite=True, detail=detail)
        self.written[key] = value, token
        return {"ok": True, "value": None}

    def _admits(self, key: Key, token: int) -> bool:
        """Whether the resource was never written with a greater token."""
        written = self.written.get(key)
        return written is None or token >= written[1]

    def _holds(self, key: Key, token: int) -> bool:
        held = self.held.get(key)
        return held is not None and held.token == token

    def _not_held(self, key: Key, token: int) -> Answer:
        held = self.held.get(key)
        now = "free" if held is None else f"held under token {held.token}"
        return refusal("not-held", definite=True, detail=f"token {token}; the lock is {now}")


def _is_lease(value: Any) -> bool:
    return type(value) is int and 1 <= value <= LEASE_MS_MAX


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and type(value[0]) is int
