from __future__ import annotations

import itertools
import os
import subprocess
import sys

import pytest

from splitbrain.generator import Invoke
from splitbrain.plan import Plan
from splitbrain.schedule import OPERATIONS_STREAM, faults_of, operations_of, symbolic_bytes
from splitbrain.workloads import WORKLOADS

SECOND = 1_000_000_000


@pytest.mark.parametrize("workload", WORKLOADS)
def test_the_same_seed_gives_the_same_plan_and_schedule_byte_for_byte(workload: str) -> None:
    program = (
        "import hashlib; from splitbrain.plan import Plan; "
        "from splitbrain.schedule import symbolic_bytes; "
        f"plan = Plan('raft', 'sandbox', {workload!r}, seed=7); "
        "print(hashlib.sha256(symbolic_bytes(plan, 5000)).hexdigest())"
    )

    def told(hash_seed: str) -> bytes:
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        return subprocess.run(
            [sys.executable, "-c", program], env=environment, check=True, capture_output=True
        ).stdout

    assert told("1") == told("2")
    one, other = (symbolic_bytes(Plan("raft", "sandbox", workload, seed=s), 5000) for s in (7, 8))
    assert one != other


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_workload_has_a_schedule_for_clients_that_go_as_fast_as_they_can(
    workload: str,
) -> None:
    plan = Plan("raft", "sandbox", workload, rate=0)
    items = operations_of(plan).items(plan.stream(OPERATIONS_STREAM))
    invokes = [i for i in itertools.islice(items, 2000) if isinstance(i, Invoke)]
    steps = [step[0] for invoke in invokes if invoke.f == "txn" for step in invoke.value]
    # Whoever wants an id asks for nothing else.
    several = 0 if workload == "ids" else 1
    assert len({*(invoke.f for invoke in invokes), *steps} - {"txn"}) > several


def test_another_workload_does_not_shift_the_faults_of_a_seed() -> None:
    plans = [Plan("raft", "sandbox", workload, seed=3) for workload in WORKLOADS]
    assert len({faults_of(plan) for plan in plans}) == 1


def test_the_last_fault_is_healed_early_enough_to_see_the_system_serve_again() -> None:
    for seed in range(100):
        plan = Plan("raft", "sandbox", "register", seed=seed)
        last = max(fault.end_ns for fault in faults_of(plan))
        assert last <= (plan.time_limit_s - plan.recovery_s) * SECOND


def test_a_register_never_has_a_value_written_twice_and_keys_are_retired() -> None:
    plan = Plan("raft", "sandbox", "register", keys=3, operations_per_key=40)
    items = operations_of(plan).items(plan.stream(OPERATIONS_STREAM))
    invokes = [i for i in itertools.islice(items, 2000) if isinstance(i, Invoke)]
    written: dict[int, list[int]] = {}
    for item in invokes:
        if item.f != "read":
            new = item.value[1] if item.f == "cas" else item.value
            written.setdefault(item.key, []).append(new)
    assert all(len(set(values)) == len(values) for values in written.values())
    per_key = [sum(item.key == key for item in invokes) for key in written]
    assert max(per_key) == 40 and len(written) > 40
    assert {item.f for item in invokes} == {"read", "write", "cas"}


def test_a_plan_goes_through_json_unchanged_and_unknown_members_are_refused() -> None:
    plan = Plan("raft", "docker", "set", faults=("kill",), bugs=("raft.x",), resend_s=0.5)
    assert Plan.from_json(plan.to_json()) == plan
    with pytest.raises(ValueError, match="colour"):
        Plan.from_json(plan.to_json() | {"colour": "red"})
