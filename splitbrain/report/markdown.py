"""A run as Markdown: for a pull request or an issue, where nothing can be clicked and all is read.

Whatever the run says is text there: it makes no markup, no link, and calls nobody by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from checker.explanation import violation_diagram
from splitbrain.archive.shrunk import shrunk_from
from splitbrain.record import RunRecord
from splitbrain.report.faults import effect_text, fault_times, fault_title
from splitbrain.report.findings import bands_near, evidence, found_in
from splitbrain.report.leaders import leaders_text
from splitbrain.report.meanings import meaning
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
from splitbrain.text import clipped, printable, shortened

CHARACTERS_MAX = 60_000
"""GitHub takes 65,536 in a comment."""
FINDINGS_MAX, FAULTS_MAX, LINES_MAX, TEXT_MAX = 3, 40, 60, 2_000
WIDTH = 100
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~&!])")
_REACHING = (
    (re.compile("@"), "&#64;"),
    (re.compile("://"), ":&#47;/"),
    (re.compile(r"www\."), "www&#46;"),
)


def run_markdown(record: RunRecord) -> str:
    """The run: verdict, findings with their drawing, numbers, faults, and how to see it again."""
    numbers = statistics(record.operations, record.faults, concurrency=record.plan.concurrency)
    needed = [f"**{_text(verdict_sentence(record))}**", _text(unavailable_sentence(record))]
    needed += _findings(record)
    needed += ["### The same again", "\n\n".join(_again(record))]
    more = [
        "### Operations",
        _operations(numbers),
        _fenced("\n".join(sparks(record, WIDTH))),
        "### Faults",
        _faults(record),
        "### Who led",
        "\n".join(f"- {_text(sentence)}" for sentence in leaders_text(roles_of(record))),
        _plan(record),
        f"Run {_text(record.run)}, started {_text(record.started)}, by splitbrain "
        f"{version('splitbrain')}. {_text(health_sentence(record.health))}.",
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


def _text(told: str, limit: int = TEXT_MAX) -> str:
    """``told`` on one line, none of it markup, a link, or a call to somebody."""
    line = _MARKUP.sub(r"\\\1", " ".join(printable(shortened(told, limit)).split()))
    for seen, instead in _REACHING:
        line = seen.sub(instead, line)
    return line


def _fenced(told: str, kind: str = "text") -> str:
    """``told`` as it stands, between fences longer than any in it."""
    shown = printable(told)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{kind}\n{shown}\n{fence}" if shown else ""


def _findings(record: RunRecord) -> Iterator[str]:
    found = found_in(record)
    known: set[str] = set()
    for violation in found[:FINDINGS_MAX]:
        yield f"### {_text(violation.kind.capitalize())}"
        told = meaning(violation.kind, record.plan.workload)
        if told and told not in known:
            yield f"*{_text(told)}*"
            known.add(told)
        yield f"> {_text(violation.sentence)}"
        shown = evidence(violation, record.operations)
        if shown:
            bands = bands_near(shown, record.faults)
            diagram = violation_diagram(violation, shown, width=WIDTH, bands=bands).split("\n")
            yield _fenced("\n".join(clipped(line, 2 * WIDTH) for line in diagram[:LINES_MAX]))
    if len(found) > FINDINGS_MAX:
        yield f"… and {len(found) - FINDINGS_MAX:,} more."


def _again(record: RunRecord) -> Iterator[str]:
    commands = [again_command(record.plan, record.run)]
    yield _fenced("\n".join(commands), "sh")
    if record.plan.bugs:
        reached = ", ".join(f"{bug} ({reached_text(record, bug)})" for bug in record.plan.bugs)
        yield f"Seeded bug: {_text(reached)}. Without it:"
        yield _fenced(without_bugs_command(record.plan, record.run), "sh")
    if (came := shrunk_from(record)) is not None:
        yield f"Shrunk from {_text(came[1])}"


def _operations(numbers: Statistics) -> str:
    heads = ("", "ok", "failed", "indeterminate", "p50 ms", "p95 ms", "p99 ms", "max ms")
    rows = [*list(numbers.by_f.items())[:LINES_MAX], ("all", numbers.all)]
    sides = [":--", *["--:"] * (len(heads) - 1)]
    lines = [_line(heads), _line(sides), *(_line(_cells(f, one)) for f, one in rows)]
    told = (
        f"{numbers.all.total:,} in {numbers.duration_s:.1f} s, {numbers.rate_ok:,.0f} ok a second."
    )
    return f"{told}\n\n" + "\n".join(lines)


def _cells(f: str, one: Count) -> list[str]:
    q = one.latency
    latency = ("", "", "", "") if q is None else (q.p50_ms, q.p95_ms, q.p99_ms, q.max_ms)
    counts = [f"{number:,}" for number in (one.ok, one.fail, one.info)]
    return [_text(f, 40), *counts, *(ms if isinstance(ms, str) else f"{ms:.1f}" for ms in latency)]


def _faults(record: RunRecord) -> str:
    if not record.faults:
        return "None."
    lines = [_line(("in force", "fault", "effect")), _line((":--", ":--", ":--"))]
    for fault in record.faults[:FAULTS_MAX]:
        told = (fault_times(fault), fault_title(fault), effect_text(fault))
        lines.append(_line([_text(cell, 400) for cell in told]))
    if len(record.faults) > FAULTS_MAX:
        lines.append(_line((f"… and {len(record.faults) - FAULTS_MAX:,} more", "", "")))
    return "\n".join(lines)


def _plan(record: RunRecord) -> str:
    lines = [_line(("", "")), _line((":--", ":--"))]
    for head, rows in plan_rows(record.plan):
        lines.append(_line((f"**{head}**", "")))
        lines += [_line((_text(name), _text(told, 400))) for name, told in rows]
    script = script_lines(record.plan)[:LINES_MAX]
    told = "\n".join(lines) + ("\n\n" + _fenced("\n".join(script)) if script else "")
    return f"<details><summary>The plan</summary>\n\n{told}\n\n</details>"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
