"""One operation after another over one connection: what a transport decides, without I/O.

The exchange dials lazily, sends, waits, resends if it is told to, and gives up at the
time-out. It asks a ``Wire`` to do things and is told what happened; a ``Clock`` gives it
the time. So the same rules run over asyncio, over the simulated network, and in tests.

Without ``resend`` an operation is sent once at most. With it, one operation may be sent
several times under one session and sequence number, over several connections; then only a
real answer or ``info`` can end it once anything of it was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Protocol

from clients.client import ClientCore, Completion, GarbledAnswer, Invocation
from clients.clock import Clock
from clients.errors import TRANSPORT


class Wire(Protocol):
    """The connection an exchange commands."""

    def connect(self) -> None:
        """Begin to dial. Later: ``Exchange.connected`` or ``Exchange.refused``."""

    def send(self, data: bytes) -> None:
        """Send over the open connection."""

    def drop(self) -> None:
        """Close the connection, or stop dialling, at once. Nothing of it is reported after."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a client says every ``every_ns`` while an operation waits, lest it be given up."""

    every_ns: int
    say: Callable[[], bytes]


class _Link(Enum):
    DOWN = "down"
    DIALLING = "dialling"
    GREETING = "greeting"
    """Connected, and the server has yet to say that it is there."""
    UP = "up"


