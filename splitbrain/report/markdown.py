"""A run as Markdown: for a pull request or an issue, where nothing is clicked and all is read."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from checker.explanation import violation_diagram
from splitbrain.archive.shrunk import shrunk_from
from splitbrain.evidence import evidence
from splitbrain.markdown import fenced, row, text
from splitbrain.record import RunRecord
from splitbrain.report.faults import effect_text, fault_times, fault_title
from splitbrain.report.findings import bands_near, found_in
from splitbrain.report.leaders import leaders_text
from splitbrain.report.meanings import meaning
from splitbrain.report.promises import HEADS, cells_of
from splitbrain.report.repeat import again_command, without_bugs_command
from splitbrain.report.script import script_lines
from splitbrain.report.settings import plan_rows
from splitbrain.report.sparks import sparks
from splitbrain.report.statistics import Count, Statistics, statistics
from splitbrain.report.text import (
    health_sentence,
    reached_text,
    unavailable_sentence,
    verdict_sentence,
)
from splitbrain.roles import roles_of
from splitbrain.text import clipped

CHARACTERS_MAX = 60_000
"""GitHub takes 65,536 in a comment."""
FINDINGS_MAX, FAULTS_MAX, LINES_MAX = 3, 40, 60
WIDTH = 100


def run_markdown(record: RunRecord) -> str:
    """The run: verdict, findings with their drawing, numbers, faults, and how to see it again."""
    numbers = statistics(record.operations, record.faults, concurrency=record.plan.concurrency)
    needed = [f"**{text(verdict_sentence(record))}**", text(unavailable_sentence(record))]
    needed += [_promises(record), *_findings(record)]
    needed += ["### The same again", "\n\n".join(_again(record))]
    more = [
        "### Operations",
        _operations(numbers),
        fenced("\n".join(sparks(record, WIDTH))),
        "### Faults",
        _faults(record),
        "### Who led",
        "\n".join(f"- {text(sentence)}" for sentence in leaders_text(roles_of(record))),
        _plan(record),
        f"Run {text(record.run)}, started {text(record.started)}, by splitbrain "
        f"{version('splitbrain')}. {text(health_sentence(record.health))}.",
    ]
    blocks, room, left = [], CHARACTERS_MAX, False
    for block in filter(None, (*needed, *more)):
        if len(block) + 2 > room:
            left = True
            continue
        room -= len(block) + 2
        blocks.append(block)
    if left:
        blocks.append("What was too long for a comment is left out: `splitbrain show` tells it.")
    return "\n\n".join(blocks) + "\n"


def _promises(record: RunRecord) -> str:
    cells = cells_of(record.results)
    if not cells:
        return ""
    lines = [row(HEADS), row((":--", ":--", ":--"))]
    lines += [row((text(name), verdict, text(why))) for name, verdict, why in cells]
    return "\n".join(lines)


def _findings(record: RunRecord) -> Iterator[str]:
    found = found_in(record)
    known: set[str] = set()
    for violation in found[:FINDINGS_MAX]:
        yield f"### {text(violation.kind.capitalize())}"
        told = meaning(violation.kind, record.plan.workload)
        if told and told not in known:
            yield f"*{text(told)}*"
            known.add(told)
        yield f"> {text(violation.sentence)}"
        shown = evidence(violation, record.operations)
        if shown:
            bands = bands_near(shown, record.faults)
            diagram = violation_diagram(violation, shown, width=WIDTH, bands=bands).split("\n")
            yield fenced("\n".join(clipped(line, 2 * WIDTH) for line in diagram[:LINES_MAX]))
    if len(found) > FINDINGS_MAX:
        yield f"… and {len(found) - FINDINGS_MAX:,} more."


def _again(record: RunRecord) -> Iterator[str]:
    commands = [again_command(record.plan, record.run)]
    yield fenced("\n".join(commands), "sh")
    if record.plan.bugs:
        reached = ", ".join(f"{bug} ({reached_text(record, bug)})" for bug in record.plan.bugs)
        yield f"Seeded bug: {text(reached)}. Without it:"
        yield fenced(without_bugs_command(record.plan, record.run), "sh")
    if (came := shrunk_from(record)) is not None:
        yield f"Shrunk from {text(came[1])}"


def _operations(numbers: Statistics) -> str:
    heads = ("", "ok", "failed", "indeterminate", "p50 ms", "p95 ms", "p99 ms", "max ms")
    rows = [*list(numbers.by_f.items())[:LINES_MAX], ("all", numbers.all)]
    sides = [":--", *["--:"] * (len(heads) - 1)]
    lines = [row(heads), row(sides), *(row(_cells(f, one)) for f, one in rows)]
    told = (
        f"{numbers.all.total:,} in {numbers.duration_s:.1f} s, {numbers.rate_ok:,.0f} ok a second."
    )
    return f"{told}\n\n" + "\n".join(lines)


def _cells(f: str, one: Count) -> list[str]:
    q = one.latency
    latency = ("", "", "", "") if q is None else (q.p50_ms, q.p95_ms, q.p99_ms, q.max_ms)
    counts = [f"{number:,}" for number in (one.ok, one.fail, one.info)]
    return [text(f, 40), *counts, *(ms if isinstance(ms, str) else f"{ms:.1f}" for ms in latency)]


def _faults(record: RunRecord) -> str:
    if not record.faults:
        return "None."
    lines = [row(("in force", "fault", "effect")), row((":--", ":--", ":--"))]
    for fault in record.faults[:FAULTS_MAX]:
        told = (fault_times(fault), fault_title(fault), effect_text(fault))
        lines.append(row([text(cell, 400) for cell in told]))
    if len(record.faults) > FAULTS_MAX:
        lines.append(row((f"… and {len(record.faults) - FAULTS_MAX:,} more", "", "")))
    return "\n".join(lines)


def _plan(record: RunRecord) -> str:
    lines = [row(("", "")), row((":--", ":--"))]
    for head, rows in plan_rows(record.plan):
        lines.append(row((f"**{head}**", "")))
        lines += [row((text(name), text(told, 400))) for name, told in rows]
    script = script_lines(record.plan)[:LINES_MAX]
    told = "\n".join(lines) + ("\n\n" + fenced("\n".join(script)) if script else "")
    return f"<details><summary>The plan</summary>\n\n{told}\n\n</details>"
