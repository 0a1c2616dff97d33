"""A score from plans to what is told of it: logs opened, what is missing run, outputs written."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import click

from histories.archive import write_text
from splitbrain.cli.catalogue import Catalogue
from splitbrain.cli.failure import EXIT_HARNESS, EXIT_INTERRUPTED, Problems
from splitbrain.cli.output import print_json, print_text, width
from splitbrain.cli.settings import SettingsError
from splitbrain.hosts import make_host
from splitbrain.progress import Progress
from splitbrain.report.repeat import failed_sentence
from splitbrain.report.scorecard import (
    scorecard_document,
    scorecard_markdown,
    scorecard_page,
    scorecard_text,
)
from splitbrain.run import check
from splitbrain.score import CleanSeries, Request, Scorecard, Series, TrialLog, scored, series_of
from splitbrain.score.campaign import Campaign, ProgramEdited, run_campaign
from splitbrain.score.facts import Facts, facts_of
from splitbrain.text import printable


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked, how it is to be run and told. ``again`` is the command that goes on."""

    request: Request
    store: Path
    jobs: int
    scheduler: str | None
    resume: bool
    as_json: bool
    html: Path | None
    markdown: Path | None
    again: str


def run_score(work: Work, catalogue: Catalogue, progress: Progress) -> int:
    """Run and tell a score; the exit code."""
    series = _series(work.request, catalogue, progress)
    campaign = Campaign(series)
    with ExitStack() as stack:
        logs = {}
        for system in work.request.systems:
            logs[system] = stack.enter_context(closing(TrialLog(work.store, system)))
        _take_over(campaign, logs, progress, resume=work.resume)
        try:
            run_campaign(campaign, logs, progress, jobs=work.jobs, scheduler=work.scheduler)
        except ProgramEdited:
            progress.line(
                "What was finished before is kept for the program as it was. To go on, undo the "
                f"edit and repeat {work.again}. With the edit the same command scores anew."
            )
            raise
        except Exception:
            progress.line(f"What was finished is kept. To go on: {work.again}")
            raise
    progress.close()
    card = scored(series, campaign.trials, campaign.failures)
    return _tell(work, campaign, card)


def _series(request: Request, catalogue: Catalogue, progress: Progress) -> list[Series]:
    """All series, each plan tried out as far as that can be done without running it."""
    try:
        series = series_of(request, catalogue)
    except SettingsError as error:
        raise Problems(error.problems) from None
    for one in series:
        for plan in one.scenarios if isinstance(one, CleanSeries) else (one.plan,):
            check(plan, make_host(plan, progress))
    return series


def _take_over(
    campaign: Campaign, logs: Mapping[str, TrialLog], progress: Progress, *, resume: bool
) -> None:
    """Take the trials that are known already, and say how many are left."""
    for log in logs.values():
        for note in log.notes:
            progress.line(note)
    asked = campaign.missing()
    if resume:
        for plan in asked:
            if (trial := logs[plan.system].known.get(plan)) is not None:
                campaign.trials[plan] = trial
    told = f"{len(asked):,} runs"
    if campaign.trials:
        told += f", {len(campaign.trials):,} of them known from before (--fresh runs them again)"
    progress.line(f"{told}; trials are kept in {next(iter(logs.values())).path.parent}.")


def _tell(work: Work, campaign: Campaign, card: Scorecard) -> int:
    facts = facts_of(work.request)
    if work.as_json:
        failures, cut = campaign.failures, campaign.interrupted
        print_json(scorecard_document(card, facts, failures=failures, interrupted=cut))
    elif campaign.trials or campaign.failures:
        print_text(scorecard_text(card, width=width()))
    for plan, trial in campaign.failures.items():
        _say(failed_sentence(plan, trial.error))
    if campaign.interrupted:
        _say(
            f"interrupted with {len(campaign.missing()):,} runs to go. What was finished is kept. "
            f"To go on: {work.again}"
        )
        return EXIT_INTERRUPTED
    unwritten = _write(work, card, facts)
    if card.failed or not card.complete or unwritten:
        return EXIT_HARNESS
    return 1 if card.misses() else 0


def _write(work: Work, card: Scorecard, facts: Facts) -> bool:
    """Write the files that were asked for; whether one could not be written."""
    wanted = []
    if work.html is not None:
        wanted.append((work.html, scorecard_page(card, facts)))
    if work.markdown is not None:
        made = work.markdown if not work.markdown.is_absolute() else Path(work.markdown.name)
        asked = shlex.join(["--markdown", str(made)])
        named = facts_of(work.request, f"{facts.command} {asked}")
        wanted.append((work.markdown, scorecard_markdown(card, named)))
    unwritten = False
    for path, text in wanted:
        try:
            write_text(path, text)
        except OSError as error:
            _say(f"{path}: cannot be written ({error.strerror or error}).")
            unwritten = True
    return unwritten


def _say(sentence: str) -> None:
    click.echo(f"splitbrain: {printable(sentence)}", err=True)
