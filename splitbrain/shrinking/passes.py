"""What can be made smaller in a plan that fails, one thing at a time.

Each pass takes a plan with a script and a way to ask whether another one still fails, and
gives the smallest it found; what it is given is known to fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

from nemesis.fault import SymbolicFault
from nemesis.kinds import FaultTargetError, targets_of
from splitbrain.plan import Plan
from splitbrain.script import ScriptedOperation
from splitbrain.shrinking.ddmin import fewest, first_that_fails
from splitbrain.shrinking.scripted import on_nodes, with_script

Fails = Callable[[Plan], bool]
PAIRS_MAX = 14
"""Operations up to which it is tried whether two can go together."""
STRETCH_MIN = 32
"""Fewer operations are looked at one by one."""
OTHER_SEEDS = (1, 2, 3)


def only_a_stretch(plan: Plan, fails: Fails) -> Plan:
    """Only the beginning of what happens, or only the end, as long as there is much of it.

    What fails late in a run may fail early in a smaller one, by another operation.
    """
    assert plan.script is not None
    while len(plan.script.operations) > STRETCH_MIN:
        less = first_that_fails(list(_stretches(plan)), fails)
        if less is None:
            break
        plan = less
        assert plan.script is not None
    return plan


def _stretches(plan: Plan) -> Iterator[Plan]:
    """A quarter, a half, three quarters of the operations, with the faults of that time."""
    assert plan.script is not None
    operations, faults = plan.script.operations, plan.script.faults
    for quarters in (1, 2, 3):
        count = len(operations) * quarters // 4
        first, last = operations[:count], operations[-count:]
        yield with_script(plan, first, [f for f in faults if f.start_ns <= first[-1].at_ns])
        yield with_script(plan, last, [f for f in faults if f.end_ns >= last[0].at_ns])


def fewer_faults(plan: Plan, fails: Fails) -> Plan:
    """Leave out faults until none can go."""
    assert plan.script is not None
    faults = fewest(plan.script.faults, lambda kept: fails(with_script(plan, faults=kept)))
    return with_script(plan, faults=faults)


def fewer_keys(plan: Plan, fails: Fails) -> Plan:
    """Leave out all operations on a key, for as many keys as can go."""
    assert plan.script is not None
    own: dict[str, list[ScriptedOperation]] = {}
    for one in plan.script.operations:
        own.setdefault(repr(one.key), []).append(one)
    if len(own) < 2:
        return plan

    def of(keys: list[str]) -> Plan:
        return with_script(plan, [one for key in keys for one in own[key]])

    return of(fewest(list(own), lambda keys: bool(keys) and fails(of(keys))))


def fewer_operations(plan: Plan, fails: Fails) -> Plan:
    """Leave out operations until none can go, and, where they are few, no two together."""
    assert plan.script is not None
    operations: list[ScriptedOperation] = list(plan.script.operations)

    def asked(kept: list[ScriptedOperation]) -> bool:
        return fails(with_script(plan, kept))

    while True:
        operations = fewest(operations, asked)
        if len(operations) > PAIRS_MAX:
            break
        pairs = ([o for o in operations if o not in pair] for pair in combinations(operations, 2))
        less = next((kept for kept in pairs if kept and asked(kept)), None)
        if less is None:
            break
        operations = less
    return with_script(plan, operations)


def fewer_nodes(plan: Plan, fails: Fails) -> Plan:
    """The smallest cluster that still fails, its clients where they were, or turned round.

    In virtual time under other seeds, too: who leads a smaller cluster is another draw.
    """
    return first_that_fails(list(_smaller_clusters(plan)), fails) or plan


def _smaller_clusters(plan: Plan) -> Iterator[Plan]:
    assert plan.script is not None
    # A partition that nothing can be cut off by would be asked for in vain.
    for nodes in range(1, plan.nodes):
        if all(_can_suffer(nodes, fault) for fault in plan.script.faults):
            turned = [
                on_nodes(plan, nodes, [(old + turn) % nodes for old in range(plan.nodes)])
                for turn in range(nodes)
            ]
            yield from turned
            if plan.host == "simulated":
                yield from (replace(one, seed=seed) for seed in OTHER_SEEDS for one in turned)


def _can_suffer(nodes: int, fault: SymbolicFault) -> bool:
    try:
        targets = targets_of((fault.kind,), (), nodes)[fault.kind]
    except FaultTargetError:
        return False
    return bool(fault.trigger) or fault.target in targets


def fewer_clients(plan: Plan, fails: Fails) -> Plan:
    """Let one client do what another one did, and leave out those that do nothing.

    Of the same node first: where a client sits may matter.
    """
    assert plan.script is not None
    merging = True
    while merging:
        merging = False
        clients = plan.script.clients
        pairs = sorted(
            combinations(clients, 2), key=lambda two: ((two[1] - two[0]) % plan.nodes != 0, two)
        )
        for kept, gone in pairs:
            moved = [
                replace(one, client=kept) if one.client == gone else one
                for one in plan.script.operations
            ]
            less = with_script(plan, moved)
            if fails(less):
                plan, merging = less, True
                break
        assert plan.script is not None
    tight = on_nodes(plan, plan.nodes, range(plan.nodes))
    return tight if tight != plan and fails(tight) else plan
