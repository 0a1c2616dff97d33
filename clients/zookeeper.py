"""The client core of ZooKeeper: its own protocol, pinned to one server (bytes by kazoo).

One session lives on one connection at a time and does one operation after another, as the
operations' steps say (``clients.zookeeper_steps``). A session is kept over a connection that
was lost, with the last transaction it has seen, so a server that is behind refuses it; after a
mutation whose outcome is not known the process is another one, and so is the session.

Nothing is ever sent twice: the driver's retries and its pool of servers are not used, only its
description of messages (kazoo.protocol.serialization).

In a cluster that others use as well every path is below a root (``clients.zookeeper_root``).
A name and a password (``digest``) are shown once a connection, before the first operation, and
nodes that are made then belong to that name.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kazoo.protocol.serialization import Auth, Connect, PingInstance, ReplyHeader

from clients.client import Completion, GarbledAnswer, Invocation
from clients.frames import FrameReader, framed
from clients.login import Login
from clients.zookeeper_root import bare, below, owned
from clients.zookeeper_steps import STEPS, Reads, Reply, Steps

NO_SESSION, NO_PASSWORD = 0, bytes(16)
NOTICE, PING, AUTH = -1, -2, -4
"""What bears these numbers answers no request of an operation."""


class ZooKeeperCore:
    """Requests and answers of one worker's client, and its session.

    ``steps`` are the operations of a workload, by name; ``reads`` says what comes before a read;
    ``session_ms`` is the session's time-out asked for. ``root`` "": the whole tree is ours.
    """

    def __init__(
        self,
        steps: Mapping[str, Callable[[Invocation, Reads], Steps]],
        *,
        reads: Reads = Reads.SYNC,
        session_ms: int = 10_000,
        root: str = "",
        login: Login | None = None,
    ) -> None:
        self._root = root
        self._login = login
        self._shown = False
        """Whether this connection's server has been told who we are."""
        self._steps = steps
        self._reads = reads
        self._session_ms = session_ms
        self._frames = FrameReader()
        self._session, self._password = NO_SESSION, NO_PASSWORD
        self._zxid = 0
        """The last transaction this session has seen."""
        self._xid = 0
        self._current: Invocation | None = None
        self._running: Steps | None = None
        self._awaited: list[Any] = []
        self._replies: list[Reply] = []
        self._notices = 0
        """Events of watches that no step has waited for yet."""

    def is_read(self, invocation: Invocation) -> bool:
        """Every workload's only read is called "read"."""
        return invocation.f == "read"

    def encode(self, invocation: Invocation) -> bytes:
        """The requests of the operation's first step."""
        if invocation is self._current:
            raise ValueError("a request sent again would be a second one: nothing is sent twice")
        self._current = invocation
        self._running = self._steps[invocation.f](invocation, self._reads)
        self._notices = 0
        return self._introduction() + self._requests(next(self._running))

    def receive(self, data: bytes) -> Completion | bytes | None:
        """The completion of the operation in flight, or the requests of its next step."""
        told: Completion | bytes | None = None
        for payload in self._frames.feed(data):
            reply = self._reply(payload)
            if reply is not None:
                self._replies.append(reply)
            if not self._awaited and (self._replies or self._notices):
                told = self._next_step() or told
        return told

    def reset(self) -> None:
        """A new connection begins; what was in flight on the old one is not known."""
        self._frames.reset()
        self._shown = False
        self._awaited, self._replies = [], []
        if self._current is not None and not self.is_read(self._current):
            self._session, self._password, self._zxid = NO_SESSION, NO_PASSWORD, 0
        self._current = self._running = None

    def opening(self) -> bytes:
        """The request for a session, or for the one there is."""
        request = Connect(0, self._zxid, self._session_ms, self._session, self._password, False)
        return framed(bytes(request.serialize()))

    @property
    def awaits_greeting(self) -> bool:
        """The server grants the session before anything may be asked."""
        return True

    def greeted(self, data: bytes) -> bool:
        """The answer to ``opening``. Raises GarbledAnswer when the session is no more."""
        for payload in self._frames.feed(data):
            try:
                granted, _ = Connect.deserialize(payload, 0)
            except struct.error:
                raise GarbledAnswer(f"expected a session, seen {payload[:80]!r}") from None
            if granted.time_out <= 0:
                self._session, self._password, self._zxid = NO_SESSION, NO_PASSWORD, 0
                raise GarbledAnswer("the session has expired")
            self._session, self._password = granted.session_id, bytes(granted.passwd)
            return True
        return False

    def heartbeat(self) -> bytes:
        """What tells the server that the session is alive while an operation waits."""
        return framed(struct.pack("!ii", PING, PingInstance.type))

    def _introduction(self) -> bytes:
        if self._login is None or self._shown:
            return b""
        self._shown = True
        auth = Auth(0, "digest", f"{self._login.user}:{self._login.password}")
        return framed(struct.pack("!ii", AUTH, auth.type) + bytes(auth.serialize()))

    def _requests(self, requests: Sequence[Any]) -> bytes:
        frames = bytearray()
        for asked in requests:
            request = below(self._root, asked) if self._root else asked
            if self._login is not None:
                request = owned(request)
            self._xid += 1
            self._awaited.append((self._xid, request))
            head = struct.pack("!ii", self._xid, request.type)
            frames += framed(head + bytes(request.serialize()))
        return bytes(frames)

    def _reply(self, payload: bytes) -> Reply | None:
        try:
            header, offset = ReplyHeader.deserialize(payload, 0)
            if header.xid == NOTICE:
                self._notices += 1
            if header.xid == AUTH and header.err:
                raise GarbledAnswer(f"name and password were refused ({header.err})")
            if header.xid in (NOTICE, PING, AUTH):
                return None
            if not self._awaited or self._awaited[0][0] != header.xid:
                wanted = self._awaited[0][0] if self._awaited else "none"
                raise GarbledAnswer(f"an answer to request {header.xid}, awaited is {wanted}")
            _, request = self._awaited.pop(0)
            self._zxid = max(self._zxid, header.zxid)
            if header.err:
                return Reply(header.err, None, header.zxid)
            result = request.deserialize(payload, offset)
            if self._root:
                result = bare(self._root, request, result)
            return Reply(0, result, header.zxid)
        except (struct.error, ValueError, TypeError) as error:
            raise GarbledAnswer(f"an answer cannot be read ({error}): {payload[:80]!r}") from None

    def _next_step(self) -> Completion | bytes | None:
        if self._running is None or self._current is None:
            self._replies.clear()
            return None
        try:
            while True:
                replies, self._replies = self._replies, []
                if not replies:
                    self._notices = 0
                requests = self._running.send(replies)
                # A step without requests waits for the event of a watch: it may be there.
                if requests or not self._notices:
                    return self._requests(requests) or None
        except StopIteration as end:
            self._current = self._running = None
            completion: Completion = end.value
            return completion
        except (ValueError, TypeError) as error:
            raise GarbledAnswer(f"an answer is not what was asked for: {error}") from None


def zookeeper_core(
    workload: str, *, reads: Reads = Reads.SYNC, root: str = "", login: Login | None = None
) -> ZooKeeperCore:
    """The core for a workload whose operations need nothing but ZooKeeper."""
    if workload not in STEPS:
        raise ValueError(f"unknown workload {workload!r}; ZooKeeper's client knows {sorted(STEPS)}")
    return ZooKeeperCore(STEPS[workload], reads=reads, root=root, login=login)
