"""The report of a run as one self-contained HTML page: no network, every value escaped.

    sentence ─► findings ─► latency, rate, roles ─► every operation ─► tables ─► logs ─► plan

All that is words stands in the page itself, and so do the drawings of latency, rate and roles;
JavaScript draws the findings and the timeline, in which one can move.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

from checker.explanation import violation_diagram
from checker.verdict import Verdict
from splitbrain.archive.shrunk import shrunk_from
from splitbrain.evidence import evidence
from splitbrain.record import RunRecord
from splitbrain.report.columns import timeline_data
from splitbrain.report.cycle import cycle_svg
from splitbrain.report.faults import effect_text, fault_times, fault_title
from splitbrain.report.findings import FINDINGS_MAX, bands_near, found_in
from splitbrain.report.logs import read_logs
from splitbrain.report.logs_section import logs_section
from splitbrain.report.markup import definitions, row, table, text
from splitbrain.report.meanings import meaning
from splitbrain.report.over_time import latency_section, rate_section, roles_section
from splitbrain.report.plan_section import plan_section
from splitbrain.report.plots import drawings, found_s
from splitbrain.report.promises import HEADS, cells_of
from splitbrain.report.settings import load_text
from splitbrain.report.statistics import Count, Statistics, statistics
from splitbrain.report.text import (
    health_sentence,
    reached_text,
    recovery_text,
    unavailable_sentence,
    verdict_sentence,
)
from splitbrain.roles import LEADER, Roles, roles_of

_SLOT = re.compile(r"<!--slot:(\w+)-->")
DIAGRAM_WIDTH, DIAGRAM_LINES_MAX = 110, 60
FAULTS_MAX = 1_000
KINDS_MAX = 60


def page(record: RunRecord) -> str:
    """The page of a run. About 35 bytes an operation; opens from a file, in light or dark."""
    # Made once: those of a history that was read are made anew by whoever asks for them.
    operations = list(record.operations)
    numbers = statistics(operations, record.faults, concurrency=record.plan.concurrency)
    roles = roles_of(record)
    drawn = drawings(record, roles)
    data = timeline_data(record, operations)
    has = {"faults": bool(record.faults), "found": bool(data["findings"])}
    slots = {
        "style": _asset("timeline.css"),
        "script": _asset("timeline.js"),
        "title": text(f"{record.verdict}: {record.run}"),
        "verdict": str(record.verdict),
        "sentence": text(verdict_sentence(record)),
        "findings": _findings(record),
        "latency": latency_section(drawn, **has),
        "rate": rate_section(drawn, **has),
        "roles": roles_section(drawn, roles, **has),
        "left": _left(data),
        "facts": _facts(record, numbers),
        "operations": _operations(numbers),
        "faults": _faults(record, numbers),
        "logs": logs_section(read_logs(record.folder, roles.start, _moments(record, roles))),
        "plan": plan_section(record.plan, record.run),
        "data": embed(data),
    }
    # In one pass: what a slot brings is never looked through for slots again.
    return _SLOT.sub(lambda match: slots[match[1]], _asset("timeline.html"))


def _moments(record: RunRecord, roles: Roles) -> list[float]:
    """The times of a run that matter most, in seconds."""
    faults = (t for f in record.faults for t in (f.start_ns, f.healed_ns) if t is not None)
    leaders = (span.start_ns for span in roles.of(LEADER))
    return [*(time_ns / 1e9 for time_ns in (*faults, *leaders)), *found_s(record)]


def _left(data: dict[str, Any]) -> str:
    if not (left := data["left_out"]):
        return ""
    return (
        f"<p class=hint>{left:,} operations are left out of this drawing, those farthest from the "
        "findings; every other part of the page counts them. All are in the run’s folder.</p>"
    )


def embed(data: Any) -> str:
    """JSON that may stand inside a script element, whatever strings it holds."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return files("splitbrain.report").joinpath(name).read_text(encoding="utf-8")


def _findings(record: RunRecord) -> str:
    violations = found_in(record)
    shown = violations[:FINDINGS_MAX]
    parts = []
    for number, violation in enumerate(shown):
        told = meaning(violation.kind, record.plan.workload)
        parts.append(
            f'<section class=finding id=finding-{number + 1} data-finding="{number}">'
            f"<h2>{text(violation.kind.capitalize())}</h2>"
            + (f"<p class=meaning>{text(told)}</p>" if told else "")
            + f"<p class=told>{text(violation.sentence)}</p>{cycle_svg(violation)}"
            "<div class=drawing tabindex=0></div>"
            "<p class=hint>A bar runs from call to answer; the operation took effect at one moment "
            "inside it. What was never answered (…?) may take effect at any later time, or never."
            f"</p>{_in_text(record, number)}</section>"
        )
    if len(shown) > 1:
        more = len(violations) - len(shown)
        parts.append(
            f"<nav class=findings aria-label=findings><button data-step=-1>previous</button> "
            f"<span>1</span> of {len(shown)} <button data-step=1>next</button>"
            + (f" and {more:,} more in verdict.json" if more else "")
            + "</nav>"
        )
    if violations and (record.folder / "explanation.html").is_file():
        parts.append(
            "<p><a href=explanation.html>Why: every operation, and the orders that were possible"
            "</a></p>"
        )
    return "".join(parts)


