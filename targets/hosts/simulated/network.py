"""The simulated network between nodes: one connection a direction, as the real runtime keeps.

A connection keeps order and loses nothing while it stands, as TCP does. What a node refuses
is held by the sender and sent again once the refusal ends; when that takes longer than
``GIVE_UP_NS`` the connection breaks and all it held is lost, as TCP_USER_TIMEOUT has it in
targets.nodes.link. A refusal is one-way on the level of messages: a node that is deaf to
another is still heard by it (over real TCP the lost acknowledgements silence that too).

    up ──refused for a second, or the other end died──► down ──dialled again──► up
         what it held is lost                            sends are Undelivered

Loss, duplicates and reordering happen only where a disturbance asks for them.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any, Protocol

from targets.hosts.simulated.loop import VirtualLoop
from targets.target import Disturbance

MS = 1_000_000
LATENCY_NS_MIN, LATENCY_NS_SPREAD = 200_000, 1_000_000
"""One way: at least the one, and up to the other more, mostly little (drawn and squared)."""
GIVE_UP_NS = 1_000 * MS
RETRANSMIT_NS_MAX = 200 * MS
"""After a refusal ends, until what was held is sent again: TCP's retransmission timer."""
CONNECT_NS_MAX = 300 * MS
BACKOFF_NS_MIN, BACKOFF_NS_MAX = 20 * MS, 200 * MS
REORDER_NS_MAX = 20 * MS
"""How much later than its turn a message comes that was taken out of order."""

COUNTS = ("delayed", "lost", "duplicated", "reordered")


class Listener(Protocol):
    """What the network knows of a node."""

    @property
    def listens(self) -> bool:
        """Whether a process runs there that has come so far as to listen."""

    def receive(self, peer: str, message: Any) -> None:
        """Take a message that arrived from ``peer``."""


class Network:
    """All links among ``names``. Randomness comes from ``rng`` alone."""

    def __init__(self, loop: VirtualLoop, rng: random.Random, names: Collection[str]) -> None:
        self.loop = loop
        self.draw = rng.random
        self.listeners: dict[str, Listener] = {}
        self.refused = {name: dict.fromkeys(names, 0) for name in names}
        """How many messages and dials each node has refused, by source."""
        self.disturbed = {name: dict.fromkeys(COUNTS, 0) for name in names}
        self.links = {
            source: {target: Link(self, source, target) for target in names if target != source}
            for source in names
        }

    def latency_ns(self) -> int:
        """How long something is under way."""
        drawn = self.draw()
        return LATENCY_NS_MIN + int(LATENCY_NS_SPREAD * drawn * drawn)

    def started(self, name: str) -> None:
        """The node ``name`` listens, and dials all the others."""
        for link in self.links[name].values():
            link.dial_soon()

    def died(self, name: str) -> None:
        """The node's process is gone: its connections end."""
        for target, link in self.links[name].items():
            link.abandon()
            self.links[target][name].lose_target()

    def refuse(self, name: str, sources: Collection[str]) -> None:
        """``name`` refuses what comes from ``sources``, and from no one else."""
        for source in self.links[name]:
            self.links[source][name].refuse(source in sources)

    def disturb(self, name: str, disturbance: Disturbance | None) -> None:
        """Do this to what ``name`` sends to its peers from now on."""
        for link in self.links[name].values():
            link.disturbance = disturbance


