"""A plan told: all of it, in words, in the order in which one asks."""

from __future__ import annotations

from collections.abc import Sequence

from checker.wording import plural
from splitbrain.plan import Plan
from splitbrain.quantities import duration_text

Rows = list[tuple[str, str]]


def plan_rows(plan: Plan) -> list[tuple[str, Rows]]:
    """What each setting of a plan is, under four heads; what does not apply is left out."""
    cluster: Rows = [
        ("system", plan.system),
        ("nodes", f"{plan.nodes}, on {plan.host}"),
        ("seeded bugs", _list(plan.bugs)),
        ("options", _list(plan.options)),
    ]
    cluster += _given(
        ("defined in", plan.target or ""),
        ("machines", ", ".join(plan.ssh)),
        ("ssh key", plan.ssh_key or ""),
        ("known hosts", plan.ssh_known_hosts or ""),
        ("sudo", plan.sudo if plan.ssh else ""),
        ("endpoints", ", ".join(plan.endpoints)),
    )
    load: Rows = [("workload", plan.workload), ("clients", f"{plan.concurrency}")]
    if plan.script is not None:
        load.append(("operations", f"{len(plan.script.operations):,}, each at its time (below)"))
    else:
        rate = f"{duration_text(plan.rate)} a second in all" if plan.rate else "as fast as they can"
        load += [
            ("rate", rate),
            ("ends after", _end(plan)),
            ("keys in use at once", f"{plan.keys}"),
            ("operations until a key is retired", f"{plan.operations_per_key:,}"),
        ]
    resend = "never" if plan.resend_s is None else f"after {duration_text(plan.resend_s)} s"
    load += [
        ("an operation is given up after", f"{duration_text(plan.timeout_s)} s"),
        ("an unanswered request is sent again", resend),
    ]
    return [
        ("Cluster", cluster),
        ("Load", load),
        ("Faults", _faults(plan)),
        (
            "Judgement",
            [
                ("promised", plan.level or ", ".join(plan.consistency)),
                (
                    "must serve again within",
                    f"{duration_text(plan.live_within_s)} s of the last heal",
                ),
                ("ends with the first violation", "yes" if plan.stop_on_violation else "no"),
                ("seed", f"{plan.seed}"),
            ],
        ),
    ]


def load_text(plan: Plan) -> str:
    """How much was asked of the clients, and how fast, in half a sentence."""
    limit = f"{duration_text(plan.time_limit_s)} s"
    if plan.script is not None:
        return f"{plural(len(plan.script.operations), 'operation')}, each at its time, for {limit}"
    rate = f"{duration_text(plan.rate)} ops/s asked" if plan.rate else "as fast as they could"
    if plan.operations is not None:
        return f"{plural(plan.operations, 'operation')}, {rate}, for {limit} at most"
    return f"{rate} for {limit}"


def _faults(plan: Plan) -> Rows:
    if plan.script is not None:
        return [("faults", f"{len(plan.script.faults):,}, each at its time (below)")]
    if not plan.faults:
        return [("kinds", "none")]
    return [
        ("kinds", ", ".join(plan.faults)),
        ("aimed at", _list(plan.fault_targets, "any node or set of nodes there is")),
        ("strategy", plan.strategy),
        ("held for", f"{duration_text(plan.fault_hold_s)} s"),
        ("quiet after each heal", f"{duration_text(plan.fault_quiet_s)} s"),
        ("kinds overlap", "yes" if plan.overlap else "no"),
        ("quiet before the final reads", f"{duration_text(plan.recovery_s)} s"),
    ]


def _end(plan: Plan) -> str:
    told = f"{duration_text(plan.time_limit_s)} s"
    return told if plan.operations is None else f"{plan.operations:,} operations, or {told}"


def _list(names: Sequence[str], none: str = "none") -> str:
    return ", ".join(names) or none


def _given(*rows: tuple[str, str]) -> Rows:
    return [row for row in rows if row[1]]