def _in_text(record: RunRecord, number: int) -> str:
    """The drawing in letters: to copy, and for who has no JavaScript."""
    violation = found_in(record)[number]
    shown = evidence(violation, record.operations)
    if not shown:
        return ""
    bands = bands_near(shown, record.faults)
    diagram = violation_diagram(violation, shown, width=DIAGRAM_WIDTH, bands=bands)
    lines = diagram.split("\n")
    told = "\n".join(one[:400] for one in lines[:DIAGRAM_LINES_MAX])
    if len(lines) > DIAGRAM_LINES_MAX:
        told += f"\n… and {len(lines) - DIAGRAM_LINES_MAX:,} lines more"
    return (
        "<details class=letters><summary>in letters, to copy</summary>"
        f"<pre tabindex=0>{text(told)}</pre></details>"
    )


def _facts(record: RunRecord, numbers: Statistics) -> str:
    plan = record.plan
    rows = [
        ("Run", f"{record.run}, started {record.started}"),
        (
            "Cluster",
            f"{plan.nodes} nodes of {plan.system} on {plan.host}; {plan.concurrency} clients, "
            f"workload {plan.workload}, {load_text(plan)}; seed {plan.seed}",
        ),
        ("Harness", health_sentence(record.health)),
        ("Kept in", str(record.folder)),
    ]
    if plan.bugs:
        reached = ", ".join(f"{bug}: {reached_text(record, bug)}" for bug in plan.bugs)
        rows.insert(2, ("Seeded bug", reached))
    if late := unavailable_sentence(record):
        rows.insert(2, ("Liveness", late))
    if record.died:
        rows.insert(2, ("Died", f"{', '.join(record.died)}: ended though no fault had ended it"))
    if numbers.share_of_others is not None:
        rows.insert(
            2,
            (
                "Seen of others",
                f"{numbers.share_of_others:.0%} of {numbers.reads_ok:,} ok reads returned what "
                "another client had written",
            ),
        )
    if (came := shrunk_from(record)) is not None:
        rows.insert(1, ("Shrunk from", came[1]))
    if record.reason and record.verdict not in (Verdict.VALID, Verdict.INVALID):
        rows.insert(0, ("Because", record.reason))
    return _promises(record) + definitions(rows)


def _promises(record: RunRecord) -> str:
    rows = cells_of(record.results)
    if not rows:
        return ""
    return table("promises", row("th", HEADS), "".join(row("td", cells) for cells in rows))


def _operations(numbers: Statistics) -> str:
    by_f = sorted(numbers.by_f.items(), key=lambda item: (-item[1].total, item[0]))
    rows = [*sorted(by_f[:KINDS_MAX]), ("all", numbers.all)]
    body = "".join(row("td", _count_cells(f, one)) for f, one in rows)
    heads = ("", "ok", "fail", "info", "p50 ms", "p95 ms", "p99 ms", "max ms")
    return table("numbers", row("th", heads), body)


def _count_cells(f: str, one: Count) -> list[str]:
    q = one.latency
    latency = (q.p50_ms, q.p95_ms, q.p99_ms, q.max_ms) if q is not None else ()
    counts = [f"{number:,}" for number in (one.ok, one.fail, one.info)]
    return [f, *counts, *(f"{ms:.1f}" for ms in latency)]


def _faults(record: RunRecord, numbers: Statistics) -> str:
    if not record.faults:
        return "<p>No fault happened.</p>"
    recoveries = {recovery.fault: recovery for recovery in numbers.recoveries}
    rows = []
    for fault in record.faults:
        recovery = recoveries.get(fault.symbolic.id)
        told = effect_text(fault) + (f"; {recovery_text(recovery)}" if recovery else "")
        rows.append(row("td", (fault_times(fault), fault_title(fault), told)))
    heads = row("th", ("in force", "fault", "effect"))
    body = "".join(rows[:FAULTS_MAX])
    left = len(rows) - FAULTS_MAX
    more = f"<p>… and {left:,} more in faults.jsonl</p>" if left > 0 else ""
    return table("faults", heads, body) + more
