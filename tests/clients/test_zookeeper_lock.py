"""ZooKeeper's lock recipe, step by step, and how a core waits for the event of a watch."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from clients.client import Completion, Invocation
from clients.frames import FrameReader, framed
from clients.locking import Locking
from clients.resource import Resource
from clients.zookeeper import ZooKeeperCore
from clients.zookeeper_errors import NO_NODE
from clients.zookeeper_lock import lock_steps
from clients.zookeeper_steps import Reads, Reply
from histories.event import Outcome


class Queue:
    """The nodes of the queue, as one server that all clients share tells of them."""

    def __init__(self) -> None:
        self.nodes: list[str] = []
        self.number = 0

    def answer(self, request: Any) -> Reply:
        kind = type(request).__name__
        name = request.path.rpartition("/")[2]
        if kind == "Create":
            if not request.flags:
                return Reply(0, request.path, 1)
            self.nodes.append(f"c-{self.number:010}")
            self.number += 1
            return Reply(0, f"/lock/{self.nodes[-1]}", 1)
        if kind == "GetChildren":
            return Reply(0, list(reversed(self.nodes)), 1)
        if name not in self.nodes:
            return Reply(NO_NODE, None, 1)
        if kind == "Delete":
            self.nodes.remove(name)
        return Reply(0, object(), 1)


class Holder:
    """One add, step by step."""

    def __init__(self, queue: Queue, resource: Resource, value: int, **locking: Any) -> None:
        add = lock_steps(resource, Locking(**locking))["add"]
        self.queue = queue
        self.steps = add(Invocation(0, "add", None, value), Reads.SYNC)
        self.requests = next(self.steps)
        self.asked: list[str] = []
        self.end: Completion | None = None

    def step(self, times: int = 1) -> Holder:
        for _ in range(times):
            self.asked += [f"{type(r).__name__} {r.path}" for r in self.requests] or ["wait"]
            try:
                replies = [self.queue.answer(request) for request in self.requests]
                self.requests = self.steps.send(replies)
            except StopIteration as end:
                self.end = end.value
        return self

    @property
    def told(self) -> tuple[Outcome, str | None]:
        assert self.end is not None, self.requests
        return self.end.outcome, self.end.error


def test_who_has_the_lowest_number_holds_it_and_the_next_watches_that_one_alone():
    queue, resource = Queue(), Resource()
    first, second, third = (Holder(queue, resource, n, renewals=1) for n in (1, 2, 3))
    first.step(2), second.step(4), third.step(3)
    assert second.asked[-2:] == ["Exists /lock/c-0000000000", "wait"]
    assert third.asked[-1] == "Exists /lock/c-0000000001" and third.requests == []
    first.step(2)
    assert first.told == (Outcome.OK, None) and resource.read() == {1}
    assert second.step(3).told == (Outcome.OK, None)
    assert third.step(4).told == (Outcome.OK, None)
    assert resource.read() == {1, 2, 3} and queue.nodes == []


@pytest.mark.parametrize(
    ("locking", "outcome", "left"),
    [
        ({}, (Outcome.OK, None), {1}),
        ({"watchful": True}, (Outcome.FAIL, "lock-lost"), {2}),
        ({"fencing": True}, (Outcome.FAIL, "fenced"), {2}),
    ],
)
def test_a_session_that_ended_unnoticed_makes_two_holders(locking, outcome, left):
    queue, resource = Queue(), Resource()
    first = Holder(queue, resource, 1, renewals=1, **locking).step(2)
    queue.nodes.clear()
    second = Holder(queue, resource, 2, renewals=0, **locking)
    assert second.step(3).told == (Outcome.OK, None)
    first.step()
    if first.end is None:
        first.step()
    assert first.told == outcome
    assert resource.read() == left


def test_who_is_not_in_the_queue_any_more_has_lost_its_place():
    queue = Queue()
    waiting = Holder(queue, Resource(), 1).step()
    queue.nodes.clear()
    assert waiting.step().told == (Outcome.FAIL, "lock-lost")


NOTICE = framed(struct.pack("!iqiii", -1, 0, 0, 2, 3) + struct.pack("!i", 2) + b"/x")


def core_that_waits() -> tuple[ZooKeeperCore, bytes]:
    """A core, and the answer to the one request before its operation waits for an event."""
    from kazoo.protocol.serialization import Sync

    def wait(invocation: Invocation, reads: Reads):
        yield [Sync("/x")]
        yield []
        return Completion(Outcome.OK, "waited")

    core = ZooKeeperCore({"wait": wait})
    (request,) = FrameReader().feed(core.encode(Invocation(0, "wait", None, None)))
    xid = request[:4]
    return core, framed(xid + struct.pack("!qii", 1, 0, 2) + b"/x")


def test_an_operation_waits_for_the_event_of_a_watch():
    core, answer = core_that_waits()
    assert core.receive(answer) is None
    assert core.receive(framed(struct.pack("!iqi", -2, 0, 0))) is None, "a pong is no event"
    assert core.receive(NOTICE) == Completion(Outcome.OK, "waited")


def test_an_event_that_came_before_it_was_waited_for_is_not_missed():
    core, answer = core_that_waits()
    assert core.receive(NOTICE) is None
    assert core.receive(answer) == Completion(Outcome.OK, "waited")
    core, answer = core_that_waits()
    assert core.receive(answer + NOTICE) == Completion(Outcome.OK, "waited")


def test_a_heartbeat_is_a_ping():
    core, _ = core_that_waits()
    assert FrameReader().feed(core.heartbeat()) == [struct.pack("!ii", -2, 11)]
