"""What the stories of seeded bugs have in common: who is asked, who is cut off, who stands.

A story is told to a cluster with the bug and to one without. It says whether a client saw
something that must not be; whoever it hurts, and when, is told node by node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from raft_simulation import Cluster, Pending

from targets.nodes.effects import Elapsed
from targets.nodes.raft.base import ELECTION, Role
from targets.nodes.raft.core import Raft

A_LITTLE_S = 0.02
"""Several times as long as a message takes."""


@dataclass(frozen=True)
class Story:
    """``tell`` says whether clients saw the harm; ``options`` come on top of the bug's own."""

    tell: Callable[[Cluster], bool]
    size: int = 5
    options: tuple[str, ...] = ()


def others(cluster: Cluster, *names: str) -> list[str]:
    return [name for name in cluster.names if name not in names]


def raft(cluster: Cluster, name: str) -> Raft:
    return cluster.nodes[name].raft


def add(cluster: Cluster, node: str, value: int) -> Pending:
    """Ask for an add; whether it is answered is up to the time that passes."""
    return cluster.ask(node, "set.add", key="x", value=value, session=f"s{value}", seq=1)


def added(cluster: Cluster, node: str, value: int) -> bool:
    pending = add(cluster, node, value)
    cluster.run_until(lambda: pending.answer is not None, 3.0)
    return pending.ok


def elements(cluster: Cluster, node: str) -> list[int]:
    """What a client reads there; the read must succeed."""
    read = cluster.ask_and_wait(node, "set.read", key="x")
    assert read.ok, read
    return list(read.value)


def connect(cluster: Cluster, *groups: tuple[str, ...]) -> None:
    """Whoever shares a group hears each other; all other links are cut."""
    cluster.cut = {
        (a, b)
        for a in cluster.names
        for b in cluster.names
        if a != b and not any(a in group and b in group for group in groups)
    }


def crash(cluster: Cluster, *names: str) -> None:
    """Kill and restart at once."""
    for name in names:
        cluster.kill(name)
        cluster.start(name)


def stand(cluster: Cluster, name: str) -> None:
    """The election timer of ``name`` runs out, and the node believes the leader silent."""
    cluster._step(name, [Elapsed(ELECTION)])
    if raft(cluster, name).role is Role.FOLLOWER:
        cluster._step(name, [Elapsed(ELECTION)])


def elected(cluster: Cluster, name: str) -> bool:
    """Whether ``name`` wins, standing now; stops at that moment.

    Who was refused for a term that it did not know stands once more, in the next one.
    """
    for _ in range(3):
        stand(cluster, name)
        if cluster.run_until(lambda: raft(cluster, name).role is Role.LEADER, A_LITTLE_S):
            return True
    return False


def hand_over(cluster: Cluster, target: str) -> bool:
    """The leader gives way to ``target``; whether it did."""
    leader = cluster.settled_leader()
    if leader != target:
        cluster.ask(leader, "admin.transfer", value=target)
        cluster.run_until(lambda: raft(cluster, target).role is Role.LEADER, 1.0)
    return cluster.settled_leader() == target
