"""What no option of ``test`` alone can tell: whether what was asked for goes together."""

from __future__ import annotations

from collections.abc import Iterator

from splitbrain.cli.catalogue import ISOLATED, WHOLE, Catalogue
from splitbrain.plan import LINEARIZABLE, Plan
from splitbrain.quantities import duration_text
from splitbrain.suggest import unknown_name

LEADER = "leader"
STRICTEST = "strict-serializable"
APART = "read-session=own"
"""The option of ZooKeeper under which a process is no session."""


def unfit_together(plan: Plan, catalogue: Catalogue) -> list[str]:
    """What does not go with what else was asked for, a sentence each."""
    problems: list[str] = []
    system = catalogue.systems.get(plan.system)
    known_workload = plan.workload in catalogue.workloads
    if system is not None and known_workload and plan.workload not in system.workloads:
        problems.append(
            f"--workload: {plan.system} cannot run the workload {plan.workload!r}; "
            f"it can run: {', '.join(system.workloads)}."
        )
    if system is not None and plan.host == "simulated" and not system.simulated:
        problems.append(
            f"--host: {plan.system} runs as real processes alone, for the simulated host runs "
            "only cores of our own; take docker or sandbox."
        )
    for kind, reason in system.inapplicable.items() if system is not None else ():
        if kind in plan.faults:
            problems.append(f"--faults: {plan.system} can have no {kind} faults, for {reason}.")
    kinds = [catalogue.faults[name] for name in plan.faults if name in catalogue.faults]
    targets = {target for kind in kinds for target in kind.targets}
    for entry in plan.fault_targets:
        kind_name, _, target = entry.rpartition(":")
        if not kinds:
            problems.append(
                f"--fault-target: {entry!r} has nothing to aim: no faults are asked for."
            )
        elif target == LEADER and system is not None and not system.has_leader:
            problems.append(
                f"--fault-target: {entry!r} aims at nobody, for no node of {plan.system} leads the "
                "others; take one, minority, majority or all."
            )
        elif kind_name and kind_name not in plan.faults:
            problems.append(
                f"--fault-target: {entry!r} aims a fault that is not asked for; "
                f"the faults are {', '.join(plan.faults)}."
            )
        elif kind_name and kind_name in catalogue.faults:
            if target not in (known := catalogue.faults[kind_name].targets):
                told = unknown_name(f"target of {kind_name}", target, known)
                problems.append(f"--fault-target: {told}")
        elif target not in targets:
            told = unknown_name("fault target", target, sorted(targets))
            problems.append(f"--fault-target: {told}")
    if plan.concurrency < plan.nodes:
        problems.append(
            f"--concurrency: {plan.concurrency} clients leave some of the {plan.nodes} nodes "
            f"without one; {plan.nodes} are needed at least."
        )
    whole = known_workload and catalogue.workloads[plan.workload].model in WHOLE
    if whole and plan.stop_on_violation:
        problems.append(
            f"--stop-on-violation: the workload {plan.workload} is judged as a whole, once "
            "the run is over; leave it out."
        )
    if known_workload and plan.consistency != (LINEARIZABLE,):
        problems += _unfit_promises(plan, catalogue.workloads[plan.workload].model)
    if plan.level is not None and known_workload:
        problems += _unfit_level(plan, catalogue.workloads[plan.workload].model)
    if plan.consistency != (LINEARIZABLE,) and APART in plan.options:
        problems.append(
            f"--consistency: with {APART} what a process reads and what it writes are two "
            "sessions, and of those together nothing but linearizability is promised; take "
            "read-session=same."
        )
    if "partition" in plan.faults and plan.nodes < 2:
        problems.append("--nodes: a partition needs two nodes at least.")
    if plan.stop_on_violation and LINEARIZABLE not in plan.consistency:
        problems.append(
            "--stop-on-violation: what is followed while a run goes on is whether it is "
            "linearizable; name linearizable in --consistency, too."
        )
    if plan.resend_s is not None and plan.resend_s >= plan.timeout_s:
        problems.append(
            f"--resend: seen {duration_text(plan.resend_s)} s, expected less than the time-out of "
            f"an operation ({duration_text(plan.timeout_s)} s), or nothing is ever sent again."
        )
    return problems


def _unfit_promises(plan: Plan, model: str) -> list[str]:
    from checker.consistency.promise import PROMISES, misfits

    known = [name for name in plan.consistency if name in PROMISES]
    return [f"--consistency: {one} Leave it out." for one in misfits(known, model)]


def _unfit_level(plan: Plan, model: str) -> Iterator[str]:
    """Why a level of isolation cannot be asked for."""
    if model not in ISOLATED:
        yield (
            f"--level: the workload {plan.workload} is no transactions; levels of isolation are "
            f"for those of the models {', '.join(ISOLATED)}."
        )
    if plan.consistency != (LINEARIZABLE,):
        yield "--level: transactions are judged by a level or by --consistency, not by both."
    if plan.stop_on_violation and plan.level != STRICTEST:
        yield (
            "--stop-on-violation: what is followed while a run goes on is strict serializability, "
            f"and not {plan.level}; leave it out."
        )
