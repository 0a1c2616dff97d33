"""``splitbrain score``: how many of the seeded bugs are caught, and that nobody else is."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from splitbrain.cli.failure import Problems
from splitbrain.cli.loudness import loudness_options, loudness_words, progress_of
from splitbrain.cli.scheduling import unscheduled_because
from splitbrain.cli.sections import SectionedCommand, option
from splitbrain.plan import STRATEGIES
from splitbrain.quantities import (
    QuantityError,
    parse_duration,
    parse_names,
    parse_rate,
    parse_whole,
)
from splitbrain.suggest import unknown_name

if TYPE_CHECKING:
    from splitbrain.cli.catalogue import BugEntry, Catalogue
    from splitbrain.score import Request

WHAT, BUDGET, WORK, OUTPUT = "What", "Budget", "Work", "Output"
BOTH = "both"
SEEDS_MAX, SEED_MAX, JOBS_MAX = 100_000, 2**62, 256


@dataclass(frozen=True, slots=True)
class Typed:
    """The options that say what is to be scored, as typed; None where the user said nothing."""

    systems: tuple[str, ...]
    bugs: tuple[str, ...]
    tier: str | None
    strategy: str | None
    seeds: str | None
    clean_seeds: str | None
    seed: str | None
    time_limit: str | None
    rate: str | None


@click.command("score", cls=SectionedCommand)
@click.argument("systems", nargs=-1, metavar="[SYSTEM…]")
@option(
    "--bug",
    "bugs",
    section=WHAT,
    metavar="BUG",
    multiple=True,
    help="Only this seeded bug, by id or name (see `splitbrain bugs`).  [default: all]",
)
@option("--tier", section=WHAT, metavar="A,B,C", help="Only bugs of these tiers.  [default: all]")
@option(
    "--strategy",
    section=WHAT,
    metavar="NAME",
    help="How faults are timed: random, aimed, or both; the better one counts.  [default: both]",
)
@option(
    "--seeds",
    section=BUDGET,
    metavar="N",
    help="Seeds a bug and strategy.  [default: 30]",
)
@option(
    "--clean-seeds",
    section=BUDGET,
    metavar="N",
    help="Seeds a system without bugs.  [default: 300]",
)
@option("--seed", section=BUDGET, metavar="FIRST", help="The first seed.  [default: 1]")
@option(
    "--time-limit",
    section=BUDGET,
    metavar="TIME",
    help="Simulated time of a run.  [default: 60s]",
)
@option(
    "--rate",
    section=BUDGET,
    metavar="OPS",
    help="Operations a second in every run.  [default: 100, or what the catalogue says of the bug]",
)
@option(
    "--jobs",
    section=WORK,
    metavar="N",
    help="Processes.  [default: one for each processor]",
)
@option(
    "--scheduler",
    section=WORK,
    metavar="ADDRESS",
    help="Run by the workers of this dask scheduler, as tcp://10.0.0.1:8786, that have the same "
    "splitbrain (extra: splitbrain[cluster]).",
)
@option(
    "--resume/--fresh",
    section=WORK,
    default=True,
    help="Take over trials that this very program has finished before, or run all again.  "
    "[default: resume]",
)
@option(
    "--store",
    section=WORK,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where finished trials are kept (in scores/).  [default: $SPLITBRAIN_STORE or "
    "~/.local/share/splitbrain]",
)
@option("--json", "as_json", section=OUTPUT, is_flag=True, help="The scorecard as JSON on stdout.")
@option(
    "--html",
    section=OUTPUT,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write it as a page that opens from the file.",
)
@option(
    "--markdown",
    section=OUTPUT,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write it as Markdown.",
)
@loudness_options
@click.pass_context
def score_command(
    ctx: click.Context,
    /,
    systems: tuple[str, ...],
    bugs: tuple[str, ...],
    tier: str | None,
    strategy: str | None,
    seeds: str | None,
    clean_seeds: str | None,
    seed: str | None,
    time_limit: str | None,
    rate: str | None,
    jobs: str | None,
    scheduler: str | None,
    resume: bool,
    store: Path | None,
    as_json: bool,
    html: Path | None,
    markdown: Path | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Run seeded bugs over many seeds, and the same systems without: who is caught, who accused?

    Everything runs on the simulated host. An interrupted score goes on where it was. Exit code
    0: every goal is met and nobody is accused; 1: not so; 2: what was asked for cannot be scored;
    70: some run failed in the harness; 130: interrupted.

    \b
    splitbrain score raft --bug R4 --seeds 3 --clean-seeds 3
    splitbrain score raft paxos --tier A,B --jobs 2 --html scorecard.html
    splitbrain score --markdown docs/scorecard.md
    """
    from histories.archive import default_store
    from splitbrain.cli.catalogue import load_catalogue
    from splitbrain.cli.outputs import problems_of
    from splitbrain.cli.scoring import Work, run_score

    problems: list[str] = []
    typed = Typed(systems, bugs, tier, strategy, seeds, clean_seeds, seed, time_limit, rate)
    catalogue = load_catalogue()
    request = read_request(typed, catalogue, problems)
    processes = len(os.sched_getaffinity(0))
    if jobs is not None:
        processes = _whole("--jobs", jobs, 1, JOBS_MAX, problems, processes)
    if scheduler is not None:
        problems += unscheduled_because(scheduler, jobs)
    problems += problems_of({"--html": html, "--markdown": markdown}, {})
    if problems:
        raise Problems(problems, ctx)
    again = [request.command]
    beside = {"--jobs": jobs, "--scheduler": scheduler, "--store": store}
    beside |= {"--html": html, "--markdown": markdown}
    for name, value in beside.items():
        if value is not None:
            again.append(shlex.join([name, str(value)]))
    again += ["--json"] * as_json + loudness_words(quiet=quiet, verbose=verbose)
    work = Work(
        request,
        store or default_store(),
        processes,
        scheduler,
        resume,
        as_json,
        html,
        markdown,
        " ".join(again),
    )
    progress = progress_of(quiet=quiet, verbose=verbose)
    try:
        return run_score(work, catalogue, progress)
    finally:
        progress.close()


