"""A finished run made ready to be shown: everything a page says of it, as texts and numbers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from splitbrain.web.drawing import Drawing

if TYPE_CHECKING:
    from splitbrain.archive.summary import RunSummary
    from splitbrain.record import RunRecord
    from splitbrain.report.statistics import Count

VIOLATIONS_SHOWN = 3
FAULTS_SHOWN = 200
SCRIPT_SHOWN = 60
TEXT_MAX = 2000
KEPT = 24
"""So many runs stay told: a page that is asked for again is there at once."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation: its kind, what that means, the sentence, and the operations drawn."""

    kind: str
    meaning: str
    sentence: str
    breaks: str
    drawings: tuple[Drawing, ...]


@dataclass(frozen=True, slots=True)
class FaultTold:
    """A fault: when it was in force, what was done to whom, what came of it."""

    times: str
    title: str
    effect: str
    recovery: str


@dataclass(frozen=True, slots=True)
class Told:
    """A run, told. ``counts`` has a row for each kind of operation and one for all of them.

    ``plan`` is what the plan says, by member. ``more`` counts violations, ``more_faults`` faults,
    that are not among those told. ``promises`` has name, verdict and reason of each that was asked
    about. ``facts`` are pairs of a head and a text. ``shrunk_from`` is
    the name of the run that this one was shrunk from, and all that is known of it. ``script`` has
    a line for each operation and fault of a plan that says them one by one, where they are few.
    """

    sentence: str
    unavailable: str
    findings: tuple[Finding, ...]
    more: int
    promises: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, Count], ...]
    rate_ok: float
    faults: tuple[FaultTold, ...]
    more_faults: int
    again: str
    without_bugs: str | None
    plan: dict[str, Any]
    shrunk_from: tuple[str, str] | None
    script: tuple[str, ...]


def tell(record: RunRecord) -> Told:
    """Tell a run. Takes about as long as ``splitbrain show`` does."""
    from splitbrain.archive.shrunk import shrunk_from
    from splitbrain.report.promises import cells_of, worth_showing
    from splitbrain.report.repeat import again_command, without_bugs_command
    from splitbrain.report.script import script_lines
    from splitbrain.report.statistics import statistics
    from splitbrain.report.text import unavailable_sentence, verdict_sentence
    from splitbrain.text import shortened

    plan = record.plan
    numbers = statistics(record.operations, record.faults, concurrency=plan.concurrency)
    found = [violation for result in record.results for violation in result.violations]
    asked = any(result.promises for result in record.results)
    shown = (worth_showing(found) if asked else found)[:VIOLATIONS_SHOWN]
    counts = [*numbers.by_f.items()]
    faults = _faults(record, numbers.recoveries)
    return Told(
        sentence=shortened(verdict_sentence(record), TEXT_MAX),
        unavailable=shortened(unavailable_sentence(record), TEXT_MAX),
        findings=tuple(_finding(record, violation) for violation in shown),
        more=len(found) - len(shown),
        promises=tuple(cells_of(record.results)),
        facts=tuple((head, shortened(text, TEXT_MAX)) for head, text in _facts(record)),
        counts=(*counts, ("all", numbers.all)) if len(counts) > 1 else tuple(counts),
        rate_ok=numbers.rate_ok,
        faults=faults[:FAULTS_SHOWN],
        more_faults=len(faults) - len(faults[:FAULTS_SHOWN]),
        again=again_command(plan, record.run),
        without_bugs=without_bugs_command(plan, record.run) if plan.bugs else None,
        plan=plan.to_json(),
        shrunk_from=shrunk_from(record),
        script=_few(script_lines(plan)),
    )


def _few(lines: list[str]) -> tuple[str, ...]:
    """Lines of a script that are few enough to be read; else none: the report has them."""
    from splitbrain.text import clipped

    return tuple(clipped(line, 200) for line in lines) if len(lines) <= SCRIPT_SHOWN else ()


def _finding(record: RunRecord, violation: Any) -> Finding:
    from splitbrain.report.meanings import meaning
    from splitbrain.text import shortened
    from splitbrain.web.drawing import drawings

    return Finding(
        kind=shortened(violation.kind, 200),
        meaning=meaning(violation.kind, record.plan.workload),
        sentence=shortened(violation.sentence, TEXT_MAX),
        breaks=", ".join(map(str, violation.details.get("breaks", ())))[:200],
        drawings=drawings(violation, record.operations, record.faults),
    )


def _faults(record: RunRecord, recoveries: Any) -> tuple[FaultTold, ...]:
    from splitbrain.report.faults import effect_text, fault_times, fault_title
    from splitbrain.report.text import recovery_text
    from splitbrain.text import shortened

    after = {recovery.fault: recovery_text(recovery) for recovery in recoveries}
    return tuple(
        FaultTold(
            fault_times(fault),
            shortened(fault_title(fault), 400),
            shortened(effect_text(fault), TEXT_MAX),
            shortened(after.get(fault.symbolic.id, ""), 400),
        )
        for fault in record.faults
    )


def _facts(record: RunRecord) -> list[tuple[str, str]]:
    from splitbrain.report.leaders import leaders_text
    from splitbrain.report.settings import load_text
    from splitbrain.report.text import health_sentence, reached_text
    from splitbrain.roles import roles_of

    plan, timings = record.plan, record.timings
    facts = [
        (
            "Cluster",
            f"{plan.nodes} nodes of {plan.system} on {plan.host}; {plan.concurrency} clients, "
            f"workload {plan.workload}, {load_text(plan)}; seed {plan.seed}",
        )
    ]
    for bug in plan.bugs:
        facts.append(("Seeded bug", f"{bug}: {reached_text(record, bug)}"))
    if told := "; ".join(leaders_text(roles_of(record))):
        facts.append(("Leaders", told))
    if plan.options:
        facts.append(("Options", " ".join(plan.options)))
    facts += [
        ("Died", f"{node} ended by itself, no fault had ended it: see logs/{node}.log")
        for node in record.died
    ]
    facts.append(
        (
            "Took",
            f"set-up {timings.setup_s:.2f} s, tear-down {timings.teardown_s:.2f} s, "
            f"check {timings.check_s:.2f} s",
        )
    )
    facts.append(("Harness", health_sentence(record.health)))
    return facts


class Telling:
    """Runs told, the latest kept: one at a time, for a long history takes much memory."""

    def __init__(self, load: Callable[[RunSummary], RunRecord]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], Told] = OrderedDict()

    def of(self, run: RunSummary, looks: str) -> Told:
        """A run told; ``looks`` tells one state of its files from another.

        Raises ArchiveError, HistoryError or LedgerError where it cannot be told.
        """
        key = (run.run, looks)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = tell(self._load(run))
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]
