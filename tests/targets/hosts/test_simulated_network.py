"""The simulated network: order, refusals, breaks, and what a disturbance adds."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nemesis.victim import Disturbance
from targets.hosts.simulated.loop import VirtualLoop
from targets.hosts.simulated.network import GIVE_UP_NS, LATENCY_NS_MIN, MS, Network

SECOND_NS = 1000 * MS


@dataclass
class Node:
    """Listens, and writes down what it hears."""

    listens: bool = True
    heard: list[Any] = field(default_factory=list)

    def receive(self, peer: str, message: Any) -> None:
        self.heard.append((peer, message))


class World:
    """Three nodes that are connected to each other."""

    def __init__(self, seed: int = 1) -> None:
        self.loop = VirtualLoop()
        self.network = Network(self.loop, random.Random(seed), ["a", "b", "c"])
        self.nodes = {name: Node() for name in "abc"}
        self.network.listeners.update(self.nodes)
        for name in self.nodes:
            self.network.started(name)
        self.run(1.0)

    def run(self, seconds: float) -> None:
        from asyncio import sleep

        self.loop.run_until_complete(sleep(seconds))

    def send(self, *messages: Any, source: str = "a", target: str = "b") -> list[bool]:
        return [self.network.links[source][target].send(message) for message in messages]

    def heard(self, name: str = "b") -> list[Any]:
        return [message for _, message in self.nodes[name].heard]

    def kill(self, name: str) -> None:
        self.nodes[name].listens = False
        self.network.died(name)

    def restart(self, name: str) -> None:
        self.nodes[name].listens = True
        self.network.started(name)


def in_world(test: Callable[[World], None]) -> Callable[[], None]:
    def run() -> None:
        world = World()
        try:
            test(world)
        finally:
            world.loop.close()

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


@in_world
def test_messages_arrive_in_order_and_after_a_latency(world: World) -> None:
    assert all(world.send(*range(100)))
    world.run((LATENCY_NS_MIN - 1) / SECOND_NS)
    assert world.heard() == []
    world.run(0.01)
    assert world.heard() == list(range(100))
    assert {peer for peer, _ in world.nodes["b"].heard} == {"a"}


@in_world
def test_what_is_refused_for_less_than_a_second_comes_late_and_in_order(world: World) -> None:
    world.network.refuse("b", {"a"})
    world.send(1, 2)
    world.run(0.5)
    world.send(3)
    world.run(0.1)
    assert world.heard() == []
    assert world.network.refused["b"] == {"a": 3, "b": 0, "c": 0}
    world.network.refuse("b", ())
    world.send(4)
    world.run(0.3)
    assert world.heard() == [1, 2, 3, 4]


@in_world
def test_what_is_refused_for_longer_is_lost_with_its_connection(world: World) -> None:
    world.network.refuse("b", {"a"})
    assert world.send(1) == [True]
    world.run(GIVE_UP_NS / SECOND_NS + 0.01)
    assert world.send(2) == [False], "there is no connection: it certainly never left"
    refused = world.network.refused["b"]["a"]
    world.run(2.0)
    assert world.network.refused["b"]["a"] > refused, "dials are refused too"
    world.network.refuse("b", ())
    world.run(1.0)
    assert world.send(3) == [True]
    world.run(0.01)
    assert world.heard() == [3]


@in_world
def test_a_refusal_is_one_way(world: World) -> None:
    world.network.refuse("b", {"a"})
    for number in range(20):
        world.send(number, source="b", target="a")
        world.send(number, source="c", target="b")
        world.run(0.2)
    assert world.heard("a") == world.heard("b") == list(range(20))


@in_world
def test_a_node_that_dies_takes_what_is_under_way_to_it_and_peers_hear_of_it(world: World) -> None:
    world.send(1)
    world.kill("b")
    assert world.send(2) == [True], "nobody knows yet"
    world.run(0.01)
    assert world.send(3) == [False]
    world.restart("b")
    world.run(1.0)
    assert world.heard() == []
    assert world.send(4) == [True]
    world.run(0.01)
    assert world.heard() == [4]


@in_world
def test_what_a_dead_node_had_sent_still_arrives(world: World) -> None:
    world.send(1)
    world.kill("a")
    world.run(0.01)
    assert world.heard() == [1]


@in_world
def test_a_node_that_comes_back_hears_nothing_meant_for_its_predecessor(world: World) -> None:
    world.network.disturb("a", Disturbance(delay_s=5.0))
    world.send(1)
    world.kill("a")
    world.kill("b")
    world.restart("b")
    world.run(10.0)
    assert world.heard() == []


@in_world
def test_a_delay_keeps_the_order_unless_reordering_is_asked_for(world: World) -> None:
    world.network.disturb("a", Disturbance(delay_s=0.1, jitter_s=0.5))
    world.send(*range(50))
    world.run(0.09)
    assert world.heard() == []
    world.run(1.0)
    assert world.heard() == list(range(50))
    assert world.network.disturbed["a"] == {
        "delayed": 50,
        "lost": 0,
        "duplicated": 0,
        "reordered": 0,
    }
    world.nodes["b"].heard.clear()
    world.network.disturb("a", Disturbance(jitter_s=0.5, reorder=0.5))
    world.send(*range(50))
    world.run(1.0)
    assert sorted(world.heard()) == list(range(50)) != world.heard()


@in_world
def test_loss_and_duplicates_are_as_many_as_asked_and_counted(world: World) -> None:
    world.network.disturb("a", Disturbance(loss=0.2, duplicate=0.3))
    world.send(*range(10_000))
    world.run(1.0)
    counts = world.network.disturbed["a"]
    assert 1_800 < counts["lost"] < 2_200
    assert 0.27 * 8_000 < counts["duplicated"] < 0.33 * 8_000
    assert len(world.heard()) == 10_000 - counts["lost"] + counts["duplicated"]
    assert world.network.disturbed["b"]["lost"] == 0


@in_world
def test_a_disturbance_ends_when_it_is_taken_back(world: World) -> None:
    world.network.disturb("a", Disturbance(loss=1.0))
    world.send(1)
    world.network.disturb("a", None)
    world.send(2)
    world.run(0.1)
    assert world.heard() == [2]


def test_one_seed_one_network() -> None:
    def heard(seed: int) -> list[Any]:
        world = World(seed)
        world.network.disturb("a", Disturbance(jitter_s=0.1, loss=0.1, duplicate=0.1, reorder=0.3))
        world.send(*range(200))
        world.run(1.0)
        world.loop.close()
        return world.heard()

    assert heard(1) == heard(1) != heard(2)