def read_request(typed: Typed, catalogue: Catalogue, problems: list[str]) -> Request:
    """What was asked, made whole; what is wrong with it is added to ``problems``."""
    from splitbrain.cli.catalogue import system_of_bug
    from splitbrain.score import plans

    for system in typed.systems:
        if system not in catalogue.systems:
            problems.append(unknown_name("system", system, catalogue.systems))
        elif not catalogue.bug_names(system):
            scored = dict.fromkeys(map(system_of_bug, catalogue.bugs))
            problems.append(
                f"{system} has no seeded bugs to be scored by; there are some of "
                f"{', '.join(scored)}."
            )
    tiers = _tiers(typed.tier, problems)
    named = _named(typed, catalogue, problems)
    systems = tuple(dict.fromkeys(typed.systems))
    if not systems:
        of_bugs = named if typed.bugs else [*catalogue.bugs.values()]
        owners = {system_of_bug(bug.name) for bug in of_bugs}
        systems = tuple(system for system in catalogue.systems if system in owners)
    bugs = [
        bug.name
        for bug in catalogue.bugs.values()
        if system_of_bug(bug.name) in systems
        and (not typed.bugs or bug in named)
        and (not tiers or bug.tier in tiers)
    ]
    if not bugs and not problems:
        problems.append("there is no seeded bug of that system, name and tier.")
    elif not problems:
        # Its clean runs take their scenarios from its bugs, so nothing of it would run at all.
        owners = {system_of_bug(name) for name in bugs}
        problems += [
            f"{system}: none of its seeded bugs is among those chosen, so nothing of it would be "
            "run. Leave it out, or name a bug of it too (see `splitbrain bugs`)."
            for system in dict.fromkeys(typed.systems)
            if system not in owners
        ]
    strategies: tuple[str, ...] = STRATEGIES
    if typed.strategy is not None and typed.strategy != BOTH:
        strategies = (typed.strategy,)
        if typed.strategy not in STRATEGIES:
            known = (*STRATEGIES, BOTH)
            problems.append(f"--strategy: {unknown_name('strategy', typed.strategy, known)}")
    seeds = _whole("--seeds", typed.seeds, 0, SEEDS_MAX, problems, plans.SEEDS)
    clean = _whole("--clean-seeds", typed.clean_seeds, 0, SEEDS_MAX, problems, plans.CLEAN_SEEDS)
    if not seeds and not clean:
        problems.append("--seeds 0 and --clean-seeds 0 leave nothing to run.")
    time_limit_s, rate = plans.TIME_LIMIT_S, None
    try:
        if typed.time_limit is not None:
            time_limit_s = parse_duration(typed.time_limit, minimum_s=1.0)
    except QuantityError as error:
        problems.append(f"--time-limit: {error}.")
    try:
        if typed.rate is not None:
            rate = parse_rate(typed.rate)
    except QuantityError as error:
        problems.append(f"--rate: {error}.")
    return plans.Request(
        systems,
        tuple(bugs),
        seeds=seeds,
        clean_seeds=clean,
        first_seed=_whole("--seed", typed.seed, 0, SEED_MAX, problems, plans.FIRST_SEED),
        strategies=strategies,
        time_limit_s=time_limit_s,
        rate=rate,
        tiers=tiers,
        named=tuple(dict.fromkeys(bug.id for bug in named)),
    )


def _tiers(text: str | None, problems: list[str]) -> tuple[str, ...]:
    from splitbrain.score import GOALS

    tiers = () if text is None else tuple(name.upper() for name in parse_names(text))
    if text is not None and not tiers:
        problems.append(f"--tier: none is named; there is: {', '.join(GOALS)}.")
    for tier in tiers:
        if tier not in GOALS:
            problems.append(f"--tier: {unknown_name('tier', tier, GOALS)}")
    return tiers


def _named(typed: Typed, catalogue: Catalogue, problems: list[str]) -> Sequence[BugEntry]:
    """The bugs that --bug names."""
    from splitbrain.cli.catalogue import system_of_bug

    named = []
    for text in typed.bugs:
        bug = catalogue.bug(text)
        if bug is None:
            known = [name for system in typed.systems for name in catalogue.bug_names(system)]
            names = known or catalogue.bug_names()
            problems.append(f"--bug: {unknown_name('bug', text, names)}")
        elif typed.systems and system_of_bug(bug.name) not in typed.systems:
            problems.append(
                f"--bug: {bug.name} is a bug of {system_of_bug(bug.name)}, and "
                f"{', '.join(typed.systems)} is what was asked to be scored."
            )
        else:
            named.append(bug)
    return named


def _whole(
    name: str, text: str | None, least: int, most: int, problems: list[str], usual: int
) -> int:
    if text is None:
        return usual
    try:
        return parse_whole(text, minimum=least, maximum=most)
    except QuantityError as error:
        problems.append(f"{name}: {error}.")
        return usual
