"""The command that repeats a run, and what else is told with it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

from splitbrain.plan import Plan
from splitbrain.quantities import duration_text
from splitbrain.workloads import WORKLOADS


def repeat_command(plan: Plan) -> str:
    """The shell command whose plan is exactly ``plan``, but for its script.

    What equals a default is left out, except the host and the seed, and whatever a seeded
    bug's catalogue entry or the workload could fill in.
    """
    default = Plan(system=plan.system, host=plan.host, workload="register")
    what = [plan.system] if plan.target is None else ["--target", plan.target]
    words = ["splitbrain", "test", *what, "--host", plan.host, "--seed", str(plan.seed)]

    def add(option: str, text: str, *, differs: bool) -> None:
        if differs:
            words.extend((option, text))

    _add_outside(plan, add)
    if plan.endpoints and plan.ssh:
        words.append("--allow-faults")
    advised = bool(plan.bugs)
    # A cluster that runs already has gentler defaults.
    existing = bool(plan.endpoints)
    for bug in plan.bugs:
        words += ["--bug", bug]
    for text in plan.options:
        words += ["--option", text]
    known = len(plan.endpoints or plan.ssh) or default.nodes
    add("--nodes", str(plan.nodes), differs=plan.nodes != known)
    add("--workload", plan.workload, differs=advised or plan.workload != default.workload)
    add(
        "--concurrency",
        str(plan.concurrency),
        differs=plan.concurrency != max(default.concurrency, plan.nodes),
    )
    counted = plan.operations is not None
    add("--operations", str(plan.operations), differs=counted)
    unusual = counted or existing or plan.rate != default.rate
    add("--rate", duration_text(plan.rate), differs=unusual)
    add(
        "--time-limit",
        duration_text(plan.time_limit_s),
        differs=plan.time_limit_s != default.time_limit_s,
    )
    add("--keys", str(plan.keys), differs=plan.keys != default.keys)
    add(
        "--operations-per-key",
        str(plan.operations_per_key),
        differs=plan.operations_per_key != default.operations_per_key,
    )
    add("--timeout", duration_text(plan.timeout_s), differs=plan.timeout_s != default.timeout_s)
    add(
        "--resend",
        "none" if plan.resend_s is None else duration_text(plan.resend_s),
        differs=advised or plan.workload != default.workload or plan.resend_s is not None,
    )
    add(
        "--faults",
        ",".join(plan.faults) or "none",
        differs=advised or existing or plan.faults != default.faults,
    )
    if plan.faults:
        add(
            "--fault-target",
            ",".join(plan.fault_targets) or "any",
            differs=advised or bool(plan.fault_targets),
        )
        add(
            "--interval",
            f"{duration_text(plan.fault_hold_s)},{duration_text(plan.fault_quiet_s)}",
            differs=(plan.fault_hold_s, plan.fault_quiet_s)
            != (default.fault_hold_s, default.fault_quiet_s),
        )
        if advised or plan.overlap != default.overlap:
            words.append("--overlap" if plan.overlap else "--no-overlap")
    add("--strategy", plan.strategy, differs=plan.strategy != default.strategy)
    add("--recovery", duration_text(plan.recovery_s), differs=plan.recovery_s != default.recovery_s)
    add(
        "--live-within",
        duration_text(plan.live_within_s),
        differs=plan.live_within_s != default.live_within_s,
    )
    add(
        "--consistency",
        ",".join(plan.consistency),
        differs=plan.consistency != default.consistency or _promises_filled_in(plan),
    )
    if plan.level is not None:
        words += ["--level", plan.level]
    if plan.stop_on_violation:
        words.append("--stop-on-violation")
    return shlex.join(words)


def _promises_filled_in(plan: Plan) -> bool:
    """Whether the workload, or the bug's catalogue entry, fills in promises of its own."""
    known = WORKLOADS.get(plan.workload)
    if known is not None and known.consistency:
        return True
    from splitbrain.cli.catalogue import WITH_BUGS, bugs_of

    own = bugs_of([plan.system] if plan.bugs and plan.system in WITH_BUGS else [])
    return any(bug.consistency for bug in own if plan.bugs[0] in (bug.name, bug.id))


def again_command(plan: Plan, run: str) -> str:
    """The shell command that repeats the run of this name: a script is too long to type."""
    return repeat_command(plan) if plan.script is None else f"splitbrain replay {run}"


def without_bugs_command(plan: Plan, run: str) -> str:
    """The same on the correct system."""
    if plan.script is None:
        return repeat_command(without_bugs(plan))
    return f"splitbrain replay {run} --without-bugs"


def _add_outside(plan: Plan, add: Callable[..., None]) -> None:
    add("--ssh", ",".join(plan.ssh), differs=bool(plan.ssh))
    add("--ssh-key", str(plan.ssh_key), differs=plan.ssh_key is not None)
    add("--ssh-known-hosts", str(plan.ssh_known_hosts), differs=plan.ssh_known_hosts is not None)
    add("--sudo", plan.sudo, differs=plan.sudo != "auto")
    add("--endpoints", ",".join(plan.endpoints), differs=bool(plan.endpoints))


def failed_sentence(plan: Plan, error: str | None) -> str:
    """A run that the harness did not finish, for a person: ``error`` says why."""
    return (
        f"the run of seed {plan.seed} failed, which says nothing about {plan.system}: "
        f"{error}\nAgain: {repeat_command(plan)}"
    )


def without_bugs(plan: Plan) -> Plan:
    """The same plan on the correct system."""
    return replace(plan, bugs=())
