"""The client core of etcd's watches: one long answer, read on from operation to operation.

A watch tells every change of some keys from a revision on, in order. It stays open between
operations; each ``read`` takes what has come since the last, and says which revisions that
is all of:

    {"from": 8, "to": 12, "events": [[8, "x", 3], [12, "y", 4]]}     nothing at 9, 10 and 11

After a lost connection the watch is asked for anew, from the revision after the last one
seen. Nothing is sorted and nothing left out here: what the member says is what is judged.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from clients.client import Completion, GarbledAnswer, Invocation
from clients.etcd_namespace import Namespace
from clients.etcd_steps import PUT, Steps, revision, text64
from clients.http import HttpStream
from clients.login import Login
from histories.event import Outcome

WATCH = "/v3/watch"
WATCHED, WATCHED_END = "w/", "w0"
"""The range of all keys that begin with ``w/``."""
FIRST_REVISION = 1
LINE_BYTES_MAX = 64 * 1024 * 1024


class EtcdWatchCore:
    """The watch of one worker, on the member ``server``.

    ``since`` is the first revision it is to tell. ``namespace`` None: all keys are ours. A
    token of ``login`` is got by those who put.
    """

    def __init__(
        self,
        server: str,
        *,
        since: int = FIRST_REVISION,
        namespace: Namespace | None = None,
        login: Login | None = None,
    ) -> None:
        self._http = HttpStream(server)
        self._namespace = namespace
        self._login = login
        self._line = bytearray()
        self._open = False
        self._events: list[list[Any]] = []
        self._from = since
        """The first revision that no operation has told yet."""
        self._next = since
        """The first revision that no event has been seen of yet."""
        self._current: Invocation | None = None

    def is_read(self, invocation: Invocation) -> bool:
        """A watch changes nothing."""
        return True

    def encode(self, invocation: Invocation) -> bytes:
        """The request for the watch; nothing while it is open."""
        self._current = invocation
        if self._open:
            return b""
        self._open = True
        wanted = {
            "key": text64(WATCHED),
            "range_end": text64(WATCHED_END),
            "start_revision": str(self._next),
        }
        body = {"create_request": wanted}
        if self._namespace is not None:
            body = self._namespace.inside(WATCH, body)
        token = None if self._login is None else self._login.token
        return self._http.request(WATCH, json.dumps(body).encode(), token)

    def receive(self, data: bytes) -> Completion | bytes | None:
        """Take in events; the completion of the operation in flight, if there are any."""
        self._line += self._http.receive(data)
        if len(self._line) > LINE_BYTES_MAX:
            raise GarbledAnswer(f"a line of more than {LINE_BYTES_MAX} bytes")
        *lines, rest = self._line.split(b"\n")
        self._line = bytearray(rest)
        for line in lines:
            if line:
                self._take(line)
        if self._http.ended:
            raise GarbledAnswer("the watch has ended")
        if self._current is None or not self._events:
            return None
        self._current = None
        events, self._events = self._events, []
        last = max(event[0] for event in events)
        told = {"from": self._from, "to": max(last, self._from), "events": events}
        self._from = max(self._from, last + 1)
        return Completion(Outcome.OK, told)

    def reset(self) -> None:
        """A new connection begins; events that were taken in stay."""
        self._http.reset()
        self._line.clear()
        self._open = False
        self._current = None

    def opening(self) -> bytes:
        """Nothing: the first request comes first."""
        return b""

    @property
    def awaits_greeting(self) -> bool:
        """An HTTP server waits to be asked."""
        return False

    def greeted(self, data: bytes) -> bool:
        """There is no greeting."""
        return True

    def _bare(self, key: bytes) -> bytes:
        return key if self._namespace is None else self._namespace.bare(key)

    def _take(self, line: bytes | bytearray) -> None:
        try:
            result = json.loads(line)["result"]
            if result.get("canceled"):
                raise GarbledAnswer(f"the watch was cancelled: {result.get('cancel_reason')}")
            for event in result.get("events", []):
                told = event["kv"]
                number = int(told["mod_revision"])
                key = self._bare(b64decode(told["key"])).decode().removeprefix(WATCHED)
                value = int(b64decode(told.get("value", "")))
                self._events.append([number, key, value])
                self._next = max(self._next, number + 1)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise GarbledAnswer(f"no event of a watch ({error!r}): {line[:80]!r}") from None


def _put(invocation: Invocation) -> Steps:
    key = text64(f"{WATCHED}{invocation.key}")
    told = yield PUT, {"key": key, "value": text64(str(invocation.value))}
    return Completion(Outcome.OK, [invocation.value, revision(told)["revision"]])


PUT_STEPS: dict[str, Callable[[Invocation], Steps]] = {"put": _put}
"""A value to a key that is watched; the answer tells value and revision."""
