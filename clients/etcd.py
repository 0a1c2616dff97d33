"""The client core of etcd: its v3 API as JSON over HTTP, pinned to one member.

What an operation asks is in its steps (``clients.etcd_steps``, ``clients.etcd_lock``), most of
which are one: etcd executes a request at one point or not at all. A request is sent once; a
read is linearizable, or, when asked for, answered by the member from what it has
(``serializable``), which may be stale.

In a cluster that others use as well every request goes through a namespace
(``clients.etcd_namespace``); where etcd asks who we are, an operation without a token begins by
getting one, which all clients of the run then share.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from clients import bank
from clients.client import Completion, GarbledAnswer, Invocation
from clients.etcd_errors import ERRORS, row_of
from clients.etcd_namespace import Namespace
from clients.etcd_steps import RANGE, STEPS, TXN, Refused, Request, Steps
from clients.etcd_transactions import keep_bank, only_reads, transact, write_registers
from clients.http import HttpAnswer, HttpPosts
from clients.login import Login
from histories.event import Outcome

AUTHENTICATE = "/v3/auth/authenticate"
WORKLOADS: dict[str, Mapping[str, Callable[[Invocation], Steps]]] = {
    **STEPS,
    "list-append": {"txn": transact},
    "rw-register": {"txn": write_registers},
    "long-fork": {"txn": write_registers},
    "bank": dict.fromkeys(bank.OPERATIONS, keep_bank),
}
"""Those whose operations need nothing but etcd."""
TOKEN_REFUSED = (ERRORS["token-refused"], ERRORS["token-old"])

_encode = json.JSONEncoder(separators=(",", ":")).encode


class EtcdCore:
    """Requests and answers of one worker's client. ``server`` is its member's host and port.

    ``steps`` are the operations of a workload, by name. ``namespace`` None: all keys are ours.
    """

    def __init__(
        self,
        steps: Mapping[str, Callable[[Invocation], Steps]],
        server: str,
        *,
        serializable: bool = False,
        namespace: Namespace | None = None,
        login: Login | None = None,
    ) -> None:
        self._steps = steps
        self._namespace = namespace
        self._login = login
        self._http = HttpPosts(server)
        self._serializable = serializable
        self._current: Invocation | None = None
        self._running: Steps | None = None

    def is_read(self, invocation: Invocation) -> bool:
        """A workload's only read is called "read"; a transaction may be nothing but reads."""
        return invocation.f == "read" or (invocation.f == "txn" and only_reads(invocation.value))

    def encode(self, invocation: Invocation) -> bytes:
        """The first request. A second one for the same invocation would be a second operation."""
        if invocation is self._current:
            raise ValueError("etcd has no sessions for requests: nothing may be sent again")
        self._current = invocation
        steps = self._steps[invocation.f](invocation)
        self._running = steps if self._login is None else _logged_in(self._login, steps)
        return self._request(next(self._running))

    def receive(self, data: bytes) -> Completion | bytes | None:
        """What comes of the operation in flight, when an answer is whole."""
        answer = self._http.receive(data)
        invocation, running = self._current, self._running
        if answer is None or invocation is None or running is None:
            return None
        told = parsed(answer)
        try:
            if answer.status == 200:
                if self._namespace is not None:
                    told = self._namespace.outside(told)
                return self._request(running.send(told))
            row = row_of(answer.status, told.get("code"), told.get("message"))
            if self._login is not None and row in TOKEN_REFUSED:
                self._login.token = None
            return self._request(running.throw(Refused(row)))
        except StopIteration as end:
            completion: Completion = end.value
        except Refused as refused:
            completion = refused.row.completion(self.is_read(invocation))
        except (KeyError, TypeError, ValueError) as error:
            raise GarbledAnswer(f"no answer to {invocation.f}: {error!r}") from None
        self._current = self._running = None
        return completion

    def reset(self) -> None:
        """A new connection begins."""
        self._http.reset()
        self._current = self._running = None

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

    def _request(self, request: Request) -> bytes:
        path, body = request
        if self._serializable:
            for asked in _ranges(path, body):
                asked["serializable"] = True
        if self._namespace is not None:
            body = self._namespace.inside(path, body)
        token = None if self._login is None or path == AUTHENTICATE else self._login.token
        return self._http.request(path, _encode(body).encode(), token)


def _ranges(path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The reads in a request that is nothing but reads; none in any other."""
    if path == RANGE:
        return [body]
    if path != TXN or body["compare"]:
        return []
    return [asked["requestRange"] for asked in body["success"]]


def etcd_core(
    workload: str,
    server: str,
    *,
    serializable: bool = False,
    namespace: Namespace | None = None,
    login: Login | None = None,
) -> EtcdCore:
    """The core for a workload whose operations need nothing but etcd."""
    if workload not in WORKLOADS:
        raise ValueError(f"unknown workload {workload!r}; etcd's client knows {sorted(WORKLOADS)}")
    return EtcdCore(
        WORKLOADS[workload], server, serializable=serializable, namespace=namespace, login=login
    )


def _logged_in(login: Login, steps: Steps) -> Steps:
    """The operation, under a token. Without one nothing is asked, so nothing happened."""
    if login.token is None:
        try:
            told = yield AUTHENTICATE, {"name": login.user, "password": login.password}
        except Refused as refused:
            return Completion(Outcome.FAIL, None, refused.row.error, unavailable=True)
        if not told["token"]:
            raise ValueError("a login was answered without a token")
        login.token = told["token"]
    return (yield from steps)


def parsed(answer: HttpAnswer) -> dict[str, Any]:
    """The JSON object of an answer; an empty one for a refusal in plain text.

    Raises GarbledAnswer where 200 comes with anything else.
    """
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    if isinstance(told, dict):
        return told
    if answer.status == 200:
        raise GarbledAnswer(f"expected a JSON object, seen {answer.body[:80]!r}")
    return {}