class Link:
    """What ``source`` sends to ``target``. ``send`` is all that a node does with it.

    ``_connection`` numbers the connections: what arrives over one that has ended is lost.
    """

    __slots__ = (
        "_backoff_ns",
        "_connection",
        "_doomed",
        "_held",
        "_held_since_ns",
        "_last_ns",
        "_network",
        "_refusing",
        "_up",
        "disturbance",
        "source",
        "target",
    )

    def __init__(self, network: Network, source: str, target: str) -> None:
        self.source, self.target = source, target
        self.disturbance: Disturbance | None = None
        self._network = network
        self._connection = 0
        self._up = False
        self._doomed = False
        self._refusing = False
        self._last_ns = 0
        self._held: list[Any] = []
        self._held_since_ns = 0
        self._backoff_ns = BACKOFF_NS_MIN

    def send(self, message: Any) -> bool:
        """Hand over a message; False when it certainly will not leave: there is no connection."""
        if not self._up:
            return False
        network = self._network
        loop = network.loop
        if self.disturbance is not None:
            self._send_disturbed(message, self.disturbance)
            return True
        drawn = network.draw()
        at_ns = loop.now_ns + LATENCY_NS_MIN + int(LATENCY_NS_SPREAD * drawn * drawn)
        if at_ns < self._last_ns:
            at_ns = self._last_ns
        self._last_ns = at_ns
        loop.at(at_ns, self._arrive, self._connection, message)
        return True

    def _send_disturbed(self, message: Any, how: Disturbance) -> None:
        network = self._network
        counts, draw, loop = network.disturbed[self.source], network.draw, network.loop
        if draw() < how.loss:
            counts["lost"] += 1
            return
        late_ns = int((how.delay_s + how.jitter_s * draw()) * 1e9)
        counts["delayed"] += late_ns > 0
        at_ns = loop.now_ns + network.latency_ns() + late_ns
        if draw() < how.reorder:
            # Later than its turn, and nobody waits for it.
            counts["reordered"] += 1
            at_ns += int(REORDER_NS_MAX * draw())
        else:
            at_ns = self._last_ns = max(at_ns, self._last_ns)
        loop.at(at_ns, self._arrive, self._connection, message)
        if draw() < how.duplicate:
            counts["duplicated"] += 1
            again_ns = at_ns + int((how.delay_s + how.jitter_s) * draw() * 1e9)
            again_ns += int(REORDER_NS_MAX * draw())
            loop.at(again_ns, self._arrive, self._connection, message)

    def _arrive(self, connection: int, message: Any) -> None:
        if connection != self._connection or self._doomed:
            return
        if self._refusing:
            self._count()
        elif not self._held:
            self._network.listeners[self.target].receive(self.source, message)
            return
        if not self._held:
            now_ns = self._held_since_ns = self._network.loop.now_ns
            self._network.loop.at(now_ns + GIVE_UP_NS, self._give_up, connection, now_ns)
        self._held.append(message)

    def _count(self) -> None:
        self._network.refused[self.target][self.source] += 1

    # Refusals.

    def refuse(self, refusing: bool) -> None:
        """The target drops what comes from us from now on, or takes it again."""
        if self._refusing and not refusing and self._held:
            network = self._network
            at_ns = network.loop.now_ns + int(RETRANSMIT_NS_MAX * network.draw())
            network.loop.at(at_ns, self._retransmit, self._connection)
        self._refusing = refusing

    def _retransmit(self, connection: int) -> None:
        if connection != self._connection or self._doomed or not self._held:
            return
        if self._refusing:
            self._count()
            return
        held, self._held = self._held, []
        receive = self._network.listeners[self.target].receive
        for message in held:
            receive(self.source, message)

    def _give_up(self, connection: int, since_ns: int) -> None:
        if connection == self._connection and self._held and self._held_since_ns == since_ns:
            self._break()

    # The two ends.

    def lose_target(self) -> None:
        """The process at the other end is gone; we hear of it, unless we refuse to."""
        network = self._network
        if not network.listeners[self.source].listens:
            # Nobody here to hear of it; but what is under way must not reach a successor.
            self._connection += 1
        if not self._up or self._doomed:
            return
        self._doomed = True
        deaf = network.links[self.target][self.source]._refusing
        wait_ns = GIVE_UP_NS if deaf else network.latency_ns()
        network.loop.at(network.loop.now_ns + wait_ns, self._end, self._connection)

    def _end(self, connection: int) -> None:
        if connection == self._connection:
            self._break()

    def _break(self) -> None:
        self._connection += 1
        self._up = self._doomed = False
        self._held.clear()
        self._dial_after(self._backoff_ns)

    def abandon(self) -> None:
        """Our own process is gone. What is under way arrives all the same."""
        self._up = self._doomed = False
        self._held.clear()

    # Dialling.

    def dial_soon(self) -> None:
        """Our process has just come up: dial. Ends what a predecessor had under way."""
        self._connection += 1
        self._up = self._doomed = False
        self._backoff_ns = BACKOFF_NS_MIN
        self._dial(self._connection)

    def _dial_after(self, wait_ns: int) -> None:
        loop = self._network.loop
        loop.at(loop.now_ns + wait_ns, self._dial, self._connection)

    def _dial(self, connection: int) -> None:
        network = self._network
        if connection != self._connection or self._up:
            return
        if not network.listeners[self.source].listens:
            return
        wait_ns = 2 * network.latency_ns()
        if self._refusing:
            self._count()
            wait_ns = CONNECT_NS_MAX
        elif network.listeners[self.target].listens:
            network.loop.at(network.loop.now_ns + wait_ns, self._connected, connection)
            return
        self._dial_after(wait_ns + self._backoff_ns)
        self._backoff_ns = min(2 * self._backoff_ns, BACKOFF_NS_MAX)

    def _connected(self, connection: int) -> None:
        network = self._network
        if connection != self._connection or not network.listeners[self.source].listens:
            return
        if self._refusing or not network.listeners[self.target].listens:
            self._dial_after(self._backoff_ns)
            return
        self._up = True
        self._last_ns = network.loop.now_ns
        self._backoff_ns = BACKOFF_NS_MIN
