"""Aimed faults: they wait for their moment, hit whom it concerns, and say when none came."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from test_moments import Words, heartbeat
from tests_nemesis_fakes import FakeVictim, fake_cluster

from nemesis.aim import AIMS, nodes_aimed_at
from nemesis.fault import SymbolicFault
from nemesis.ledger import Ledger, read_ledger
from nemesis.moments import Moment, Moments
from nemesis.nemesis import Nemesis
from nemesis.victim import CannotHurt
from targets.hosts.simulated import run_virtual

SECOND = 1_000_000_000
NODES = [f"n{i}" for i in range(1, 6)]
Story = Callable[[Nemesis, Moments], Awaitable[None]]


def aimed(
    kind: str, target: str, trigger: str, *, id: int = 0, delay_s: float = 0.0, choice: float = 0.3
) -> SymbolicFault:
    delay_ns = int(delay_s * SECOND)
    return SymbolicFault(id, kind, target, 0, 3 * SECOND, choice, trigger, delay_ns, SECOND)


def play(path: Path, story: Story) -> tuple[Nemesis, dict[str, FakeVictim], list[str]]:
    """Play a story in virtual time; the ledger it left reads back as the faults it made."""
    cluster, victims, log = fake_cluster()

    async def run() -> Nemesis:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        moments = Moments(Words(), NODES)
        ledger = Ledger(path / "f.jsonl", {})
        nemesis = Nemesis(cluster, ledger, lambda: int((loop.time() - began_s) * SECOND), moments)
        await story(nemesis, moments)
        assert await nemesis.heal_all() == []
        return nemesis

    nemesis: Nemesis = run_virtual(run())
    assert read_ledger(path / "f.jsonl") == nemesis.faults
    return nemesis, victims, log


async def after(delay_s: float, happens: Callable[[], None]) -> None:
    await asyncio.sleep(delay_s)
    happens()


def test_a_fault_waits_for_its_moment_and_hits_whom_it_concerns(tmp_path: Path) -> None:
    async def story(nemesis: Nemesis, moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        one = aimed("kill", "node", "elected", delay_s=0.5)
        told, _ = await asyncio.gather(
            nemesis.inject(one), after(1.25, lambda: heartbeat(moments, "n4", 2))
        )
        assert told["nodes"] == ["n4"] and told["target"] == "node"
        await nemesis.heal(one)

    nemesis, _, log = play(tmp_path, story)
    (one,) = nemesis.faults
    assert (one.moment_ns, one.start_ns) == (1.25 * SECOND, 1.75 * SECOND)
    assert (one.effect.leader_before, one.effect.term_before) == ("n4", 2)
    assert one.effect.mechanical and log == ["kill n4", "restart n4"]


def test_nothing_is_done_when_the_moment_does_not_come_and_that_is_told(tmp_path: Path) -> None:
    async def story(nemesis: Nemesis, moments: Moments) -> None:
        told = await nemesis.inject(aimed("kill", "node", "elected"))
        assert told["came"] is False
        await nemesis.heal(aimed("kill", "node", "elected"))
        heartbeat(moments, "n4", 2)

    nemesis, _, log = play(tmp_path, story)
    (one,) = nemesis.faults
    assert one.moment_ns is None and one.start_ns == one.healed_ns == 3 * SECOND
    assert not one.effect.mechanical and log == []


def test_two_faults_may_wait_for_the_first_and_the_second_of_a_kind(tmp_path: Path) -> None:
    async def story(nemesis: Nemesis, moments: Moments) -> None:
        def elections() -> None:
            heartbeat(moments, "n2", 1)
            heartbeat(moments, "n5", 2)

        await asyncio.gather(
            nemesis.inject(aimed("kill", "node", "elected#2", id=1)),
            nemesis.inject(aimed("pause", "node", "elected", id=0)),
            after(0.5, elections),
        )

    nemesis, _, _ = play(tmp_path, story)
    hit = {f.symbolic.kind: f.effect.processes for f in nemesis.faults}
    assert hit == {"pause": {"n2": "stopped"}, "kill": {"n5": "dead"}}


@pytest.mark.parametrize(
    ("manner", "expected"),
    [
        ("deaf node", {"n3": {"n1", "n2", "n4", "n5"}}),
        ("mute node", {n: {"n3"} for n in ("n1", "n2", "n4", "n5")}),
        ("node", {"n3": {"n1", "n2", "n4", "n5"}} | {n: {"n3"} for n in ("n1", "n2", "n4", "n5")}),
    ],
)
def test_the_manner_of_a_partition_is_followed(
    tmp_path: Path, manner: str, expected: dict[str, set[str]]
) -> None:
    seen: dict[str, set[str]] = {}

    async def story(nemesis: Nemesis, moments: Moments) -> None:
        await asyncio.gather(
            nemesis.inject(aimed("partition", manner, "elected")),
            after(0.1, lambda: heartbeat(moments, "n3", 1)),
        )
        grudge = nemesis.faults[0].resolved["grudge"]
        seen.update({node: set(foes) for node, foes in grudge.items() if foes})

    play(tmp_path, story)
    assert seen == expected


def test_a_faint_node_hears_nobody_and_is_heard_by_one(tmp_path: Path) -> None:
    async def story(nemesis: Nemesis, moments: Moments) -> None:
        await asyncio.gather(
            nemesis.inject(aimed("partition", "faint node", "elected")),
            after(0.1, lambda: heartbeat(moments, "n3", 1)),
        )

    nemesis, _, _ = play(tmp_path, story)
    grudge = nemesis.faults[0].resolved["grudge"]
    assert grudge["n3"] == ["n1", "n2", "n4", "n5"]
    refusals = sorted(foes for node, foes in grudge.items() if node != "n3")
    assert refusals == [[], ["n3"], ["n3"], ["n3"]]


def test_to_crown_a_node_all_others_are_kept_from_being_elected(tmp_path: Path) -> None:
    async def story(nemesis: Nemesis, moments: Moments) -> None:
        await asyncio.gather(
            nemesis.inject(aimed("partition", "crown node", "elected", id=0)),
            nemesis.inject(aimed("kill", "crown node", "elected", id=1)),
            after(0.1, lambda: heartbeat(moments, "n3", 1)),
        )

    nemesis, _, _ = play(tmp_path, story)
    resolved = {f.symbolic.kind: f.resolved for f in nemesis.faults}
    others = ["n1", "n2", "n4", "n5"]
    assert resolved["kill"]["nodes"] == others
    grudge = resolved["partition"]["grudge"]
    assert grudge == {"n3": []} | {n: [o for o in others if o != n] for n in others}


def test_a_pair_that_is_kept_apart_hears_everybody_else(tmp_path: Path) -> None:
    async def story(nemesis: Nemesis, moments: Moments) -> None:
        def happens() -> None:
            heartbeat(moments, "n1", 1)
            heartbeat(moments, "n3", 1)

        cut = aimed("partition", "apart pair", "elected#2")
        await asyncio.gather(nemesis.inject(cut), after(0.1, happens))

    nemesis, _, _ = play(tmp_path, story)
    resolved = nemesis.faults[0].resolved
    assert resolved["nodes"] == ["n1", "n3"]
    assert resolved["grudge"] == {"n1": ["n3"], "n2": [], "n3": ["n1"], "n4": [], "n5": []}


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("packets", "late others"),
        ("clock", "behind node"),
        ("disk", "node"),
        ("membership", "node"),
        ("power-loss", "holders"),
        ("partition", "halves"),
    ],
)
def test_every_kind_can_be_aimed_and_is_undone(tmp_path: Path, kind: str, target: str) -> None:
    async def story(nemesis: Nemesis, moments: Moments) -> None:
        one = aimed(kind, target, "elected")
        await asyncio.gather(nemesis.inject(one), after(0.1, lambda: heartbeat(moments, "n1", 1)))
        await nemesis.heal(one)

    nemesis, victims, _ = play(tmp_path, story)
    assert nemesis.faults[0].resolved["nodes"] and nemesis.faults[0].healed_ns is not None
    for victim in victims.values():
        assert victim.process == "running" and not victim.refused
        assert victim.disturbance is None and victim.skew is None and not victim.disk_fails


def test_a_host_that_sees_nothing_cannot_have_aimed_faults(tmp_path: Path) -> None:
    cluster, _, _ = fake_cluster()
    nemesis = Nemesis(cluster, Ledger(tmp_path / "f.jsonl", {}), lambda: 0)
    with pytest.raises(CannotHurt, match="--host simulated"):
        asyncio.run(nemesis.inject(aimed("kill", "node", "elected")))


# Whom a symbol means.


def means(aim: str, moment: Moment, choice: float = 0.5, **known: Any) -> list[str]:
    moments = Moments(Words(), NODES)
    for name, value in known.items():
        setattr(moments, name, value)
    return nodes_aimed_at(aim, moment, moments, NODES, choice)


def test_symbols_are_relative_to_the_moment() -> None:
    moment = Moment("replicated", "n2", "n4", 1, 8, ("n2", "n4", "n5"))
    assert means("node", moment) == ["n2"]
    assert means("peer", moment) == ["n4"]
    assert means("others", moment) == ["n1", "n3", "n4", "n5"]
    assert means("holders", moment) == ["n2", "n4", "n5"]
    assert means("leader", moment, leader="n3") == ["n3"]
    assert means("former-leader", moment, former_leader="n1") == ["n1"]


def test_a_side_is_a_minority_and_has_the_peer_before_anybody_else() -> None:
    assert means("node-side", Moment("elected", "n2", "n4")) == ["n2", "n4"]
    sides = {tuple(means("node-side", Moment("elected", "n2"), i / 30)) for i in range(30)}
    assert len(sides) == 4 and all(len(side) == 2 and "n2" in side for side in sides)


def test_the_far_side_is_a_minority_without_the_node() -> None:
    sides = {tuple(means("far-side", Moment("elected", "n2"), i / 30)) for i in range(30)}
    assert len(sides) > 1 and all(len(side) == 2 and "n2" not in side for side in sides)


def test_the_far_side_has_the_peer_only_where_nobody_else_is_left() -> None:
    sides = {tuple(means("far-side", Moment("elected", "n2", "n1"), i / 30)) for i in range(30)}
    assert sides == {("n3", "n4"), ("n3", "n5"), ("n4", "n5")}


def test_the_fresh_side_has_members_that_have_not_led_lately() -> None:
    known = {"leader": "n1", "members": ("n1", "n2", "n3", "n4")}
    sides = {
        tuple(means("fresh-side", Moment("candidacy", "n2"), i / 30, **known)) for i in range(30)
    }
    assert sides == {("n2", "n3"), ("n2", "n4")}
    known = {"leader": "n2", "former_leader": "n1", "members": ("n1", "n2", "n4", "n5")}
    moment = Moment("elected", "n2", "n1")
    sides = {tuple(means("fresh-side", moment, i / 30, **known)) for i in range(30)}
    assert sides == {("n2", "n4"), ("n2", "n5")}


def test_a_bystander_is_a_member_that_has_no_part_in_it() -> None:
    moment = Moment("elected", "n2", "n1")
    known = {"leader": "n2", "members": ("n1", "n2", "n4", "n5")}
    met = {tuple(means("bystander", moment, i / 30, **known)) for i in range(30)}
    assert met == {("n4",), ("n5",)}


def test_outside_are_the_node_and_all_that_have_left() -> None:
    moment = Moment("snapshot-written", "n2")
    assert means("outside", moment, members=("n1", "n2", "n4")) == ["n2", "n3", "n5"]
    assert means("outside", moment) == ["n2"]


def test_the_held_side_leaves_out_who_stored_it_last_and_who_led_before() -> None:
    moment = Moment("replicated", "n2", "n5", 1, 8, ("n1", "n2", "n4", "n5"))
    sides = {tuple(means("held-side", moment, i / 30, former_leader="n1")) for i in range(30)}
    assert sides == {("n2", "n4")}


def test_the_held_side_is_a_minority_of_those_who_have_stored_it() -> None:
    moment = Moment("acknowledged", "n2", None, 1, 8, ("n2", "n4", "n5"))
    sides = {tuple(means("held-side", moment, i / 30)) for i in range(30)}
    assert sides == {("n2", "n4"), ("n2", "n5")}


def test_where_nobody_is_known_it_is_the_node_itself() -> None:
    for aim in AIMS:
        hit = means(aim, Moment("elected", "n2"))
        assert "n2" in hit or aim in ("others", "far-side", "bystander")
