"""``splitbrain test --runs``: many seeds on the simulated host, up to the first violation."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from checker.verdict import Verdict, compose
from histories.archive import ArchiveError, unwritable
from splitbrain.cli.failure import EXIT_HARNESS, EXIT_INTERRUPTED, failure_sentence
from splitbrain.cli.junit_file import JUnitFile, or_unwritten
from splitbrain.cli.output import print_json, print_text
from splitbrain.plan import Plan
from splitbrain.progress import Progress
from splitbrain.report.meter import Meter
from splitbrain.report.repeat import failed_sentence, repeat_command
from splitbrain.text import printable

if TYPE_CHECKING:
    from splitbrain.campaign import Trial
    from splitbrain.record import RunRecord

KEPT_MAX = 20
"""Run folders that one campaign leaves at most: thousands of vacuous runs help nobody."""
REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: the plan of the first seed, and how many, by whom, and how far."""

    plan: Plan
    runs: int
    jobs: int
    scheduler: str | None
    keep_going: bool
    store: Path


@dataclass(slots=True)
class Tally:
    """What the trials of a campaign found so far. ``kept`` are the runs whose folders stay.

    ``broken`` says what ended the campaign, where that was neither a run nor the user.
    """

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    accusations: list[Trial] = field(default_factory=list)
    kept: list[RunRecord] = field(default_factory=list)
    failed: Trial | None = None
    differed: int | None = None
    broken: str | None = None
    seconds: float = 0.0
    virtual_s: float = 0.0
    operations: int = 0
    interrupted: bool = False
    keep_trials: bool = False
    """Whether every trial is wanted in the end, be it ten millions of them (--junit)."""
    trials: list[Trial] = field(default_factory=list)

    @property
    def runs(self) -> int:
        """How many runs were judged."""
        return self.verdicts.total()

    def take(self, trial: Trial) -> None:
        """Count a trial."""
        if self.keep_trials:
            self.trials.append(trial)
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
        if any(trouble is not None for trouble in (self.failed, self.differed, self.broken)):
            return EXIT_HARNESS
        if self.interrupted:
            return EXIT_INTERRUPTED
        return 1 if self.accusations else compose(self.verdicts).exit_code


def run_many(request: Request, progress: Progress, junit: JUnitFile, *, as_json: bool) -> int:
    """Run them, tell what was found; the exit code.

    Raises ArchiveError before the first run when the store cannot be written: better than with the
    first violation.
    """
    from splitbrain.campaign import CampaignBroken
    from targets.target import TargetError

    _try_writing(request.store)
    tally = Tally(keep_trials=bool(junit))
    began = time.monotonic()
    try:
        _run(request, tally, progress)
    except KeyboardInterrupt:
        tally.interrupted = True
    except (ArchiveError, CampaignBroken, OSError, TargetError) as error:
        # What was found until then is worth telling all the same.
        tally.broken = failure_sentence(error)
    tally.seconds = time.monotonic() - began
    progress.close()
    if as_json:
        print_json(_document(request, tally))
    else:
        _tell(request, tally)
    return or_unwritten(tally.exit_code, written=_write_junit(request, tally, junit))


def _write_junit(request: Request, tally: Tally, junit: JUnitFile) -> bool:
    """A case a seed, and what kept others from being run as a case of its own."""
    if not junit:
        return True
    from splitbrain.junit.trials import trials_suites

    broken = tally.broken
    if tally.differed is not None:
        broken = f"seed {tally.differed} gave other bytes when it was run again"
    left = request.runs - tally.runs
    if tally.interrupted and broken is None:
        broken = f"interrupted, with {left:,} runs to go"
    failed = [] if tally.failed is None else [tally.failed]
    return junit.write(trials_suites(request.plan, [*tally.trials, *failed], tally.kept, broken))


def _try_writing(store: Path) -> None:
    try:
        store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=store):
            pass
    except OSError as error:
        raise unwritable(store, error) from None


def _run(request: Request, tally: Tally, progress: Progress) -> None:
    from splitbrain.campaign import trials

    meter = Meter(progress, request.runs)
    with closing(trials(_plans(request), jobs=request.jobs, scheduler=request.scheduler)) as found:
        for trial in found:
            if trial.error is not None:
                tally.failed = trial
                return
            tally.take(trial)
            meter.show(tally.runs, _counts(tally))
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
    if record.unwritten is not None:
        raise ArchiveError(record.unwritten)
    if trace_of(record.folder) != trial.trace:
        tally.differed = trial.seed


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
        known = sum(trial.as_documented for trial in tally.accusations)
        if known:
            print_text(f"As documented, and no more than that: {known} of those that accuse.")
        again = repeat_command(replace(request.plan, seed=trial.seed))
        print_text(f"Seed {trial.seed} is the first that is {found}. Again: {again}")
    if (rest := _rest(request, tally)) is not None:
        print_text(f"The seeds that are left: {rest}")
    for sentence in _troubles(request, tally):
        click.echo(f"splitbrain: {printable(sentence)}", err=True)


def _troubles(request: Request, tally: Tally) -> Iterator[str]:
    if tally.failed is not None:
        plan = replace(request.plan, seed=tally.failed.seed)
        yield failed_sentence(plan, tally.failed.error)
    if tally.differed is not None:
        plan = replace(request.plan, seed=tally.differed)
        yield (
            f"seed {plan.seed} gave other bytes when it was run again: something in it depends "
            f"on more than its plan. That is an error in splitbrain; please report it with "
            f"{repeat_command(plan)}"
        )
    if tally.broken is not None:
        yield f"the campaign ended early: {tally.broken}"


def _rest(request: Request, tally: Tally) -> str | None:
    """The command that runs the seeds which are left of a campaign that was ended, if any are."""
    left = request.runs - tally.runs
    if not left or not (tally.interrupted or tally.broken):
        return None
    plan = replace(request.plan, seed=request.plan.seed + tally.runs)
    words = [repeat_command(plan), "--runs", str(left)]
    words += ["--scheduler", request.scheduler] if request.scheduler else []
    words += ["--keep-going"] * request.keep_going
    return " ".join(words)


def _summary(request: Request, tally: Tally) -> str:
    first = request.plan.seed
    cut = " (interrupted)" if tally.interrupted else ""
    per_minute = 60 * tally.runs / tally.seconds if tally.seconds else 0.0
    where = "in 1 process" if request.jobs == 1 else f"in {request.jobs} processes"
    if request.scheduler is not None:
        where = f"by the workers of {request.scheduler}"
    seeds = f"seeds {first} to {first + tally.runs - 1}" if tally.runs > 1 else f"seed {first}"
    return (
        f"{tally.runs:,} of {request.runs:,} runs of {request.plan.system}{cut}, {seeds}: "
        f"{_counts(tally)}.\n{tally.operations:,} operations in {tally.virtual_s:,.0f} simulated "
        f"seconds; took {tally.seconds:.1f} s {where}, {per_minute:,.0f} runs a minute."
    )


def _document(request: Request, tally: Tally) -> dict[str, Any]:
    return {
        "plan": request.plan.to_json(),
        "runs_asked": request.runs,
        "runs": tally.runs,
        "jobs": request.jobs if request.scheduler is None else None,
        "scheduler": request.scheduler,
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
        "broken": tally.broken,
        "rest": _rest(request, tally),
        "interrupted": tally.interrupted,
        "operations": tally.operations,
        "virtual_seconds": tally.virtual_s,
        "seconds": tally.seconds,
    }
