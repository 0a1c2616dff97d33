"""A node's process in virtual time: what targets.nodes.runtime is to a real one.

The contract of targets.nodes.effects is kept in the same way: effects are carried out in
order, and a process that syncs does nothing else until the disk has answered:

    events ─► core.step ─► Write, Send ─► Fsync ······ latency ······► Send, Reply, Synced ─► …
                                          what arrives meanwhile waits, and is one batch

So the loss of power in between takes what was written, and what waits behind the sync has
never left. A paused process takes nothing in; what arrived meanwhile comes before its timers.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from targets.hosts.simulated.clock import LocalClock
from targets.hosts.simulated.connection import Connection
from targets.hosts.simulated.disk import SimulatedDisk
from targets.hosts.simulated.loop import VirtualLoop
from targets.hosts.simulated.network import Link
from targets.nodes.effects import (
    Core,
    Effect,
    Elapsed,
    Event,
    Fsync,
    Note,
    ReadsWallClock,
    Received,
    Replace,
    Reply,
    Requested,
    Send,
    SetTimer,
    Started,
    Synced,
    Undelivered,
    Write,
)
from targets.nodes.frames import FrameError, encode_frame
from targets.systems.requests import REQUEST_ID

SYNC_NS_MIN, SYNC_NS_SPREAD = 150_000, 1_000_000
SLOW_SYNC_SHARE, SLOW_SYNC_NS_MAX = 0.01, 30_000_000
"""One fsync in a hundred waits for the disk's own housekeeping."""


class Observer(Protocol):
    """Who is told of a node's effects as they are carried out (nemesis.observation.Observer)."""

    def started(self, node: str) -> None:
        """The process has begun."""

    def wrote(self, node: str, records: Sequence[bytes]) -> None:
        """Records went to the log file."""

    def replaced(self, node: str, records: Sequence[bytes]) -> None:
        """The log file was replaced."""

    def sent(self, node: str, peer: str, message: Any) -> None:
        """A message went to the network."""

    def replied(self, node: str, body: Mapping[str, Any]) -> None:
        """A client was answered."""


