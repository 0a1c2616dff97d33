from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from tests_nemesis_fakes import FakeVictim, fake_cluster

from nemesis.fault import SymbolicFault
from nemesis.ledger import Ledger, LedgerError, is_closed, mark_undone, read_ledger
from nemesis.nemesis import Nemesis


def make(
    tmp_path: Path, leader: str | None = "n1"
) -> tuple[Nemesis, dict[str, FakeVictim], list[str], Path]:
    cluster, victims, log = fake_cluster(leader=leader)
    path = tmp_path / "faults.jsonl"
    ticks = itertools.count(0, 1000)
    return Nemesis(cluster, Ledger(path, {"pid": 1}), lambda: next(ticks)), victims, log, path


def fault(kind: str, target: str, id: int = 0, choice: float = 0.3) -> SymbolicFault:
    return SymbolicFault(id, kind, target, 0, 1, choice)


def test_isolating_the_leader_makes_all_others_refuse_it(tmp_path: Path) -> None:
    nemesis, victims, _, _ = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("partition", "leader"))
        assert victims["n1"].refused == {f"10.0.0.{i}" for i in range(2, 6)}
        assert all(victims[n].refused == {"10.0.0.1"} for n in ("n2", "n3", "n4", "n5"))
        victims["n3"].drops = {"10.0.0.1": 7}
        await nemesis.heal(fault("partition", "leader"))
        assert not any(v.refused for v in victims.values())

    asyncio.run(story())
    effect = nemesis.faults[0].effect
    assert effect.mechanical and effect.packets_dropped == {"n3": 7}
    assert (effect.leader_before, effect.term_before) == ("n1", 3)


def test_a_partition_that_drops_nothing_has_no_effect(tmp_path: Path) -> None:
    nemesis, _, _, _ = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("partition", "halves"))
        await nemesis.heal(fault("partition", "halves"))

    asyncio.run(story())
    assert not nemesis.faults[0].effect.mechanical


def test_the_leader_is_never_the_bridge_between_two_halves(tmp_path: Path) -> None:
    nemesis, victims, _, _ = make(tmp_path)

    async def story() -> None:
        for number in range(30):
            await nemesis.inject(fault("partition", "bridge", number, choice=number / 30))
            assert victims["n1"].refused
            await nemesis.heal(fault("partition", "bridge", number))

    asyncio.run(story())
    bridges = {one.resolved["nodes"][0] for one in nemesis.faults}
    assert bridges == {"n2", "n3", "n4", "n5"}


def test_a_process_that_survives_its_kill_is_no_effect(tmp_path: Path) -> None:
    nemesis, victims, _, _ = make(tmp_path)
    for victim in victims.values():
        victim.immortal = True
    asyncio.run(nemesis.inject(fault("kill", "one")))
    assert not nemesis.faults[0].effect.mechanical
    assert set(nemesis.faults[0].effect.processes.values()) == {"running"}


def test_a_fault_on_a_node_that_is_down_already_has_no_effect(tmp_path: Path) -> None:
    nemesis, _, _, _ = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("kill", "leader", 0))
        await nemesis.inject(fault("power-loss", "leader", 1, choice=0.6))

    asyncio.run(story())
    first, second = nemesis.faults
    assert first.effect.mechanical and first.effect.processes == {"n1": "dead"}
    assert not second.effect.mechanical and second.effect.processes == {"n1": "already dead"}
    assert nemesis.found_dead == set()


def test_a_node_that_ended_by_itself_is_noticed(tmp_path: Path) -> None:
    nemesis, victims, _, _ = make(tmp_path)
    victims["n1"].process = "dead"
    asyncio.run(nemesis.inject(fault("kill", "all")))
    assert nemesis.found_dead == {"n1"}
    assert nemesis.faults[0].effect.mechanical


