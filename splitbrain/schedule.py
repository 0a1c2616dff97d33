"""The symbolic schedule of a plan: what will be asked, and what will be hurt, and when."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, replace

from nemesis.aimed import aimed_schedule
from nemesis.fault import SymbolicFault
from nemesis.schedule import schedule
from splitbrain.generator import MAIN, Invoke, Phase, Phases, Scripted, serialise
from splitbrain.plan import AIMED, Plan
from splitbrain.plugins import system_of, workload_of

OPERATIONS_STREAM, FAULTS_STREAM = "operations", "faults"


def operations_of(plan: Plan) -> Phases:
    """The phases of the plan's workload; its items come from ``OPERATIONS_STREAM``.

    Of a plan with a script one phase with what that says, and nothing is drawn.
    """
    if plan.script is not None:
        said = (Invoke(o.at_ns, o.f, o.key, o.value, o.client) for o in plan.script.operations)
        return Phases(((Phase(MAIN), Scripted(tuple(said))),))
    return workload_of(plan).phases(plan)


def lanes_of(plan: Plan) -> list[int]:
    """Sizes of the lanes of the plan's clients: of a script each client is one, else none."""
    return [] if plan.script is None else [1] * plan.concurrency


def faults_of(plan: Plan) -> tuple[SymbolicFault, ...]:
    """The plan's faults. The last is healed early enough to see the system serve again.

    Of a plan with a script those that it says.
    """
    if plan.script is not None:
        return plan.script.faults
    faults = _dealt(plan)
    if system_of(plan).has_leader:
        return faults
    # Where nobody leads, whoever would be hit for leading is any node.
    return tuple(replace(f, target="one") if f.target == "leader" else f for f in faults)


def _dealt(plan: Plan) -> tuple[SymbolicFault, ...]:
    faults_s = plan.time_limit_s - min(plan.recovery_s, plan.time_limit_s / 4)
    if plan.strategy == AIMED:
        return aimed_schedule(
            plan.faults,
            nodes=plan.nodes,
            time_limit_s=faults_s,
            hold_s=plan.fault_hold_s,
            quiet_s=plan.fault_quiet_s,
            rng=plan.stream(FAULTS_STREAM),
            # By default a run is too short for one.
            snapshots=any(option.startswith("snapshot-") for option in plan.options),
            led=system_of(plan).has_leader,
        )
    return schedule(
        plan.faults,
        plan.fault_targets,
        nodes=plan.nodes,
        time_limit_s=faults_s,
        hold_s=plan.fault_hold_s,
        quiet_s=plan.fault_quiet_s,
        overlap=plan.overlap,
        rng=plan.stream(FAULTS_STREAM),
    )


def symbolic_bytes(plan: Plan, operations: int) -> bytes:
    """Plan, faults and the first ``operations`` items as bytes: equal for equal plans."""
    items = operations_of(plan).items(plan.stream(OPERATIONS_STREAM))
    head = {"plan": plan.to_json(), "faults": [asdict(fault) for fault in faults_of(plan)]}
    told = json.dumps(head, sort_keys=True).encode()
    return told + b"\n" + serialise(itertools.islice(items, operations))