class Exchange:
    """The rules of one worker's connection. Times in nanoseconds."""

    def __init__(
        self,
        core: ClientCore,
        wire: Wire,
        clock: Clock,
        *,
        timeout_ns: int,
        resend_ns: int | None = None,
        hold_back_ns: int = 100_000_000,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self._core = core
        self._wire = wire
        self._clock = clock
        self._timeout_ns = timeout_ns
        self._resend_ns = resend_ns
        self._hold_back_ns = hold_back_ns
        self._heartbeat = heartbeat
        self._beat_ns = 0
        """When the next heartbeat is due, if there are any."""
        self._link = _Link.DOWN
        self._invocation: Invocation | None = None
        self._complete: Callable[[Completion], None] | None = None
        self._sent = False
        self._held: Completion | None = None
        self._deadline_ns = 0
        self._due_ns: int | None = None
        """Next resend, or the moment a held-back completion is handed on."""
        self._alarm_ns: int | None = None
        self._closed = False

    def invoke(self, invocation: Invocation, complete: Callable[[Completion], None]) -> None:
        """Start an operation; ``complete`` is called once, with what became of it."""
        if self._invocation is not None:
            raise RuntimeError(f"{invocation} invoked while {self._invocation} is still open")
        if self._closed:
            raise RuntimeError(f"{invocation} invoked on a client that is closed")
        self._invocation, self._complete = invocation, complete
        self._sent = False
        self._due_ns = None
        now_ns = self._clock.now_ns()
        self._deadline_ns = now_ns + self._timeout_ns
        if self._heartbeat is not None:
            self._beat_ns = now_ns + self._heartbeat.every_ns
        self._set_alarm()
        if self._link is _Link.UP:
            self._send(now_ns)
        elif self._link is _Link.DOWN:
            self._dial()

    def connected(self) -> None:
        """The wire is connected."""
        self._core.reset()
        if opening := self._core.opening():
            self._wire.send(opening)
        if self._core.awaits_greeting:
            self._link = _Link.GREETING
        else:
            self._up()

    def _up(self) -> None:
        self._link = _Link.UP
        if self._invocation is not None and self._held is None:
            self._send(self._clock.now_ns())

    def refused(self, error: str) -> None:
        """The wire could not be connected; ``error`` is a row of the transport's table."""
        self._link = _Link.DOWN
        if self._invocation is not None and self._held is None and not self._sent:
            self._settle(error)

    def lost(self) -> None:
        """The connection was closed by the other side, or broke."""
        if self._link is _Link.GREETING:
            self.refused("no-greeting")
            return
        self._link = _Link.DOWN
        if self._invocation is None or self._held is not None:
            return
        if self._resend_ns is None:
            self._settle("connection-lost")

    def received(self, data: bytes) -> None:
        """Bytes from the other side."""
        if self._link is _Link.GREETING:
            self._receive_greeting(data)
            return
        try:
            completion = self._core.receive(data)
        except GarbledAnswer:
            self._hang_up()
            if self._invocation is not None and self._held is None and self._resend_ns is None:
                self._settle("garbled-answer")
            return
        if completion is None or self._invocation is None or self._held is not None:
            return
        if isinstance(completion, bytes):
            self._wire.send(completion)
            return
        if completion.unavailable:
            self._hold(completion)
        else:
            self._finish(completion)

    def _receive_greeting(self, data: bytes) -> None:
        try:
            if self._core.greeted(data):
                self._up()
        except GarbledAnswer:
            self._hang_up()
            self.refused("no-greeting")

    def close(self) -> None:
        """Drop the connection; an operation still open is never completed."""
        self._closed = True
        self._invocation = self._complete = self._held = None
        self._hang_up()

    def _dial(self) -> None:
        self._link = _Link.DIALLING
        self._wire.connect()

    def _send(self, now_ns: int) -> None:
        assert self._invocation is not None
        if self._resend_ns is not None:
            self._due_ns = now_ns + self._resend_ns
            self._set_alarm()
        self._sent = True
        data = self._core.encode(self._invocation)
        if data:
            self._wire.send(data)
        else:
            # Nothing needs to be asked: the answer may have come already.
            self._clock.call_at(now_ns, partial(self._look, self._invocation))

    def _look(self, invocation: Invocation) -> None:
        if self._invocation is invocation and self._link is _Link.UP:
            self.received(b"")

    def _settle(self, error: str) -> None:
        assert self._invocation is not None
        completion = TRANSPORT[error].completion(self._core.is_read(self._invocation))
        if completion.unavailable:
            self._hold(completion)
        else:
            self._finish(completion)

    def _hold(self, completion: Completion) -> None:
        """Hand it on a little later: a dead node answers at once, and would get every item."""
        self._held = completion
        self._due_ns = self._clock.now_ns() + self._hold_back_ns
        self._set_alarm()

    def _finish(self, completion: Completion) -> None:
        complete = self._complete
        assert complete is not None
        self._invocation = self._complete = self._held = self._due_ns = None
        complete(completion)

    def _hang_up(self) -> None:
        if self._link is not _Link.DOWN:
            self._link = _Link.DOWN
            self._wire.drop()

    def _set_alarm(self) -> None:
        """Have ``_alarm`` called in time for what comes next.

        The alarm of an operation that ended is left standing and serves the next one, so
        that an operation that is answered costs no timer at all.
        """
        next_ns = self._deadline_ns
        if self._due_ns is not None and (self._held is not None or self._due_ns < next_ns):
            next_ns = self._due_ns
        if self._heartbeat is not None and self._held is None:
            next_ns = min(next_ns, self._beat_ns)
        if self._alarm_ns is None or next_ns < self._alarm_ns:
            self._alarm_ns = next_ns
            self._clock.call_at(next_ns, self._alarm)

    def _alarm(self) -> None:
        now_ns = self._clock.now_ns()
        if self._alarm_ns is not None and now_ns >= self._alarm_ns:
            self._alarm_ns = None
        if self._invocation is None:
            return
        due = self._due_ns is not None and now_ns >= self._due_ns
        if self._held is not None:
            if due:
                self._finish(self._held)
                return
        elif now_ns >= self._deadline_ns:
            # A late answer must never be taken for the next request's.
            self._hang_up()
            self._settle("timeout" if self._sent else "connect-timeout")
            return
        elif due:
            self._resend(now_ns)
        if self._heartbeat is not None and self._held is None and now_ns >= self._beat_ns:
            self._beat_ns = now_ns + self._heartbeat.every_ns
            if self._link is _Link.UP:
                self._wire.send(self._heartbeat.say())
        self._set_alarm()

    def _resend(self, now_ns: int) -> None:
        assert self._resend_ns is not None
        if self._link is _Link.UP:
            self._send(now_ns)
            return
        self._due_ns = now_ns + self._resend_ns
        if self._link is _Link.DOWN:
            self._dial()
