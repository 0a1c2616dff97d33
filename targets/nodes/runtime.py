"""The runtime: drives a sans-IO core with real sockets, a real disk and a real clock.

One turn of the event loop gathers all that arrived and hands it to the core as one batch,
so that a busy node syncs once for many commands and an idle one loses no time:

    sockets readable -> decode -> [events] -> core.step -> Write, Send, Fsync, Send, Reply

The sync is done in the loop's own thread: it takes a fraction of a millisecond where a
hand-over to another thread costs as much, and order needs no further thought. What may
leave before it (a leader's entries) is flushed to the sockets first.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakSet

from targets.nodes.disk import LogFile
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
from targets.nodes.frames import encode_frame, frame
from targets.nodes.link import Incoming, Outgoing
from targets.nodes.reached import ReachedFile


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where this node listens, and where its peers do."""

    listen: str
    client_port: int
    peer_port: int
    peers: Mapping[str, tuple[str, int]]


class Runtime:
    """One node: a core, its log file, its timers and its connections.

    ``encode`` and ``decode`` turn the core's messages into the JSON of a frame and back;
    ``decode`` raises ValueError for what is none.
    """

    def __init__(
        self,
        node: str,
        core: Core,
        log_file: LogFile,
        addresses: Addresses,
        *,
        encode: Callable[[Any], bytes],
        decode: Callable[[dict[str, Any]], Any],
        reached_file: ReachedFile,
    ) -> None:
        self._node = node
        self._core = core
        self._log_file = log_file
        self._addresses = addresses
        self._encode = encode
        self._decode = decode
        self._reached_file = reached_file
        self._events: list[Event] = []
        self._turn_is_due = False
        self._deadlines: dict[str, float] = {}
        self._wake: asyncio.TimerHandle | None = None
        self._answering: set[Incoming] = set()
        self._incoming: dict[str, Incoming] = {}
        self._accepted: WeakSet[Incoming] = WeakSet()
        # Clients wait for a greeting: a forwarder in front of a dead node cannot give one.
        self._greeting = encode_frame({"hello": node})
        hello = encode_frame({"type": "hello", "from": node})
        self._links = {
            peer: Outgoing(peer, address, hello) for peer, address in addresses.peers.items()
        }

    async def run(self) -> None:
        """Listen, take part, and return on SIGTERM or SIGINT. Raises OSError for a taken port."""
        self._loop = loop = asyncio.get_running_loop()
        self._stopped: asyncio.Future[None] = loop.create_future()
        where = self._addresses
        for_clients = self._accept(self._on_client, self._greeting)
        servers = [await loop.create_server(for_clients, where.listen, where.client_port)]
        tasks: list[asyncio.Task[None]] = []
        try:
            servers.append(
                await loop.create_server(self._accept(self._on_peer), where.listen, where.peer_port)
            )
            self._log(
                f"listens on {where.listen}, port {where.client_port} for clients "
                f"and {where.peer_port} for peers"
            )
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stop, None)
            self._core.clock = loop.time
            if isinstance(self._core, ReadsWallClock):
                self._core.wall = time.time
            self._feed(Started())
            tasks += [loop.create_task(link.run()) for link in self._links.values()]
            await self._stopped
            self._log("stops")
        finally:
            for task in tasks:
                task.cancel()
            for link in self._links.values():
                link.close()
            for connection in list(self._accepted):
                connection.close()
            for server in servers:
                server.close()
            # The transports close in the loop's next turn.
            await asyncio.sleep(0)
            self._reached_file.save(self._core.reached)

    def _accept(
        self, receive: Callable[[Incoming, Any], None], greeting: bytes = b""
    ) -> Callable[[], Incoming]:
        def accept() -> Incoming:
            connection = Incoming(receive, self._log, greeting)
            self._accepted.add(connection)
            return connection

        return accept

    def _stop(self, error: BaseException | None) -> None:
        if self._stopped.done():
            return
        if error is None:
            self._stopped.set_result(None)
        else:
            self._stopped.set_exception(error)

    # What comes in.

    def _on_client(self, connection: Incoming, request: Any) -> None:
        number = request.get("id") if isinstance(request, dict) else None
        self._feed(Requested((connection, number), request))

    def _on_peer(self, connection: Incoming, data: Any) -> None:
        if connection.peer is None:
            peer = data.get("from") if isinstance(data, dict) else None
            if peer not in self._links:
                self._log(f"closes a connection to its peer port from one that is no peer: {peer}")
                connection.close()
                return
            connection.peer = peer
            # The peer has dialled again: what the old connection still holds is as good as lost.
            if (old := self._incoming.get(peer)) is not None:
                old.close()
            self._incoming[peer] = connection
            return
        try:
            message = self._decode(data)
        except ValueError as error:
            self._log(f"ignores what {connection.peer} sent: {error}")
            return
        self._feed(Received(connection.peer, message))

    def _feed(self, event: Event) -> None:
        self._events.append(event)
        self._schedule_turn()

    def _schedule_turn(self) -> None:
        if not self._turn_is_due:
            self._turn_is_due = True
            self._loop.call_soon(self._turn)

    # What is done about it.

    def _turn(self) -> None:
        self._turn_is_due = False
        try:
            self._step_while_there_are_events()
            # After the messages: a node that was paused hears its leader before its timers.
            now = self._loop.time()
            due = [name for name, deadline in self._deadlines.items() if deadline <= now]
            for name in due:
                del self._deadlines[name]
                self._events.append(Elapsed(name))
            self._step_while_there_are_events()
        except BaseException as error:
            # Whatever went wrong, a node that cannot trust its own state must not go on.
            self._stop(error)
            return
        for link in self._links.values():
            link.flush()
        for connection in self._answering:
            connection.flush()
        self._answering.clear()
        self._arm()
        self._reached_file.note(self._core.reached, self._loop.time())

    def _step_while_there_are_events(self) -> None:
        while self._events:
            events, self._events = self._events, []
            for effect in self._core.step(events):
                self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Send(peer, message):
                if not self._links[peer].send(frame(self._encode(message))):
                    self._events.append(Undelivered(peer, message))
            case Reply((connection, number), body):
                if connection.send({"id": number, **body}):
                    self._answering.add(connection)
            case SetTimer(name, delay_s):
                if delay_s is None:
                    self._deadlines.pop(name, None)
                else:
                    self._deadlines[name] = self._loop.time() + delay_s
            case Write(records):
                self._log_file.append(records)
            case Replace(records):
                self._log_file.replace(records)
            case Fsync(index, term):
                for link in self._links.values():
                    link.flush()
                self._log_file.sync()
                self._events.append(Synced(index, term))
            case Note(text):
                self._log(text)

    def _arm(self) -> None:
        """Wake up for the next timer. Resetting one (each heartbeat does) moves no real timer."""
        if not self._deadlines:
            return
        deadline = min(self._deadlines.values())
        if self._wake is not None:
            if self._wake.when() <= deadline and not self._wake.cancelled():
                return
            self._wake.cancel()
        self._wake = self._loop.call_at(deadline, self._on_wake)

    def _on_wake(self) -> None:
        self._wake = None
        self._schedule_turn()

    def _log(self, text: str) -> None:
        log_line(self._node, text)


def log_line(node: str, text: str) -> None:
    """Write a line, with the time in UTC, to the node's log (stderr)."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    sys.stderr.write(f"{now} {node} {text}\n")
    sys.stderr.flush()
