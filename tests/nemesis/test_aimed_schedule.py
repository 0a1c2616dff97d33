"""The aimed schedule: fixed by the seed, made of scenarios, and never without a kind asked for."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemesis.aim import AIMS, split_target
from nemesis.aimed import aimed_schedule
from nemesis.fault import SymbolicFault
from nemesis.kinds import FAULTS, FaultTargetError, targets_of
from nemesis.moments import THEN, TRIGGERS
from nemesis.of_commitment import OF_COMMITMENT
from nemesis.scenarios import SCENARIOS

SECOND = 1_000_000_000
KINDS = st.sets(st.sampled_from(sorted(FAULTS)), min_size=1).map(lambda kinds: tuple(sorted(kinds)))


def plan(seed: int = 1, **changes: Any) -> tuple[SymbolicFault, ...]:
    settings: dict[str, Any] = {
        "kinds": ("partition", "kill", "pause"),
        "nodes": 5,
        "time_limit_s": 60.0,
        "hold_s": 5.0,
        "quiet_s": 4.0,
    } | changes
    return aimed_schedule(settings.pop("kinds"), rng=random.Random(seed), **settings)


def test_the_same_seed_gives_the_same_schedule_in_any_process() -> None:
    program = (
        "import random; from nemesis.aimed import aimed_schedule; print(aimed_schedule("
        "('partition', 'kill', 'packets'), nodes=5, time_limit_s=60.0, hold_s=5.0, quiet_s=4.0, "
        "rng=random.Random(7)))"
    )

    def told(hash_seed: str) -> str:
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)}
        return subprocess.run(
            [sys.executable, "-c", program], env=environment, check=True, capture_output=True
        ).stdout.decode()

    assert told("1") == told("2")
    assert plan(7) == plan(7) != plan(8)


@given(st.integers(0, 1000), KINDS)
def test_only_kinds_that_were_asked_for_and_all_of_them(seed: int, kinds: tuple[str, ...]) -> None:
    faults = plan(seed, kinds=kinds)
    assert {fault.kind for fault in faults} == set(kinds)
    sure = ("", "acknowledged", "replicated")
    assert {fault.kind for fault in faults if fault.trigger in sure} == set(kinds)


@given(st.integers(0, 1000), st.sampled_from([5.0, 20.0, 60.0]))
def test_whatever_waits_does_so_inside_the_limit(seed: int, limit_s: float) -> None:
    faults = plan(seed, time_limit_s=limit_s)
    assert [fault.id for fault in faults] == list(range(len(faults)))
    for fault in faults:
        assert 0 < fault.start_ns < fault.end_ns <= limit_s * SECOND
        assert fault.hold_ns is not None and fault.hold_ns > 0 <= fault.delay_ns


def test_a_scenario_begins_only_after_the_one_before_has_waited() -> None:
    starts = {fault.start_ns: fault.end_ns for fault in plan()}
    assert list(starts) == sorted(starts)
    for end_ns, next_ns in zip(list(starts.values()), list(starts)[1:], strict=False):
        assert end_ns < next_ns
    assert len(starts) >= 10


def test_no_scenario_comes_again_before_all_have_come() -> None:
    names = [fault.scenario for fault in plan(time_limit_s=600.0)]
    order = [a for a, b in zip(names, [*names[1:], None], strict=True) if a != b]
    possible = [s for s in SCENARIOS if s.is_possible(("partition", "kill", "pause"))]
    possible = [s for s in possible if not s.is_about_snapshots]
    assert sorted(order[: len(possible)]) == sorted(s.name for s in possible)


def test_snapshots_are_waited_for_only_where_there_are_some() -> None:
    def about_snapshots(**more: Any) -> bool:
        kinds = ("partition", "kill", "membership")
        faults = plan(kinds=kinds, time_limit_s=600.0, **more)
        return any("snapshot" in f.trigger for f in faults)

    assert not about_snapshots()
    assert about_snapshots(snapshots=True)


def test_holds_and_pauses_stretch_with_the_plan() -> None:
    usual, double = plan(), plan(hold_s=10.0, quiet_s=8.0)
    assert double[0].hold_ns == pytest.approx(2 * usual[0].hold_ns, rel=1e-6)  # type: ignore
    assert len({f.start_ns for f in double}) < len({f.start_ns for f in usual})


@pytest.mark.parametrize("hold_s", [0.5, 2.5, 5.0, 10.0])
def test_a_scenario_is_over_before_the_next_begins(hold_s: float) -> None:
    """If its first moment comes soon: its delays are as they are written in any plan."""
    for seed in range(30):
        faults = plan(seed, time_limit_s=300.0, hold_s=hold_s)
        for number, fault in enumerate(faults):
            later = [one.start_ns for one in faults[number:] if one.start_ns > fault.start_ns]
            assert fault.hold_ns is not None
            over_ns = fault.start_ns + fault.delay_ns + fault.hold_ns
            assert not later or over_ns < later[0], fault.scenario


@pytest.mark.parametrize("limit_s", [5.0, 10.0])
def test_a_short_run_meets_most_kinds_whatever_their_scenarios_take(limit_s: float) -> None:
    kinds = ("partition", "kill", "pause", "power-loss", "packets")
    met = [
        len({fault.kind for fault in plan(seed, kinds=kinds, time_limit_s=limit_s)})
        for seed in range(100)
    ]
    assert sum(met) > 4.5 * len(met)


@given(st.integers(0, 1000), KINDS.filter(lambda kinds: "membership" not in kinds))
def test_where_nobody_leads_commitments_are_waited_for_and_nothing_else(
    seed: int, kinds: tuple[str, ...]
) -> None:
    faults = plan(seed, kinds=kinds, led=False)
    assert {fault.kind for fault in faults} == set(kinds)
    waited_for = {fault.trigger.partition("#")[0] for fault in faults}
    assert waited_for <= {"prepare-asked", "prepared", "voted", "decided", "decision-sent"}
    assert not any("leader" in fault.target for fault in faults)


def test_no_kinds_no_faults() -> None:
    assert plan(kinds=()) == ()


def test_a_cluster_too_small_for_a_kind_is_refused() -> None:
    with pytest.raises(FaultTargetError, match="membership fault needs at least four nodes"):
        plan(kinds=("membership",), nodes=3)


# The scenarios as they are written.


@pytest.mark.parametrize(
    "scenario", (*SCENARIOS, *OF_COMMITMENT), ids=lambda scenario: scenario.name
)
def test_every_step_names_things_that_exist(scenario: Any) -> None:
    assert scenario.why and scenario.steps
    for step in scenario.steps:
        for one in step.trigger.split(THEN) if step.trigger else ():
            name, _, ordinal = one.partition("#")
            assert name in TRIGGERS and int(ordinal or 1) > 0
        manner, aim = split_target(step.target)
        assert set(step.kinds) <= set(FAULTS)
        for kind in step.kinds:
            known = targets_of((kind,), (), 5)[kind]
            assert aim in known or (step.trigger and aim in AIMS)
            if manner == "crown":
                assert kind in ("partition", "kill", "power-loss")
            elif manner:
                assert step.trigger and kind in ("partition", "packets", "clock")
        for low, high in (step.delay_s, step.hold_s):
            assert 0 <= low <= high <= 3.0


def test_every_kind_of_fault_has_a_scenario() -> None:
    kinds = {kind for s in SCENARIOS for step in s.steps for kind in step.kinds}
    assert kinds == set(FAULTS)
