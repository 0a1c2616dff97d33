from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemesis import FAULTS, FaultTargetError, SymbolicFault, schedule

SECOND = 1_000_000_000


def plan(seed: int = 1, **changes: Any) -> tuple[SymbolicFault, ...]:
    settings: dict[str, Any] = {
        "kinds": ("partition", "kill", "pause"),
        "wanted_targets": (),
        "nodes": 5,
        "time_limit_s": 60.0,
        "hold_s": 5.0,
        "quiet_s": 4.0,
        "overlap": False,
    } | changes
    kinds, targets = settings.pop("kinds"), settings.pop("wanted_targets")
    return schedule(kinds, targets, rng=random.Random(seed), **settings)


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    assert plan(1) == plan(1) != plan(2)


@given(st.integers(0, 1000), st.sampled_from([10.0, 30.0, 60.0]))
def test_every_kind_is_met_before_any_is_met_twice(seed: int, limit_s: float) -> None:
    kinds = [fault.kind for fault in plan(seed, time_limit_s=limit_s)]
    assert set(kinds[:3]) == {"partition", "kill", "pause"}


@given(st.integers(0, 1000))
def test_one_fault_at_a_time_inside_the_limit(seed: int) -> None:
    faults = plan(seed)
    assert [fault.id for fault in faults] == list(range(len(faults)))
    for one, next_one in itertools.pairwise(faults):
        assert one.start_ns < one.end_ns < next_one.start_ns
    assert faults[-1].end_ns <= 60 * SECOND


@given(st.integers(0, 200))
def test_overlapping_timelines_keep_faults_of_one_kind_apart(seed: int) -> None:
    faults = plan(seed, overlap=True)
    for kind in ("partition", "kill", "pause"):
        own = [fault for fault in faults if fault.kind == kind]
        assert own
        assert all(a.end_ns < b.start_ns for a, b in itertools.pairwise(own))


def test_targets_can_be_narrowed_for_one_kind_or_for_all_that_know_them() -> None:
    faults = plan(wanted_targets=("leader", "kill:all"))
    assert {f.target for f in faults if f.kind == "partition"} == {"leader"}
    assert {f.target for f in faults if f.kind == "kill"} <= {"leader", "all"}
    assert {f.target for f in faults if f.kind == "pause"} == {"leader"}


def test_a_target_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(FaultTargetError, match=r"'follower'.*partition: leader, one, halves"):
        plan(wanted_targets=("follower",))


def test_three_nodes_have_no_ring_and_one_node_no_partition() -> None:
    assert "ring" not in {f.target for s in range(20) for f in plan(s, nodes=3)}
    with pytest.raises(FaultTargetError, match="two nodes"):
        plan(nodes=1)


def test_no_kinds_no_faults() -> None:
    assert plan(kinds=()) == ()


def test_every_kind_says_what_it_does_and_needs() -> None:
    for name, kind in FAULTS.items():
        assert kind.name == name and kind.summary and kind.targets and kind.capability
