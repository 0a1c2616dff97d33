"""The command that repeats a run."""

from __future__ import annotations

import shlex
from dataclasses import replace

from splitbrain.plan import Plan
from splitbrain.quantities import duration_text


def repeat_command(plan: Plan) -> str:
    """The shell command whose plan is exactly ``plan``.

    What equals a default is left out, except the host and the seed, and whatever a seeded
    bug's catalogue entry or the workload could fill in.
    """
    default = Plan(system=plan.system, host=plan.host, workload="register")
    words = ["splitbrain", "test", plan.system, "--host", plan.host, "--seed", str(plan.seed)]

    def add(option: str, text: str, *, differs: bool) -> None:
        if differs:
            words.extend((option, text))

    advised = bool(plan.bugs)
    for bug in plan.bugs:
        words += ["--bug", bug]
    for text in plan.options:
        words += ["--option", text]
    add("--nodes", str(plan.nodes), differs=plan.nodes != default.nodes)
    add("--workload", plan.workload, differs=advised or plan.workload != default.workload)
    add(
        "--concurrency",
        str(plan.concurrency),
        differs=plan.concurrency != max(default.concurrency, plan.nodes),
    )
    counted = plan.operations is not None
    add("--operations", str(plan.operations), differs=counted)
    add("--rate", duration_text(plan.rate), differs=counted or plan.rate != default.rate)
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
        differs=advised or plan.faults != default.faults,
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
    if plan.stop_on_violation:
        words.append("--stop-on-violation")
    return shlex.join(words)


def without_bugs(plan: Plan) -> Plan:
    """The same plan on the correct system."""
    return replace(plan, bugs=())
