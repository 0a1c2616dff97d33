"""A run told on a terminal: the verdict first, then what it rests on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from checker.verdict import Verdict
from checker.wording import plural
from splitbrain.archive.shrunk import shrunk_from
from splitbrain.record import Health, RunRecord
from splitbrain.report.faults import effect_text, fault_times, fault_title
from splitbrain.report.findings import violation_text
from splitbrain.report.isolation import isolation_of, levels_text
from splitbrain.report.leaders import leaders_text
from splitbrain.report.promises import promises_text, worth_showing
from splitbrain.report.repeat import again_command, without_bugs_command
from splitbrain.report.script import script_text
from splitbrain.report.settings import load_text
from splitbrain.report.sparks import sparks
from splitbrain.report.statistics import Count, Recovery, Statistics, statistics
from splitbrain.roles import roles_of
from splitbrain.text import shortened

VIOLATIONS_SHOWN = 3
ERRORS_SHOWN = 6
LAG_MS_WORRYING = 100.0


def summary(record: RunRecord, *, width: int = 100) -> str:
    """The whole summary, ``width`` columns wide at most where words can be broken."""
    numbers = statistics(record.operations, record.faults, concurrency=record.plan.concurrency)
    blocks = [
        textwrap.fill(shortened(verdict_sentence(record)), width),
        textwrap.fill(unavailable_sentence(record), width),
        *(promises_text(r.promises, width) for r in record.results if r.promises),
        *(levels_text(told, width) for told in map(isolation_of, record.results) if told),
        *_violations(record, width),
        "\n".join(_setting(record, numbers, width)),
        "\n".join(script_text(record.plan, width)),
        "\n".join(_operations(numbers, width)),
        "\n".join(sparks(record, width)),
        "\n".join(_faults(record, numbers, width)),
        "\n".join(_leaders(record, width)),
        "\n".join(_bugs(record)),
        "\n".join(_closing(record, width)),
    ]
    return "\n\n".join(block for block in blocks if block)


def verdict_sentence(record: RunRecord) -> str:
    """What was found, in a sentence."""
    plan = record.plan
    cut = " The run was interrupted; what was recorded until then was judged." * record.interrupted
    if record.stopped is not None:
        late_ms = (record.stopped.stopped_ns - record.stopped.completed_ns) / 1e6
        cut = (
            f" The run was stopped for it at {record.stopped.stopped_ns / 1e9:.2f} s, "
            f"{late_ms:,.0f} ms after the completion that cannot have happened."
        )
    reason = (record.reason or "").strip().rstrip(".")
    if record.verdict is Verdict.VALID:
        models = ", ".join(dict.fromkeys(result.model for result in record.results))
        hurt = f" under {', '.join(plan.faults)}" if record.faults else ""
        asked = dict.fromkeys(row.promise for r in record.results for row in r.promises)
        if plan.level is not None:
            asked = {plan.level: None}
        kept = (
            f"keeps what it was asked for: {', '.join(asked)}" if asked else "could have happened"
        )
        return (
            f"VALID: all that clients saw of {plan.system}{hurt} {kept} "
            f"({models or plan.workload}, {len(record.operations):,} operations).{cut}"
        )
    if record.verdict is Verdict.INVALID:
        kinds = list(dict.fromkeys(v.kind for r in record.results for v in r.violations))
        what = ", ".join(kinds) or reason or "a violation"
        found = sum(len(result.violations) for result in record.results)
        times = f" ({found} times)" if found > 1 else ""
        return (
            f"INVALID: clients of {plan.system} saw what cannot have happened: {what}{times}."
            f"{documented_text(record)}{cut}"
        )
    if record.verdict is Verdict.VACUOUS:
        return f"VACUOUS: nothing was really tested: {reason or 'no reason was given'}.{cut}"
    return f"UNKNOWN: the history could not be decided: {reason or 'no reason was given'}.{cut}"


def documented_text(record: RunRecord) -> str:
    """What the system itself says of it, if that is all there is to it."""
    return f" As documented: {'; '.join(record.documented)}." if record.documented else ""


def unavailable_sentence(record: RunRecord) -> str:
    """That the system did not serve again in time, if it did not."""
    late = record.unavailable
    return "" if late is None else late.sentence(record.plan.system)


def _violations(record: RunRecord, width: int) -> Iterator[str]:
    found = [violation for result in record.results for violation in result.violations]
    asked = any(result.promises for result in record.results)
    shown = worth_showing(found) if asked else found[:VIOLATIONS_SHOWN]
    for violation in shown:
        yield violation_text(violation, record.operations, record.faults, width=width)
    if len(found) > len(shown):
        yield f"… and {len(found) - len(shown)} more in {record.folder / 'verdict.json'}"


def _setting(record: RunRecord, numbers: Statistics, width: int) -> Iterator[str]:
    plan = record.plan
    yield _row(
        "Run",
        f"{record.run}: {plan.nodes} nodes on {plan.host}, {plan.concurrency} clients, "
        f"{load_text(plan)}, seed {plan.seed}",
        width,
    )
    timings = record.timings
    first = "never" if timings.first_ok_s is None else f"{timings.first_ok_s:.2f} s"
    yield _row(
        "Took",
        f"set-up {timings.setup_s:.2f} s (first ok after {first}), "
        f"clients {numbers.duration_s:.1f} s, tear-down {timings.teardown_s:.2f} s, "
        f"check {timings.check_s:.2f} s",
        width,
    )
    yield _row("Harness", health_sentence(record.health), width)


def health_sentence(health: Health) -> str:
    """How far the harness itself could have coloured what was measured."""
    told = (
        f"event loop late by {health.loop_lag_ms_p99:.0f} ms (p99), "
        f"{health.loop_lag_ms_max:.0f} ms at most; operations left "
        f"{health.lateness_ms_p50:.0f} ms (p50), {health.lateness_ms_p99:.0f} ms (p99) "
        "after schedule"
    )
    if health.invocations_dropped:
        told += f"; {health.invocations_dropped:,} never left"
    if health.loop_lag_ms_p99 > LAG_MS_WORRYING:
        told += " – this machine was too busy: latencies are partly the harness's own"
    return told


def _operations(numbers: Statistics, width: int) -> Iterator[str]:
    whole = numbers.all
    yield (
        f"Operations  {whole.total:,}: {whole.ok:,} ok ({numbers.rate_ok:,.0f}/s), "
        f"{whole.fail:,} failed, {whole.info:,} indeterminate"
    )
    if whole.total:
        heads = ("", "ok", "fail", "info", "p50", "p95", "p99", "max (ms, of ok)")
        yield "  {:<10}{:>9}{:>9}{:>9}{:>10}{:>9}{:>9}  {:>9}".format(*heads).rstrip()
        rows = [*numbers.by_f.items()]
        if len(rows) > 1:
            rows.append(("all", whole))
        for f, one in rows:
            yield _count_row(f, one)
    if whole.errors:
        worst = list(whole.errors.items())
        told = ", ".join(f"{name} {times:,}" for name, times in worst[:ERRORS_SHOWN])
        more = f" and {len(worst) - ERRORS_SHOWN} other kinds" * (len(worst) > ERRORS_SHOWN)
        yield from _wrapped(f"errors: {told}{more}", width, "  ")
    share = numbers.share_of_others
    if share is not None:
        yield (
            f"  {share:.0%} of {numbers.reads_ok:,} ok reads returned what another client had "
            "written"
        )


def _count_row(f: str, one: Count) -> str:
    row = f"  {f:<10}{one.ok:>9,}{one.fail:>9,}{one.info:>9,}"
    if one.latency is None:
        return row
    q = one.latency
    return f"{row}{q.p50_ms:>10.1f}{q.p95_ms:>9.1f}{q.p99_ms:>9.1f}  {q.max_ms:>9.1f}"


def _faults(record: RunRecord, numbers: Statistics, width: int) -> Iterator[str]:
    if not record.faults:
        asked = ", ".join(record.plan.faults)
        yield (
            f"Faults      none happened ({asked} asked for)" if asked else "Faults      none asked"
        )
        return
    recoveries = {recovery.fault: recovery for recovery in numbers.recoveries}
    yield f"Faults      {len(record.faults)}"
    for fault in record.faults:
        yield from _wrapped(f"{fault_times(fault)}  {fault_title(fault)}", width, "  ")
        yield from _wrapped(effect_text(fault), width, "      ")
        if fault.symbolic.id in recoveries:
            yield from _wrapped(recovery_text(recoveries[fault.symbolic.id]), width, "      ")


def _leaders(record: RunRecord, width: int) -> Iterator[str]:
    head = "Leaders"
    for sentence in leaders_text(roles_of(record)):
        yield _row(head, sentence, width)
        head = ""


def recovery_text(recovery: Recovery) -> str:
    """How soon operations were ok again after a heal."""
    if recovery.any_ok_s is None:
        return "after the heal: no operation was ok any more"
    told = f"after the heal: next ok {_after(recovery.any_ok_s)}"
    waits = {n: s for n, s in recovery.node_ok_s.items() if s is not None}
    silent = [n for n, s in recovery.node_ok_s.items() if s is None]
    if waits:
        slowest = max(waits, key=lambda node: waits[node])
        which = f"on {slowest}" if len(waits) == 1 else f"on the slowest node it hit ({slowest})"
        told += f", {which} {_after(waits[slowest])}"
    if silent:
        told += f", on {' '.join(silent)} never"
    return told


def _after(wait_s: float) -> str:
    return f"{wait_s * 1000:.0f} ms later" if wait_s < 1 else f"{wait_s:.1f} s later"


def reached_text(record: RunRecord, bug: str) -> str:
    """How often the line of a seeded bug ran."""
    return f"reached {plural(record.bugs_reached.get(bug, 0), 'time')}"


def _bugs(record: RunRecord) -> Iterator[str]:
    for bug in record.plan.bugs:
        reached = record.bugs_reached.get(bug, 0)
        times = reached_text(record, bug) if reached else "NEVER REACHED"
        if reached and record.verdict is not Verdict.INVALID:
            times += ", and survived"
        yield f"Seeded bug  {bug}: {times}"
    for node in record.died:
        yield f"Died        {node} ended by itself, no fault had ended it: see logs/{node}.log"


def _closing(record: RunRecord, width: int) -> Iterator[str]:
    yield f"Kept in     {record.folder}"
    if (record.folder / "report.html").is_file():
        yield f"Report      {record.folder / 'report.html'}"
    if (record.folder / "explanation.html").is_file():
        yield f"Why         {record.folder / 'explanation.html'}"
    yield f"Again       {again_command(record.plan, record.run)}"
    if record.plan.bugs:
        yield f"Without it  {without_bugs_command(record.plan, record.run)}"
    if (came := shrunk_from(record)) is not None:
        yield _row("Shrunk from", came[1], width)


def _row(head: str, text: str, width: int) -> str:
    return textwrap.fill(
        shortened(text),
        width,
        initial_indent=f"{head:<12}",
        subsequent_indent=" " * 12,
        break_long_words=False,
    )


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        shortened(text),
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
