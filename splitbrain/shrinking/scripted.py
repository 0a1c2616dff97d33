"""Plans with scripts: the one that a run amounts to, and smaller ones made from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from histories.event import Operation
from nemesis.fault import Fault, SymbolicFault
from splitbrain.plan import AIMED, RANDOM, Plan
from splitbrain.record import RunRecord
from splitbrain.script import Script, ScriptedOperation

TIME_LIMIT_S_MIN = 0.1


def written_out(record: RunRecord) -> Plan:
    """The plan of a run as a script: what was asked and hurt, when, and by which client.

    Phases are gone: what came after them came at its time. Faults that never began are gone.
    """
    plan = record.plan
    operations = [_asked(operation, plan.concurrency) for operation in record.operations]
    begun = (fault for fault in record.faults if fault.resolved.get("came") is not False)
    script = Script((), (), shrunk_from=record.run)
    return with_script(replace(plan, script=script), operations, [_as_held(f) for f in begun])


def _asked(operation: Operation, concurrency: int) -> ScriptedOperation:
    # A process that retires goes on under a number that is larger by the number of workers.
    client = operation.process % concurrency
    return ScriptedOperation(operation.call_ns, client, operation.f, operation.key, operation.input)


def _as_held(fault: Fault) -> SymbolicFault:
    """The fault, with the end that it had: a phase's end heals what is in force."""
    symbolic, healed_ns = fault.symbolic, fault.heal_started_ns
    if healed_ns is None or symbolic.hold_ns is not None:
        return symbolic
    return replace(symbolic, end_ns=max(symbolic.start_ns, min(symbolic.end_ns, healed_ns)))


def with_script(
    plan: Plan,
    operations: Iterable[ScriptedOperation] | None = None,
    faults: Iterable[SymbolicFault] | None = None,
    *,
    nodes: int | None = None,
    concurrency: int | None = None,
) -> Plan:
    """``plan`` with another script, or fewer nodes, and all that follows from it.

    What is None stays as it is.
    """
    assert plan.script is not None
    operations = plan.script.operations if operations is None else operations
    # What is due at one time stays in the order it came in.
    ordered = tuple(sorted(operations, key=lambda one: one.at_ns))
    kept = plan.script.faults if faults is None else tuple(faults)
    script = Script(ordered, kept, plan.script.shrunk_from)
    is_aimed = plan.strategy == AIMED and any(fault.trigger for fault in kept)
    return replace(
        plan,
        script=script,
        nodes=plan.nodes if nodes is None else nodes,
        ssh=plan.ssh[:nodes],
        concurrency=plan.concurrency if concurrency is None else concurrency,
        faults=tuple(dict.fromkeys(fault.kind for fault in kept)),
        fault_targets=(),
        strategy=AIMED if is_aimed else RANDOM,
        operations=None,
        keys=script.keys,
        time_limit_s=max(TIME_LIMIT_S_MIN, math.ceil(script.end_ns / 1e7) / 100),
        stop_on_violation=False,
    )


def on_nodes(plan: Plan, nodes: int, places: Sequence[int]) -> Plan:
    """The plan with so many ``nodes``, and the clients of old node i on node ``places[i]``.

    Clients are numbered anew, as few as that needs; those of one node stay apart.
    """
    assert plan.script is not None
    numbers: dict[int, int] = {}
    taken = [0] * nodes
    for client in plan.script.clients:
        place = places[client % plan.nodes]
        numbers[client] = place + nodes * taken[place]
        taken[place] += 1
    moved = [replace(one, client=numbers[one.client]) for one in plan.script.operations]
    return with_script(
        plan, moved, nodes=nodes, concurrency=max([nodes, *(n + 1 for n in numbers.values())])
    )
