"""``splitbrain test --runs``: many seeds on the simulated host, up to the first violation."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from checker.verdict import Verdict, compose
from splitbrain.cli.failure import EXIT_HARNESS, EXIT_INTERRUPTED
from splitbrain.cli.output import print_json, print_text
from splitbrain.plan import Plan
from splitbrain.progress import LiveProgress, Progress
from splitbrain.report.repeat import repeat_command
from splitbrain.text import printable

if TYPE_CHECKING:
    from splitbrain.campaign import Trial
    from splitbrain.record import RunRecord

FIRST_LINE_S, LINE_EVERY_S, LIVE_EVERY_S = 2.0, 10.0, 0.2
KEPT_MAX = 20
"""Run folders that one campaign leaves at most: thousands of vacuous runs help nobody."""
REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: the plan of the first seed, and how many, how, and how far."""

    plan: Plan
    runs: int
    jobs: int
    keep_going: bool
    store: Path


@dataclass(slots=True)
class Tally:
    """What the trials of a campaign found so far. ``kept`` are the runs whose folders stay."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    accusations: list[Trial] = field(default_factory=list)
    kept: list[RunRecord] = field(default_factory=list)
    failed: Trial | None = None
    differed: int | None = None
    seconds: float = 0.0
    virtual_s: float = 0.0
    operations: int = 0
    interrupted: bool = False

    @property
    def runs(self) -> int:
        """How many runs were judged."""
        return self.verdicts.total()

    def take(self, trial: Trial) -> None:
        """Count a trial."""
        self.verdicts[trial.verdict] += 1
        self.operations += trial.operations
        self.virtual_s += trial.virtual_s
        if trial.accuses:
            self.accusations.append(trial)
        elif trial.reason is not None and trial.verdict is not Verdict.VALID:
            self.reasons[trial.reason] += 1

    @property
    def exit_code(self) -> int:
        """That of all the runs together."""
        if self.failed is not None or self.differed is not None:
            return EXIT_HARNESS
        if self.interrupted:
            return EXIT_INTERRUPTED
        return 1 if self.accusations else compose(self.verdicts).exit_code


def run_many(request: Request, progress: Progress, *, as_json: bool) -> int:
    """Run them, tell what was found; the exit code."""
    tally = Tally()
    began = time.monotonic()
    try:
        _run(request, tally, progress)
    except KeyboardInterrupt:
        tally.interrupted = True
    tally.seconds = time.monotonic() - began
    progress.close()
    if as_json:
        print_json(_document(request, tally))
    else:
        _tell(request, tally)
    return tally.exit_code


def _run(request: Request, tally: Tally, progress: Progress) -> None:
    from splitbrain.campaign import trials

    meter = _Meter(request, progress)
    with closing(trials(_plans(request), jobs=request.jobs)) as found:
        for trial in found:
            if trial.error is not None:
                tally.failed = trial
                return
            tally.take(trial)
            meter.show(tally)
            if (trial.accuses or trial.verdict is not Verdict.VALID) and len(tally.kept) < KEPT_MAX:
                _keep(request, trial, tally, progress)
            if tally.differed is not None or (tally.accusations and not request.keep_going):
                return


def _plans(request: Request) -> Iterator[Plan]:
    for number in range(request.runs):
        yield replace(request.plan, seed=request.plan.seed + number)


def _keep(request: Request, trial: Trial, tally: Tally, progress: Progress) -> None:
    """Run the seed again, this time with everything a run leaves behind."""
    from splitbrain.campaign.trial import trace_of
    from splitbrain.run import execute

    plan = replace(request.plan, seed=trial.seed)
    record = execute(plan, store=request.store)
    if record.interrupted:
        raise KeyboardInterrupt
    tally.kept.append(record)
    if trace_of(record.folder) != trial.trace:
        tally.differed = trial.seed


class _Meter:
    """Says how far it is: in the moving line of a terminal, or in a line now and then."""

    def __init__(self, request: Request, progress: Progress) -> None:
        self._request = request
        self._progress = progress
        self._live = isinstance(progress, LiveProgress)
        self._began = time.monotonic()
        self._shown = self._began + FIRST_LINE_S - LINE_EVERY_S

    def show(self, tally: Tally) -> None:
        now = time.monotonic()
        if now - self._shown < (LIVE_EVERY_S if self._live else LINE_EVERY_S):
            return
        self._shown = now
        rate = tally.runs / max(now - self._began, 1e-9)
        text = (
            f"{tally.runs:,} of {self._request.runs:,} runs, {rate:.1f} a second: {_counts(tally)}"
        )
        if self._live:
            self._progress.phase(text)
        else:
            self._progress.line(text)


def _counts(tally: Tally) -> str:
    order = (Verdict.VALID, Verdict.INVALID, Verdict.VACUOUS, Verdict.UNKNOWN)
    told = [
        f"{tally.verdicts[verdict]:,} {verdict}" for verdict in order if tally.verdicts[verdict]
    ]
    return ", ".join(told) or "none judged"


def _tell(request: Request, tally: Tally) -> None:
    from splitbrain.cli.tell import tell

    worst = next((record for record in tally.kept if record.exit_code == 1), None)
    if worst is not None:
        tell(worst, as_json=False)
        print_text("")
    print_text(_summary(request, tally))
    for reason, times in tally.reasons.most_common(REASONS_SHOWN):
        print_text(f"  {times:,} times: {reason}")
    others = [record for record in tally.kept if record is not worst]
    if others:
        print_text("Also kept:")
    for record in others:
        print_text(f"  seed {record.plan.seed}: {record.verdict}, {record.folder}")
    if tally.accusations:
        trial = tally.accusations[0]
        found = "invalid" if trial.verdict is Verdict.INVALID else "unavailable"
        again = repeat_command(replace(request.plan, seed=trial.seed))
        print_text(f"Seed {trial.seed} is the first that is {found}. Again: {again}")
    for sentence in _troubles(request, tally):
        click.echo(f"splitbrain: {printable(sentence)}", err=True)


def _troubles(request: Request, tally: Tally) -> Iterator[str]:
    if tally.failed is not None:
        plan = replace(request.plan, seed=tally.failed.seed)
        yield (
            f"the run of seed {plan.seed} failed, which says nothing about {plan.system}: "
            f"{tally.failed.error}\nAgain: {repeat_command(plan)}"
        )
    if tally.differed is not None:
        plan = replace(request.plan, seed=tally.differed)
        yield (
            f"seed {plan.seed} gave other bytes when it was run again: something in it depends "
            f"on more than its plan. That is an error in splitbrain; please report it with "
            f"{repeat_command(plan)}"
        )


def _summary(request: Request, tally: Tally) -> str:
    first = request.plan.seed
    cut = " (interrupted)" if tally.interrupted else ""
    per_minute = 60 * tally.runs / tally.seconds if tally.seconds else 0.0
    processes = "1 process" if request.jobs == 1 else f"{request.jobs} processes"
    seeds = f"seeds {first} to {first + tally.runs - 1}" if tally.runs > 1 else f"seed {first}"
    return (
        f"{tally.runs:,} of {request.runs:,} runs of {request.plan.system}{cut}, {seeds}: "
        f"{_counts(tally)}.\n{tally.operations:,} operations in {tally.virtual_s:,.0f} simulated "
        f"seconds; took {tally.seconds:.1f} s in {processes}, {per_minute:,.0f} runs a minute."
    )


def _document(request: Request, tally: Tally) -> dict[str, Any]:
    return {
        "plan": request.plan.to_json(),
        "runs_asked": request.runs,
        "runs": tally.runs,
        "jobs": request.jobs,
        "verdict": compose(tally.verdicts),
        "verdicts": {str(verdict): count for verdict, count in tally.verdicts.items()},
        "reasons": dict(tally.reasons),
        "accusations": [
            asdict(trial) | {"again": repeat_command(replace(request.plan, seed=trial.seed))}
            for trial in tally.accusations
        ],
        "kept": {record.plan.seed: str(record.folder) for record in tally.kept},
        "failed": None if tally.failed is None else asdict(tally.failed),
        "differed": tally.differed,
        "interrupted": tally.interrupted,
        "operations": tally.operations,
        "virtual_seconds": tally.virtual_s,
        "seconds": tally.seconds,
    }
