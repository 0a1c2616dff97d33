"""``splitbrain test-all MATRIX``: many runs from one file, and one answer."""

from __future__ import annotations

import os
from pathlib import Path

import click

from splitbrain.cli.junit_file import JUnitFile, junit_option
from splitbrain.cli.loudness import loudness_options, loudness_words, progress_of
from splitbrain.cli.outputs import problems_of
from splitbrain.cli.sections import SectionedCommand, option
from splitbrain.quantities import QuantityError, parse_duration, parse_whole

WHAT, BUDGET, WORK, OUTPUT = "What", "Budget", "Work", "Output"
JOBS_MAX = 256


@click.command("test-all", cls=SectionedCommand)
@click.argument("matrix", default="matrix.toml", type=click.Path(path_type=Path))
@option(
    "--only",
    section=WHAT,
    metavar="KEY=VALUE",
    multiple=True,
    help="Only cells that have this, as system=raft or seed=3; may be repeated: all must hold.",
)
@option(
    "--list",
    "--dry-run",
    "only_list",
    section=WHAT,
    is_flag=True,
    help="Show the cells, in their order, and about how long they take; run nothing.",
)
@option(
    "--time-budget",
    section=BUDGET,
    metavar="TIME",
    help="What no longer fits into this (20m) is skipped, and does not count as passed.  "
    "[default: what the file says, or no end]",
)
@option(
    "--allow-skipped",
    section=BUDGET,
    is_flag=True,
    help="Cells that were skipped alone make no exit code 3.",
)
@option(
    "--fail-fast/--keep-going",
    section=WORK,
    default=False,
    help="End with the first cell that fails, or run the others all the same.  "
    "[default: keep going]",
)
@option(
    "--jobs",
    section=WORK,
    metavar="N",
    help="Simulated cells at once; others run alone.  [default: one for each processor]",
)
@option(
    "--store",
    section=OUTPUT,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where runs are kept.  [default: $SPLITBRAIN_STORE or ~/.local/share/splitbrain]",
)
@option("--json", "as_json", section=OUTPUT, is_flag=True, help="The result as JSON on stdout.")
@junit_option
@option(
    "--markdown",
    section=OUTPUT,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help='Write it as Markdown, too, as into "$GITHUB_STEP_SUMMARY".',
)
@option(
    "--bundles",
    section=OUTPUT,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Export the runs that did not pass into this folder, for `splitbrain import`.",
)
@loudness_options
@click.pass_context
def test_all_command(
    ctx: click.Context,
    matrix: Path,
    only: tuple[str, ...],
    only_list: bool,
    time_budget: str | None,
    allow_skipped: bool,
    fail_fast: bool,
    jobs: str | None,
    store: Path | None,
    as_json: bool,
    junit: Path | None,
    markdown: Path | None,
    bundles: Path | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Run every cell of MATRIX, a TOML file of systems × workloads × faults × seeds, and sum up.

    Each run is kept like any other. Exit code 0: every cell found what was expected of it; 1: one
    did not; 3: one is unknown or vacuous, or was skipped; 70: the harness failed in one; 130:
    interrupted, and what ran is told. docs/continuous-integration.md says what the file may hold.

    \b
    splitbrain test-all examples/matrix.toml --list
    splitbrain test-all matrix.toml --time-budget 20m --junit splitbrain.xml
    splitbrain test-all matrix.toml --only system=raft --only faults=partition
    """
    from histories.archive import default_store
    from splitbrain.cli.matrices import Work, chosen_cells, list_cells, run_matrix

    problems = problems_of(
        {"--junit": junit, "--markdown": markdown}, {matrix: "the matrix itself"}
    )
    processes = len(os.sched_getaffinity(0))
    budget_s = None
    try:
        if jobs is not None:
            processes = parse_whole(jobs, minimum=1, maximum=JOBS_MAX)
    except QuantityError as error:
        problems.append(f"--jobs: {error}.")
    try:
        if time_budget is not None:
            budget_s = parse_duration(time_budget, minimum_s=0.1)
    except QuantityError as error:
        problems.append(f"--time-budget: {error}.")
    file, cells = chosen_cells(matrix, only, problems, ctx)
    if budget_s is None:
        budget_s = file.budget_s
    if only_list:
        return list_cells(file, cells, processes, budget_s, as_json=as_json)
    progress = progress_of(quiet=quiet, verbose=verbose)
    given = {"--time-budget": time_budget, "--jobs": jobs, "--store": store}
    given |= {"--junit": junit, "--markdown": markdown, "--bundles": bundles}
    words = [str(matrix), *(word for text in only for word in ("--only", text))]
    words += [w for name, value in given.items() if value is not None for w in (name, str(value))]
    words += ["--allow-skipped"] * allow_skipped + ["--fail-fast"] * fail_fast
    words += ["--json"] * as_json + loudness_words(quiet=quiet, verbose=verbose)
    where = (store or default_store()).expanduser().absolute()
    work = Work(
        file,
        cells,
        words,
        where,
        processes,
        budget_s,
        fail_fast,
        allow_skipped,
        markdown,
        bundles,
        verbose,
    )
    try:
        return run_matrix(work, JUnitFile(junit), progress, as_json=as_json)
    finally:
        progress.close()