class Process:
    """One life of a node. ``die`` is called with a reason when it ends by itself.

    ``translate`` takes a message over the wire and back; without it, the object itself travels.
    """

    def __init__(
        self,
        node: str,
        core: Core,
        *,
        loop: VirtualLoop,
        links: Mapping[str, Link],
        disk: SimulatedDisk,
        clock: LocalClock,
        rng: random.Random,
        note: Callable[[str], None],
        die: Callable[[str], None],
        observer: Observer | None,
        translate: Callable[[Any], Any] | None = None,
    ) -> None:
        self.core = core
        self.alive = True
        self.paused = False
        core.clock = clock.now
        if isinstance(core, ReadsWallClock):
            core.wall = clock.wall
        self._node = node
        self._loop = loop
        self._links = links
        self._disk = disk
        self._clock = clock
        self._draw = rng.random
        self._note = note
        self._die = die
        self._observer = observer
        self._translate = translate
        self._greeting = encode_frame({"hello": node})
        self._connections: dict[Connection, None] = {}
        self._inbox: list[Event | tuple[Connection, bytes | None]] = []
        self._stepping = False
        # While the disk syncs: the sync, the effects behind it, and the events of this turn.
        self._syncing: tuple[Fsync, list[Effect], list[Event]] | None = None
        self._answered = False
        self._deadlines: dict[str, float] = {}
        self._wake_ns: int | None = None

    # What comes in.

    def start(self) -> None:
        """Begin."""
        if self._observer is not None:
            self._observer.started(self._node)
        self._take(Started())

    def receive(self, peer: str, message: Any) -> None:
        """A message from ``peer``."""
        if self._stepping or self.paused or self._syncing is not None:
            self._inbox.append(Received(peer, message))
        else:
            self._turn([Received(peer, message)])

    def accept(self, connection: Connection) -> None:
        """A client has connected: it is greeted by a process that runs, and by no other."""
        self._connections[connection] = None
        self._take((connection, b""))

    def hear(self, connection: Connection, data: bytes | None) -> None:
        """Bytes from a client, or None when it has hung up."""
        self._take((connection, data))

    def _take(self, item: Event | tuple[Connection, bytes | None]) -> None:
        self._inbox.append(item)
        if not self._stepping and not self.paused and self._syncing is None:
            self._turn([])

    # What is done about it.

    def _turn(self, events: list[Event]) -> None:
        """Step until nothing is left to do, or until the disk must be waited for."""
        self._stepping = True
        try:
            timers_taken = False
            while self.alive and self._syncing is None:
                if self._inbox:
                    events += self._read_inbox()
                if not events:
                    # After the messages: a node that was paused hears its leader first.
                    if timers_taken or not self._timers_may_be_due():
                        break
                    timers_taken = True
                    events = self._elapsed()
                    continue
                events = self._carry_out(self.core.step(events), [])
        except OSError as error:
            self._die(f"stops: {error}")
        except Exception:
            # A node that cannot trust its own state must not go on, here as anywhere.
            self._die(f"stops: {traceback.format_exc().rstrip()}")
        finally:
            self._stepping = False
        if self._wake_ns is None and self.alive and self._syncing is None:
            self._arm()

    def _read_inbox(self) -> list[Event]:
        inbox, self._inbox = self._inbox, []
        events: list[Event] = []
        for item in inbox:
            if type(item) is not tuple:
                events.append(item)  # type: ignore[arg-type]
                continue
            connection, data = item
            if data is None:
                self._connections.pop(connection, None)
                connection.hang_up()
            elif not data:
                connection.reply(self._greeting)
            else:
                self._read(connection, data, events)
        return events

    def _read(self, connection: Connection, data: bytes, events: list[Event]) -> None:
        try:
            for request in connection.decoder.feed(data):
                number = request.get("id") if isinstance(request, dict) else None
                events.append(Requested((connection, number), request))
        except FrameError as error:
            self._note(f"closes a connection: {error}")
            self._connections.pop(connection, None)
            connection.hang_up()

    def _carry_out(self, effects: list[Effect], events: list[Event]) -> list[Event]:
        """The events that these effects led to; none yet when the disk must be waited for."""
        observer = self._observer
        links = self._links
        for at, effect in enumerate(effects):
            if isinstance(effect, Send):
                message = effect.message
                if self._translate is not None:
                    message = self._translate(message)
                if not links[effect.peer].send(message):
                    events.append(Undelivered(effect.peer, effect.message))
                elif observer is not None:
                    observer.sent(self._node, effect.peer, effect.message)
            elif isinstance(effect, SetTimer):
                self._set_timer(effect.name, effect.delay_s)
            elif isinstance(effect, Reply):
                connection, number = effect.origin
                connection.reply(encode_frame({"id": number, **effect.body}))
                if observer is not None and number != REQUEST_ID:
                    observer.replied(self._node, effect.body)
            elif isinstance(effect, Write):
                self._disk.append(effect.records)
                if observer is not None:
                    observer.wrote(self._node, effect.records)
            elif isinstance(effect, Fsync):
                self._sync(effect, effects[at + 1 :], events)
                return []
            elif isinstance(effect, Replace):
                self._disk.replace(effect.records)
                if observer is not None:
                    observer.replaced(self._node, effect.records)
            elif isinstance(effect, Note):
                self._note(effect.text)
        return events

    def _sync(self, sync: Fsync, behind: list[Effect], events: list[Event]) -> None:
        drawn = self._draw()
        latency_ns = SYNC_NS_MIN + int(SYNC_NS_SPREAD * drawn * drawn)
        if self._draw() < SLOW_SYNC_SHARE:
            latency_ns += int(SLOW_SYNC_NS_MAX * self._draw())
        self._syncing = sync, behind, events
        self._loop.at(self._loop.now_ns + latency_ns, self._answer_sync)

    def _answer_sync(self) -> None:
        """The disk answers; it does so to a paused process too, which goes on when it can."""
        if not self.alive:
            return
        try:
            self._disk.sync()
        except OSError as error:
            self._die(f"stops: {error}")
            return
        if self.paused:
            self._answered = True
        else:
            self._go_on_after_sync()

    def _go_on_after_sync(self) -> None:
        assert self._syncing is not None
        sync, behind, events = self._syncing
        self._syncing, self._answered = None, False
        events.append(Synced(sync.index, sync.term))
        self._turn(self._carry_out(behind, events))

    # Timers.

    def _set_timer(self, name: str, delay_s: float | None) -> None:
        if delay_s is None:
            self._deadlines.pop(name, None)
        else:
            deadline_s = self._deadlines[name] = self._clock.now() + delay_s
            # Mostly a timer is put off, and the wake-up that is set comes first anyway.
            if self._wake_ns is not None and self._clock.ns_at(deadline_s) < self._wake_ns:
                self._wake_ns = None

    def _timers_may_be_due(self) -> bool:
        return self._wake_ns is None or self._wake_ns <= self._loop.now_ns

    def _elapsed(self) -> list[Event]:
        now_s = self._clock.now()
        due = [name for name, deadline_s in self._deadlines.items() if deadline_s <= now_s]
        for name in due:
            del self._deadlines[name]
        return [Elapsed(name) for name in due]

    def _arm(self) -> None:
        """Wake up for the next timer."""
        if self._deadlines:
            at_ns = self._wake_ns = self._clock.ns_at(min(self._deadlines.values()))
            self._loop.at(at_ns, self._wake, at_ns)

    def _wake(self, at_ns: int) -> None:
        if at_ns != self._wake_ns:
            return
        self._wake_ns = None
        if self.alive and not self.paused and self._syncing is None:
            self._turn([])

    def clock_changed(self) -> None:
        """The clock runs at another rate: what was to come then comes at another time."""
        self._wake_ns = None
        if self.alive and not self.paused and self._syncing is None:
            self._arm()

    # Signals.

    def resume(self) -> None:
        """Go on after a pause.

        What waits in different sockets is read in any order, each socket's in its own.
        """
        self.paused = False
        sockets: dict[Any, list[Event | tuple[Connection, bytes | None]]] = {}
        for item in self._inbox:
            socket = item.peer if isinstance(item, Received) else type(item) is tuple and item[0]
            sockets.setdefault(socket, []).append(item)
        order = sorted((self._draw(), at) for at in range(len(sockets)))
        waiting = list(sockets.values())
        self._inbox = [item for _, at in order for item in waiting[at]]
        if self._answered:
            self._go_on_after_sync()
        elif self._syncing is None:
            self._turn([])

    def end(self) -> None:
        """The process is no more: its connections are closed by the operating system."""
        self.alive = False
        for connection in self._connections:
            connection.hang_up()
        self._connections.clear()
        self._inbox.clear()
