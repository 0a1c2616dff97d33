"""Disturbed packets, wrong clocks, failing disks, changing members: done, measured, undone."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests_nemesis_fakes import FakeVictim, fake_cluster

from nemesis.aim import split_target
from nemesis.cluster import Cluster
from nemesis.fault import Fault, SymbolicFault
from nemesis.ledger import Ledger, read_ledger
from nemesis.nemesis import Nemesis
from nemesis.packets import ECHO, LAGGING, STRAY, draw
from nemesis.scenarios import SCENARIOS
from nemesis.victim import CannotHurt, Disturbance, together
from targets.hosts.simulated import run_virtual

Told = tuple[Nemesis, dict[str, FakeVictim], list[str]]


def make(path: Path, leader: str | None = "n1", change: Callable[[Cluster], None] = id) -> Told:
    cluster, victims, log = fake_cluster(leader=leader)
    change(cluster)
    ticks = itertools.count(0, 1000)
    return Nemesis(cluster, Ledger(path / "f.jsonl", {}), lambda: next(ticks)), victims, log


def fault(kind: str, target: str, id: int = 0, choice: float = 0.3) -> SymbolicFault:
    return SymbolicFault(id, kind, target, 0, 1, choice)


def hurt(
    path: Path, one: SymbolicFault, meanwhile: Callable[[dict[str, FakeVictim]], None]
) -> Fault:
    """The fault after it was injected and healed, with this in between."""
    nemesis, victims, _ = make(path)

    async def story() -> None:
        await nemesis.inject(one)
        meanwhile(victims)
        await nemesis.heal(one)

    asyncio.run(story())
    assert read_ledger(path / "f.jsonl") == nemesis.faults
    return nemesis.faults[0]


# Packets.


def test_disturbed_packets_are_told_by_what_the_machines_counted(tmp_path: Path) -> None:
    def meanwhile(victims: dict[str, FakeVictim]) -> None:
        assert all(v.disturbance is not None for v in victims.values())
        victims["n2"].counts |= {"lost": 5}
        victims["n3"].counts |= {"lost": 2, "delayed": 1}

    one = hurt(tmp_path, fault("packets", "all"), meanwhile)
    assert one.effect.mechanical
    assert one.effect.packets_disturbed == {"delayed": 1, "lost": 7}


def test_a_disturbance_that_touched_no_packet_has_no_effect(tmp_path: Path) -> None:
    assert not hurt(tmp_path, fault("packets", "one"), lambda victims: None).effect.mechanical


def test_echoes_keep_the_order_and_go_on_when_what_was_said_has_come() -> None:
    """As long after a disturbance as the crash of their scenario waits for."""
    scenario = next(s for s in SCENARIOS if s.name == "echoes, then a crash")
    echo, crash = scenario.steps
    assert split_target(echo.target) == (ECHO, "node") and crash.trigger == echo.trigger
    for seed in range(50):
        how = draw(ECHO, random.Random(seed))
        assert how.delay_s == how.loss == how.reorder == 0.0 and how.duplicate >= 0.6
        # What was said last comes within one jitter, its echo within another one.
        assert crash.delay_s[0] > echo.hold_s[1]
        assert crash.delay_s[1] <= echo.hold_s[0] + 2 * how.jitter_s


def test_disturbances_that_overlap_add_up_and_are_undone_one_by_one(tmp_path: Path) -> None:
    nemesis, victims, _ = make(tmp_path)

    async def story() -> None:
        for number in (0, 1):
            await nemesis.inject(fault("packets", "leader", number, choice=0.1 + number / 2))
        both = [Disturbance(**f.resolved["disturbance"]) for f in nemesis.faults]
        assert both[0] != both[1]
        assert victims["n1"].disturbance == together(both)
        await nemesis.heal(fault("packets", "leader", 0))
        assert victims["n1"].disturbance == both[1]
        await nemesis.heal(fault("packets", "leader", 1))
        assert victims["n1"].disturbance is None

    asyncio.run(story())


def test_delays_add_up_and_a_message_must_escape_every_loss() -> None:
    both = together([Disturbance(delay_s=0.1, loss=0.5), Disturbance(delay_s=0.2, loss=0.5)])
    assert both is not None and both.loss == 0.75 and both.delay_s == pytest.approx(0.3)
    assert together([]) is None


# Clocks.


def test_a_drift_shows_by_the_time_it_is_healed(tmp_path: Path) -> None:
    nemesis, victims, _ = make(tmp_path)

    async def story() -> None:
        for number in range(40):
            for victim in victims.values():
                victim.now_s = 0.0
            one = fault("clock", "leader", number, choice=number / 40)
            await nemesis.inject(one)
            victims["n1"].now_s = 10.0
            await nemesis.heal(one)

    asyncio.run(story())
    assert victims["n1"].skew is None
    assert all(f.effect.mechanical for f in nemesis.faults)
    drifts = [f for f in nemesis.faults if f.resolved["clock"]["offset_s"] == 0.0]
    assert drifts
    for f in drifts:
        error = f.effect.clock_error_s_max["n1"]
        assert error == pytest.approx(10.0 * (f.resolved["clock"]["rate"] - 1.0), abs=1e-5)


def test_the_last_wrong_clock_wins_and_the_former_comes_back(tmp_path: Path) -> None:
    nemesis, victims, _ = make(tmp_path)

    async def story() -> None:
        for number in (0, 1):
            await nemesis.inject(fault("clock", "leader", number, choice=0.2 + number / 2))
        skews = [f.resolved["clock"] for f in nemesis.faults]

        def now() -> tuple[float, float]:
            skew = victims["n1"].skew
            assert skew is not None
            return skew[0].offset_s, skew[0].rate

        assert now() == (skews[1]["offset_s"], skews[1]["rate"])
        await nemesis.heal(fault("clock", "leader", 1))
        assert now() == (skews[0]["offset_s"], skews[0]["rate"])
        await nemesis.heal(fault("clock", "leader", 0))

    asyncio.run(story())
    assert all(victim.skew is None for victim in victims.values())


def test_no_two_clocks_ever_drift_further_apart_than_leases_allow(tmp_path: Path) -> None:
    nemesis, _, _ = make(tmp_path)

    async def story() -> None:
        for number in range(100):
            await nemesis.inject(fault("clock", "one", number, choice=number / 100))

    asyncio.run(story())
    rates = [f.resolved["clock"]["rate"] for f in nemesis.faults]
    assert max(rates) / min(rates) < 1.1


# Disks.


def test_a_node_whose_fsync_failed_stops_and_is_restarted_on_a_working_disk(tmp_path: Path) -> None:
    nemesis, victims, log = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("disk", "leader"))
        victims["n1"].sync()
        victims["n2"].sync()
        await nemesis.heal(fault("disk", "leader"))

    asyncio.run(story())
    assert log == ["restart n1"] and not victims["n1"].disk_fails
    effect = nemesis.faults[0].effect
    assert effect.mechanical and effect.syncs_failed == {"n1": 1}
    assert effect.processes == {"n1": "dead"}


def test_a_disk_that_nobody_wrote_to_meanwhile_has_no_effect(tmp_path: Path) -> None:
    one = hurt(tmp_path, fault("disk", "one"), lambda victims: None)
    assert not one.effect.mechanical


def test_nobody_restarts_a_node_while_its_disk_fails(tmp_path: Path) -> None:
    nemesis, victims, log = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("disk", "leader", 0))
        victims["n1"].sync()
        await nemesis.inject(fault("kill", "leader", 1, choice=0.9))
        await nemesis.inject(fault("kill", "all", 2))
        await nemesis.heal(fault("kill", "all", 2))
        await nemesis.heal(fault("kill", "leader", 1))
        assert victims["n1"].process == "dead" and "restart n1" not in log
        await nemesis.heal(fault("disk", "leader", 0))

    asyncio.run(story())
    assert victims["n1"].process == "running"
    assert nemesis.found_dead == set()


# Members.


def test_a_member_is_removed_and_added_back(tmp_path: Path) -> None:
    nemesis, _, log = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("membership", "one"))
        await nemesis.heal(fault("membership", "one"))

    asyncio.run(story())
    (one,) = nemesis.faults
    (node,) = one.resolved["nodes"]
    assert node != "n1" and log == [f"admin.remove {node}", f"admin.add {node}"]
    everyone = ["n1", "n2", "n3", "n4", "n5"]
    assert one.effect.mechanical
    assert one.effect.members_before == one.effect.members_after == everyone
    assert one.effect.members_during == [n for n in everyone if n != node]


def test_a_fresh_member_has_lost_its_disk_before_it_comes_back(tmp_path: Path) -> None:
    nemesis, _, log = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("membership", "fresh"))
        await nemesis.heal(fault("membership", "fresh"))

    asyncio.run(story())
    (node,) = nemesis.faults[0].resolved["nodes"]
    assert log == [
        f"admin.remove {node}",
        f"kill {node}",
        f"wipe {node}",
        f"restart {node}",
        f"admin.add {node}",
    ]


def test_faults_that_overlap_never_remove_one_node_twice_nor_too_many(tmp_path: Path) -> None:
    nemesis, _, _ = make(tmp_path)

    async def story() -> None:
        for number in range(4):
            await nemesis.inject(fault("membership", "one", number))
        await nemesis.heal_all()

    asyncio.run(story())
    removed = [f.resolved["nodes"] for f in nemesis.faults]
    assert len({node for nodes in removed for node in nodes}) == 2
    assert removed[2:] == [[], []]
    assert [f.effect.mechanical for f in nemesis.faults] == [True, True, False, False]
    assert nemesis.faults[1].effect.members_after == ["n1", "n2", "n3", "n4", "n5"]


def test_a_removal_that_nobody_confirms_wipes_no_disk_and_has_no_effect(tmp_path: Path) -> None:
    nemesis, _, log = make(tmp_path, leader=None)
    run_virtual(nemesis.inject(fault("membership", "fresh")))
    assert not nemesis.faults[0].effect.mechanical and log == []


def test_a_node_that_cannot_be_added_back_is_told_and_does_not_stop_the_run(tmp_path: Path) -> None:
    nemesis, victims, _ = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("membership", "one"))
        victims["n1"].process = "dead"
        await nemesis.heal(fault("membership", "one"))

    run_virtual(story())
    assert "was not added back within" in str(nemesis.faults[0].error)


# All of them.


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("packets", "disturb"),
        ("clock", "set_clock"),
        ("disk", "fail_disk"),
        ("membership", "wipe"),
    ],
)
def test_a_machine_that_cannot_do_it_makes_the_fault_fail_by_name(
    tmp_path: Path, kind: str, missing: str
) -> None:
    target = "fresh" if kind == "membership" else "one"

    class Unable:
        def __init__(self, victim: FakeVictim) -> None:
            self._victim = victim

        def __getattr__(self, name: str) -> Any:
            if name == missing:
                raise AttributeError(name)
            return getattr(self._victim, name)

    def weaken(cluster: Cluster) -> None:
        cluster.victims = {n: Unable(v) for n, v in cluster.victims.items()}  # type: ignore

    nemesis, _, _ = make(tmp_path, change=weaken)
    with pytest.raises(CannotHurt, match="Unable cannot"):
        asyncio.run(nemesis.inject(fault(kind, target)))


def test_a_system_that_knows_no_members_is_told_so(tmp_path: Path) -> None:
    def weaken(cluster: Cluster) -> None:
        cluster.admin = None

    nemesis, _, _ = make(tmp_path, change=weaken)
    with pytest.raises(CannotHurt, match="members"):
        asyncio.run(nemesis.inject(fault("membership", "one")))


def test_one_way_cuts_are_deaf_or_mute(tmp_path: Path) -> None:
    nemesis, victims, _ = make(tmp_path)
    manners: set[str] = set()

    def refusals() -> dict[str, frozenset[str]]:
        return {name: victim.refused for name, victim in victims.items() if victim.refused}

    async def story() -> None:
        for number in range(30):
            one = fault("partition", "one-way", number, choice=number / 30)
            await nemesis.inject(one)
            resolved = nemesis.faults[-1].resolved
            (alone,) = resolved["nodes"]
            others = {name for name in victims if name != alone}
            if resolved["manner"] == "deaf":
                assert refusals() == {alone: {victims[n].address for n in others}}
            else:
                assert refusals() == {n: {victims[alone].address} for n in others}
            manners.add(resolved["manner"])
            await nemesis.heal(one)
            assert refusals() == {}

    asyncio.run(story())
    assert manners == {"deaf", "mute"}


def test_what_strays_comes_after_the_next_election_and_keeps_nothing_waiting() -> None:
    for seed in range(30):
        how = draw(STRAY, random.Random(seed))
        assert how.delay_s > 0.5 and how.reorder == 1.0 and not how.loss


def test_an_echo_doubles_everything_and_loses_nothing() -> None:
    for seed in range(30):
        how = draw(ECHO, random.Random(seed))
        assert how.duplicate == 1.0 and how.jitter_s > 0.1 and not how.loss


def test_what_lags_comes_within_an_election_and_in_order() -> None:
    for seed in range(30):
        how = draw(LAGGING, random.Random(seed))
        assert how.delay_s + how.jitter_s < 0.1 and how.jitter_s >= 0.01
        assert how.loss == how.reorder == how.duplicate == 0.0
