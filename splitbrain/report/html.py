"""The timeline as one self-contained HTML page: no network, every value escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

from checker.verdict import Verdict
from splitbrain.record import RunRecord
from splitbrain.report.columns import timeline_data
from splitbrain.report.faults import effect_text, fault_times, fault_title
from splitbrain.report.promises import in_a_line
from splitbrain.report.repeat import again_command
from splitbrain.report.statistics import Count, Statistics, statistics
from splitbrain.report.text import (
    health_sentence,
    recovery_text,
    unavailable_sentence,
    verdict_sentence,
)
from splitbrain.text import printable

_SLOT = re.compile(r"<!--slot:(\w+)-->")


def page(record: RunRecord) -> str:
    """The page of a run. About 40 bytes an operation; opens from a file, in light or dark."""
    numbers = statistics(record.operations, record.faults, concurrency=record.plan.concurrency)
    slots = {
        "style": _asset("timeline.css"),
        "script": _asset("timeline.js"),
        "title": _text(f"{record.verdict}: {record.run}"),
        "verdict": str(record.verdict),
        "sentence": _text(verdict_sentence(record)),
        "findings": _findings(record),
        "facts": _facts(record, numbers),
        "operations": _operations(numbers),
        "faults": _faults(record, numbers),
        "data": embed(timeline_data(record)),
    }
    # In one pass: what a slot brings is never looked through for slots again.
    return _SLOT.sub(lambda match: slots[match[1]], _asset("timeline.html"))


def embed(data: Any) -> str:
    """JSON that may stand inside a script element, whatever strings it holds."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return files("splitbrain.report").joinpath(name).read_text(encoding="utf-8")


def _text(text: object) -> str:
    return escape(printable(str(text)))


def _findings(record: RunRecord) -> str:
    violations = [violation for result in record.results for violation in result.violations]
    parts = []
    for number, violation in enumerate(violations):
        parts.append(
            f'<section class=finding data-finding="{number}"{" hidden" if number else ""}>'
            f"<h2>{_text(violation.kind.capitalize())}</h2>"
            f"<p class=told>{_text(violation.sentence)}</p><div class=drawing></div>"
            "<p class=hint>A bar runs from call to answer; the operation took effect at one moment "
            "inside it. What was never answered (…?) may take effect at any later time, or never."
            "</p></section>"
        )
    if len(violations) > 1:
        parts.append(
            f"<nav class=findings><button data-step=-1>previous</button> <span>1</span> of "
            f"{len(violations)} <button data-step=1>next</button></nav>"
        )
    if violations:
        parts.append(
            "<p><a href=explanation.html>Why: every operation, and the orders that were possible"
            "</a></p>"
        )
    return "".join(parts)


def _facts(record: RunRecord, numbers: Statistics) -> str:
    plan = record.plan
    rows = [
        ("Run", f"{record.run}, started {record.started}"),
        (
            "Cluster",
            f"{plan.nodes} nodes of {plan.system} on {plan.host}; {plan.concurrency} clients, "
            f"workload {plan.workload}",
        ),
        ("Harness", health_sentence(record.health)),
        ("Again", again_command(plan, record.run)),
    ]
    if told := "; ".join(in_a_line(r.promises) for r in record.results if r.promises):
        rows.insert(0, ("Promises", told))
    if plan.bugs:
        reached = ", ".join(
            f"{bug}: reached {record.bugs_reached.get(bug, 0):,} times" for bug in plan.bugs
        )
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
    if record.reason and record.verdict not in (Verdict.VALID, Verdict.INVALID):
        rows.insert(0, ("Because", record.reason))
    told = "".join(f"<dt>{_text(head)}<dd>{_text(text)}" for head, text in rows)
    return f"<dl>{told}</dl>"


def _operations(numbers: Statistics) -> str:
    rows = [*numbers.by_f.items(), ("all", numbers.all)]
    body = "".join(_row("td", _count_cells(f, one)) for f, one in rows)
    heads = ("", "ok", "fail", "info", "p50 ms", "p95 ms", "p99 ms", "max ms")
    return f"<table class=numbers><thead>{_row('th', heads)}<tbody>{body}</table>"


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
        rows.append(_row("td", (fault_times(fault), fault_title(fault), told)))
    heads = _row("th", ("in force", "fault", "effect"))
    return f"<table class=faults><thead>{heads}<tbody>{''.join(rows)}</table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for cell in cells)
