"""What happens to a cluster of the queue service, told by those who ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from raft_simulation import Cluster, Pending

from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.options import Options
from targets.nodes.queue_service.queues import ACKNOWLEDGE, DRAINED, ENQUEUE, RECEIVE

VISIBILITY_S = 1.0


class Queue:
    """Clients of one queue of a cluster; each asks once, under a session of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.sessions = 0

    def ask(self, node: str, f: str, value: Any = None, session: str | None = None) -> Pending:
        self.sessions += 1
        name = session or f"c{self.sessions}"
        return self.cluster.ask(node, f, key="q", value=value, session=name, seq=1)

    def do(self, node: str, f: str, value: Any = None, session: str | None = None) -> Pending:
        pending = self.ask(node, f, value, session)
        self.cluster.run_until(lambda: pending.answer is not None, 3.0)
        return pending

    def enqueue(self, node: str, *values: int) -> None:
        for value in values:
            assert self.do(node, ENQUEUE, value).ok

    def receive(self, node: str) -> tuple[int, int] | None:
        """Element and receipt."""
        pending = self.do(node, RECEIVE)
        assert pending.ok, pending
        return (
            None if pending.value is None else (pending.value["element"], pending.value["receipt"])
        )

    def got(self, node: str) -> int | None:
        received = self.receive(node)
        return None if received is None else received[0]

    def acknowledged(self, node: str, receipt: int) -> bool:
        return self.do(node, ACKNOWLEDGE, receipt).ok

    def drained(self, node: str) -> bool:
        return self.do(node, DRAINED).ok


def cluster(
    seed: int, *options: str, core: type[QueueService] = QueueService, check: bool = True
) -> Cluster:
    return Cluster(seed, core=core, check=check, options=Options.from_texts(options))


def others(cluster: Cluster, name: str) -> list[str]:
    return [one for one in cluster.names if one != name]


def successor(cluster: Cluster, leader: str) -> str:
    """Another leader, once ``leader`` is cut off from all others."""
    cluster.isolate(leader)

    def is_there() -> bool:
        return any(
            name != leader
            and cluster.nodes[name].raft.commit_index >= cluster.nodes[name].raft.first_own_index
            for name in cluster.leaders()
        )

    assert cluster.run_until(is_there, 10.0)
    return next(name for name in cluster.leaders() if name != leader)


def redelivered_after_failover(cluster: Cluster) -> bool:
    """Q1: acknowledged at one leader, handed out by the next."""
    leader, queue = cluster.settled_leader(), Queue(cluster)
    queue.enqueue(leader, 7)
    received = queue.receive(leader)
    assert received is not None and queue.acknowledged(leader, received[1])
    cluster.run(0.2)
    new = successor(cluster, leader)
    cluster.run(VISIBILITY_S + 0.5)
    return queue.got(new) == 7


def handed_out_by_two_leaders(cluster: Cluster) -> bool:
    """Q2, Q4: a leader that is cut off hands out what the next one does, too."""
    leader, queue = cluster.settled_leader(), Queue(cluster)
    queue.enqueue(leader, 7)
    cluster.run(0.2)
    cluster.isolate(leader)
    old = queue.ask(leader, RECEIVE)
    new = successor(cluster, leader)
    got = queue.got(new)
    cluster.heal()
    cluster.run(0.3)
    return old.ok and old.value["element"] == got


def lost_with_its_leader(cluster: Cluster) -> bool:
    """Q3: an enqueue is acknowledged that nobody else has."""
    leader, queue = cluster.settled_leader(), Queue(cluster)
    cluster.isolate(leader)
    asked = queue.ask(leader, ENQUEUE, 7)
    new = successor(cluster, leader)
    queue.enqueue(new, 8)
    cluster.heal()
    cluster.run(1.0)
    leader = cluster.settled_leader()
    return asked.ok and [queue.got(leader), queue.got(leader)] == [8, None]


def forgotten_by_a_snapshot(cluster: Cluster) -> bool:
    """Q5: everybody starts again from a snapshot, and what was handed out is nowhere."""
    leader, queue = cluster.settled_leader(), Queue(cluster)
    queue.enqueue(leader, 7)
    assert queue.got(leader) == 7
    for _ in range(18):
        queue.enqueue(leader, 100 + queue.sessions)
        received = queue.receive(leader)
        assert received is not None and queue.acknowledged(leader, received[1])
    cluster.run(0.05)
    for name in cluster.names:
        cluster.kill(name)
    for name in cluster.names:
        cluster.start(name)
    leader = cluster.settled_leader()
    cluster.run(VISIBILITY_S + 0.5)
    return queue.got(leader) is None


def dropped_when_its_time_is_over(cluster: Cluster) -> bool:
    """Q6: nobody acknowledges in time, and the element is gone."""
    leader, queue = cluster.settled_leader(), Queue(cluster)
    queue.enqueue(leader, 7)
    assert queue.got(leader) == 7
    cluster.run(VISIBILITY_S + 0.3)
    return queue.drained(leader)


def taken_for_expired_by_a_new_leader(cluster: Cluster) -> bool:
    """Q7: handed out a moment ago, and once more by the next leader."""
    leader, queue = cluster.settled_leader(), Queue(cluster)
    queue.enqueue(leader, 7)
    assert queue.got(leader) == 7
    cluster.run(0.1)
    began = cluster.now
    new = successor(cluster, leader)
    cluster.run(0.1)
    return queue.got(new) == 7 and cluster.now - began < 2.9


def accepted_too_late(cluster: Cluster) -> bool:
    """Q8: two are told that they are done with one element."""
    leader, queue = cluster.settled_leader(), Queue(cluster)
    queue.enqueue(leader, 7)
    first = queue.receive(leader)
    cluster.run(VISIBILITY_S + 0.3)
    second = queue.receive(leader)
    assert first is not None and second is not None
    told = [queue.acknowledged(leader, receipt) for _, receipt in (second, first)]
    return told == [True, True]


def enqueued_again(cluster: Cluster) -> bool:
    """Q9: an enqueue that is sent again counts twice."""
    leader, queue = cluster.settled_leader(), Queue(cluster)
    for _ in range(2):
        assert queue.do(leader, ENQUEUE, 7, session="s").ok
    return [queue.got(leader), queue.got(leader)] == [7, 7]


STORIES: dict[str, Callable[[Cluster], bool]] = {
    "Q1": redelivered_after_failover,
    "Q2": handed_out_by_two_leaders,
    "Q3": lost_with_its_leader,
    "Q4": handed_out_by_two_leaders,
    "Q5": forgotten_by_a_snapshot,
    "Q6": dropped_when_its_time_is_over,
    "Q7": taken_for_expired_by_a_new_leader,
    "Q8": accepted_too_late,
    "Q9": enqueued_again,
}
