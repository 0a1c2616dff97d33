"""The client core of the bundled lock service: a process uses the tokens that it was granted.

What an operation needs besides its value (the token of a write, say) is the latest token that
its own process was granted for that lock, whether it still holds the lock or not: a client cannot
know. An acknowledgement tells which one it was, ``[value, token]``. Without any token there is
nothing to ask for, and the operation fails where it is.
"""

from __future__ import annotations

from typing import Any

from clients.client import Completion, GarbledAnswer, Invocation
from clients.errors import Row, table
from clients.reference import ERRORS, ReferenceCore
from histories.event import Outcome

OPERATIONS = {
    "fenced-lock": {
        "acquire": "lock.acquire",
        "renew": "lock.renew",
        "release": "lock.release",
        "write": "resource.write",
        "read": "resource.read",
    }
}

REFUSALS = ERRORS | table(
    Row("held", Outcome.FAIL, ran=True),
    Row("not-held", Outcome.FAIL, ran=True),
    Row("fenced", Outcome.FAIL, ran=True),
    # Nothing was sent.
    Row("no-token", Outcome.FAIL),
)

_WITH_TOKEN = frozenset({"renew", "release", "write"})


class LockCore(ReferenceCore):
    """Requests and answers of one worker's client (see ReferenceCore)."""

    wires = OPERATIONS
    errors = REFUSALS

    def __init__(self, workload: str, run: str, *, resends: bool = False, prefix: str = "") -> None:
        super().__init__(workload, run, resends=resends, prefix=prefix)
        self._tokens: dict[Any, int] = {}
        self._holder: int | None = None
        """Whose tokens these are: those of an earlier process are forgotten with it."""
        self._lacks_token = False

    def encode(self, invocation: Invocation) -> bytes:
        """The request's frame; none where there is no token to show."""
        if invocation.process != self._holder:
            self._holder, self._tokens = invocation.process, {}
        self._lacks_token = invocation.f in _WITH_TOKEN and invocation.key not in self._tokens
        if self._lacks_token:
            self._current = None
            return b""
        return super().encode(invocation)

    def receive(self, data: bytes) -> Completion | None:
        """The completion that settles the invocation in flight; late answers are dropped."""
        completion = super().receive(data)
        if self._lacks_token:
            self._lacks_token = False
            return self.errors["no-token"].completion(is_read=False)
        return completion

    def _asked(self, invocation: Invocation) -> Any:
        token = self._tokens.get(invocation.key)
        match invocation.f:
            case "write":
                return [token, invocation.value]
            case "renew" | "release":
                return token
        return invocation.value

    def _told(self, invocation: Invocation, answer: dict[str, Any]) -> Any:
        if invocation.f == "read":
            return answer.get("value")
        if invocation.f == "acquire":
            token = answer.get("value")
            if type(token) is not int:
                raise GarbledAnswer(f"expected a token, seen {token!r}")
            self._tokens[invocation.key] = token
        return [invocation.value, self._tokens[invocation.key]]