def test_a_heal_and_a_fault_on_one_node_take_turns(tmp_path: Path) -> None:
    nemesis, victims, log, _ = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("kill", "leader", 0))
        slow = nemesis._cluster.restart

        async def restart(node: str) -> None:
            log.append(f"begin {node}")
            await asyncio.sleep(0)
            await slow(node)

        nemesis._cluster.restart = restart
        await asyncio.gather(
            nemesis.heal(fault("kill", "leader", 0)),
            nemesis.inject(fault("power-loss", "all", 1)),
        )

    asyncio.run(story())
    assert log[log.index("begin n1") + 1] == "restart n1"
    assert victims["n1"].process == "dead"


def test_a_node_killed_while_paused_comes_back_once_and_only_when_both_are_healed(
    tmp_path: Path,
) -> None:
    nemesis, victims, log, _ = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("pause", "leader", 0))
        victims["n1"].process = "stopped"
        await nemesis.inject(fault("kill", "all", 1))
        await nemesis.heal(fault("pause", "leader", 0))
        assert victims["n1"].process == "dead"
        await nemesis.heal(fault("kill", "all", 1))

    asyncio.run(story())
    assert log.count("restart n1") == 1 and "resume n1" not in log
    assert {v.process for v in victims.values()} == {"running"}


def test_without_a_leader_a_random_node_is_taken_and_said_so(tmp_path: Path) -> None:
    nemesis, _, _, _ = make(tmp_path, leader=None)
    asyncio.run(nemesis.inject(fault("kill", "leader")))
    assert nemesis.faults[0].resolved["leader_known"] is False


def test_the_same_choice_resolves_to_the_same_nodes(tmp_path: Path) -> None:
    resolved = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        nemesis, _, _, _ = make(tmp_path / name)
        asyncio.run(nemesis.inject(fault("kill", "minority", choice=0.77)))
        resolved.append(nemesis.faults[0].resolved)
    assert resolved[0] == resolved[1] and len(resolved[0]["nodes"]) == 2


def test_heal_all_goes_on_past_a_machine_that_fails(tmp_path: Path) -> None:
    nemesis, victims, _, _ = make(tmp_path)

    async def story() -> list[Exception]:
        await nemesis.inject(fault("pause", "one", 0, choice=0.5))
        await nemesis.inject(fault("kill", "leader", 1))
        paused = nemesis.faults[0].resolved["nodes"][0]

        async def broken() -> None:
            raise OSError("no such process")

        victims[paused].resume = broken  # type: ignore[method-assign]
        return await nemesis.heal_all()

    failures = asyncio.run(story())
    assert [str(failure) for failure in failures] == ["no such process"]
    assert victims["n1"].process == "running"


def test_the_ledger_is_written_before_the_fault_and_read_back_whole(tmp_path: Path) -> None:
    nemesis, victims, _, path = make(tmp_path)

    async def story() -> None:
        async def look() -> None:
            assert '"act":"inject"' in path.read_text()
            victims["n1"].process = "dead"

        victims["n1"].kill = look  # type: ignore[method-assign]
        await nemesis.inject(fault("kill", "leader"))
        await nemesis.heal(fault("kill", "leader"))

    asyncio.run(story())
    assert not is_closed(path)
    assert read_ledger(path) == nemesis.faults


def test_a_ledger_cut_anywhere_is_read_and_can_be_closed_by_someone_else(tmp_path: Path) -> None:
    nemesis, _, _, path = make(tmp_path)

    async def story() -> None:
        await nemesis.inject(fault("kill", "leader", 0))
        await nemesis.heal(fault("kill", "leader", 0))
        await nemesis.inject(fault("pause", "one", 1))

    asyncio.run(story())
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        faults = read_ledger(path)
        assert [f.symbolic.id for f in faults] in ([], [0], [0, 1])
        mark_undone(path, "clean")
        assert is_closed(path)
        assert len(read_ledger(path)) == len(faults)


def test_a_ledger_changed_by_hand_is_refused_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "faults.jsonl"
    path.write_text('{"act":"open","owner":{}}\nnonsense\n{"act":"close"}\n')
    with pytest.raises(LedgerError, match=r"faults\.jsonl:2: seen 'nonsense'"):
        read_ledger(path)
