"""The client core of the bundled nodes: framed JSON with sessions (exactly-once resends).

One session is one process of the history, ``RUN/PROCESS``; its sequence number grows by
one a mutation. A resend repeats session and sequence number under a new id, so the node
applies the command once and tells its result again (Ongaro's thesis, section 6.3).

The nodes keep so many sessions and no more. One that refuses a command because its session
may be among those it dropped says what time it is ("since", in applied commands); the
commands that follow say since when they exist, and so are known to be new.

A node that answers reads from its own state says how far that was ("index"); what a session asks
from then on says how far it has seen, wherever it asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from clients.client import Completion, GarbledAnswer, Invocation
from clients.errors import Row, table
from clients.frames import FrameReader, framed
from histories.event import Outcome

WIRE = {
    "register": {"read": "read", "write": "write", "cas": "cas"},
    "set": {"add": "set.add", "read": "set.read"},
    "counter": {"add": "counter.add", "read": "counter.read"},
    "ids": {"generate": "counter.next"},
    "causal": {"read": "read", "write": "write"},
}
"""What an operation of a workload is called on the wire."""
ANSWERED = frozenset({"generate"})
"""Mutations whose answers tell something."""

ERRORS = table(
    Row("mismatch", Outcome.FAIL, ran=True),
    Row("no-leader", Outcome.FAIL, unavailable=True),
    Row("busy", Outcome.FAIL, unavailable=True),
    Row("bad-request", Outcome.FAIL),
    Row("stale-session", Outcome.FAIL),
    Row("session-expired", Outcome.FAIL),
    Row("lost-leadership", Outcome.INFO, unavailable=True),
)
"""The nodes' errors. One that is not here is judged by the answer's ``definite`` alone."""

_encode = json.JSONEncoder(separators=(",", ":")).encode


class ReferenceCore:
    """Requests and answers of one worker's client.

    ``run`` keeps the sessions of two runs against one cluster apart. With ``resends`` an
    answer that settles nothing ("lost leadership") is passed over, because the transport
    will ask again; without, it completes the operation. ``prefix`` stands before each key.
    """

    wires: Mapping[str, Mapping[str, str]] = WIRE
    errors: Mapping[str, Row] = ERRORS

    def __init__(self, workload: str, run: str, *, resends: bool = False, prefix: str = "") -> None:
        if workload not in self.wires:
            raise ValueError(f"unknown workload {workload!r}; the nodes know {sorted(self.wires)}")
        self._workload = workload
        self._wire = self.wires[workload]
        self._run = run
        self._resends = resends
        self._prefix = prefix
        self._frames = FrameReader()
        self._current: Invocation | None = None
        self._process: int | None = None
        self._session = ""
        self._seq = 0
        self._time = 0
        """The latest time a node told, and (``_since``) when the present operation began."""
        self._since = 0
        self._seen = 0
        """How far the present session has seen, where nodes tell."""
        self._id = 0
        self._first_id = 1

    def is_read(self, invocation: Invocation) -> bool:
        """Every workload's only read is called "read"."""
        return invocation.f == "read"

    def encode(self, invocation: Invocation) -> bytes:
        """The request's frame; for the invocation still in flight, a resend of it."""
        self._id += 1
        if invocation is not self._current:
            self._begin(invocation)
        request = {
            "id": self._id,
            "session": self._session,
            "seq": self._seq,
            "f": self._wire[invocation.f],
            "key": f"{self._prefix}{invocation.key}" if self._prefix else invocation.key,
            "value": self._asked(invocation),
        }
        if self._since:
            request["since"] = self._since
        if self._seen:
            request["seen"] = self._seen
        return framed(_encode(request).encode())

    def receive(self, data: bytes) -> Completion | None:
        """The completion that settles the invocation in flight; late answers are dropped."""
        completion = None
        for payload in self._frames.feed(data):
            answer = _parsed(payload)
            if type(since := answer.get("since")) is int:
                self._time = max(self._time, since)
            if type(index := answer.get("index")) is int:
                self._seen = max(self._seen, index)
            # Ids only grow, so those of the operation in flight are the newest ones.
            in_flight = self._current is not None and self._first_id <= answer["id"] <= self._id
            if in_flight and (settled := self._settle(answer)) is not None:
                completion = settled
                self._current = None
        return completion

    def reset(self) -> None:
        """Forget half a frame of the connection before."""
        self._frames.reset()

    def opening(self) -> bytes:
        """Nothing: the nodes speak first."""
        return b""

    @property
    def awaits_greeting(self) -> bool:
        """The nodes speak first."""
        return True

    def greeted(self, data: bytes) -> bool:
        """The greeting is one frame: ``{"hello": NODE}``."""
        for payload in self._frames.feed(data):
            try:
                greeting = json.loads(payload)
            except ValueError:
                greeting = None
            if not isinstance(greeting, dict) or "hello" not in greeting:
                raise GarbledAnswer(f"expected a greeting, seen {payload[:80]!r}")
            return True
        return False

    def _begin(self, invocation: Invocation) -> None:
        if invocation.process != self._process:
            self._process = invocation.process
            self._session = f"{self._run}/{invocation.process}"
            self._seq = 0
            self._seen = 0
        if not self.is_read(invocation):
            self._seq += 1
        # All copies of a command say the same: a later one is no newer command.
        self._since = self._time
        self._current = invocation
        self._first_id = self._id

    def _settle(self, answer: dict[str, Any]) -> Completion | None:
        assert self._current is not None
        read = self.is_read(self._current)
        if answer["ok"]:
            return Completion(Outcome.OK, self._told(self._current, answer))
        error = answer["error"]
        definite = answer.get("definite") is True
        row = self.errors.get(error) or Row(error, Outcome.FAIL if definite else Outcome.INFO)
        if read:
            return row.completion(is_read=True)
        copies = self._id - self._first_id + 1
        # A refusal speaks for one copy of the request. Of several, another may yet be
        # applied; only the result of the command itself speaks for them all.
        if row.outcome is Outcome.FAIL and definite and (row.ran or copies == 1):
            return row.completion(is_read=False)
        if self._resends:
            return None
        return Completion(Outcome.INFO, None, error, row.unavailable)

    def _asked(self, invocation: Invocation) -> Any:
        """The value of the request."""
        return invocation.value

    def _told(self, invocation: Invocation, answer: dict[str, Any]) -> Any:
        """What an operation that succeeded has to tell: of most mutations nothing."""
        tells = invocation.f in ANSWERED or self.is_read(invocation)
        return answer.get("value") if tells else None


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise GarbledAnswer(f"an answer is not JSON ({error}): {payload[:80]!r}") from None
    if (
        not isinstance(answer, dict)
        or type(answer.get("id")) is not int
        or type(answer.get("ok")) is not bool
        or not (answer["ok"] or isinstance(answer.get("error"), str))
    ):
        raise GarbledAnswer(f"an answer needs id, ok, and error when not ok: {payload[:80]!r}")
    return answer
