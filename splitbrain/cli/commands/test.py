"""``splitbrain test SYSTEM``: deploy, hurt, record, judge."""

from __future__ import annotations

import os
import secrets
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from splitbrain.cli.existing import existing_options
from splitbrain.cli.failure import EXIT_INTERRUPTED, Problems
from splitbrain.cli.junit_file import JUnitFile, failures_told, junit_option, or_unwritten, told_in
from splitbrain.cli.loudness import loudness_options, loudness_words, progress_of
from splitbrain.cli.outputs import problems_of
from splitbrain.cli.scheduling import unscheduled_because
from splitbrain.cli.sections import SectionedCommand, option
from splitbrain.cli.settings import Asked, SettingsError, settle
from splitbrain.plan import Plan
from splitbrain.progress import Progress
from splitbrain.quantities import QuantityError, parse_whole
from splitbrain.report.repeat import repeat_command, without_bugs

if TYPE_CHECKING:
    from splitbrain.credentials import Credentials
    from splitbrain.record import RunRecord
    from targets.hosts.choose import Choice

CLUSTER, LOAD, FAULTS, REPEAT, OUTPUT = "Cluster", "Load", "Faults", "Reproduce", "Output"
SEED_BITS = 31
RUNS_MAX, JOBS_MAX = 10_000_000, 256


@dataclass(frozen=True, slots=True)
class _Many:
    """How many runs, in how many processes or on whose workers, and whether violations end them."""

    runs: int
    jobs: int
    scheduler: str | None
    keep_going: bool

    @property
    def where(self) -> str:
        """Who runs them."""
        if self.scheduler is not None:
            return f"by the workers of {self.scheduler}"
        return "in 1 process" if self.jobs == 1 else f"in up to {self.jobs} processes"


@click.command("test", cls=SectionedCommand)
@click.argument("system", required=False, default="", metavar="SYSTEM")
@option("--nodes", section=CLUSTER, metavar="N", help="How many nodes.  [default: 5]")
@option(
    "--host",
    section=CLUSTER,
    metavar="HOST",
    help="Where nodes run: docker, sandbox, ssh or simulated.  [default: docker if an engine "
    "answers]",
)
@option(
    "--option",
    "options",
    section=CLUSTER,
    metavar="NAME=VALUE",
    multiple=True,
    help="An option of the system, as snapshot-entries=50.",
)
@option(
    "--target",
    section=CLUSTER,
    metavar="FILE.py[:NAME]",
    help="A system of your own, in a Python file that defines a splitbrain.Target, instead of "
    "SYSTEM (see docs/your-own-system.md).",
)
@existing_options
@option(
    "--workload",
    section=LOAD,
    metavar="NAME",
    help="What clients do: register, set, counter, ids, bank … (`splitbrain workloads`), as far as "
    "the system can run it (`splitbrain systems`).  [default: register]",
)
@option(
    "--concurrency",
    section=LOAD,
    metavar="N|Nn",
    help="Clients: 10, or 2n for two each node.  [default: 10]",
)
@option(
    "--rate",
    section=LOAD,
    metavar="OPS",
    help="Operations a second in all; 0: as fast as clients get free.  [default: 600]",
)
@option(
    "--time-limit",
    section=LOAD,
    metavar="TIME",
    help="How long clients and faults go on: 60, 60s, 2m.  [default: 30s]",
)
@option(
    "--operations",
    section=LOAD,
    metavar="N",
    help="End after so many operations, spread over the time limit.  [default: no such end]",
)
@option("--keys", section=LOAD, metavar="N", help="Keys in use at once.  [default: 5]")
@option(
    "--operations-per-key",
    section=LOAD,
    metavar="N",
    help="Operations until a key gives way to a fresh one.  [default: 200]",
)
@option(
    "--timeout",
    section=LOAD,
    metavar="TIME",
    help="When a client gives an operation up as indeterminate.  [default: 2s]",
)
@option(
    "--resend",
    section=LOAD,
    metavar="TIME",
    help="Send an unanswered request again (same session and number) after this pause; or "
    "none.  [default: the workload's]",
)
@option(
    "--faults",
    section=FAULTS,
    metavar="KIND,…",
    help="partition, kill, pause, power-loss; or none.  [default: partition,kill,pause]",
)
@option(
    "--fault-target",
    "fault_targets",
    section=FAULTS,
    metavar="TARGET",
    multiple=True,
    help="Whom faults aim at: leader, kill:minority …; any for all there is "
    "(see `splitbrain faults`).  [default: any]",
)
@option(
    "--interval",
    section=FAULTS,
    metavar="HOLD,QUIET",
    help="How long a fault is held, and the quiet after its heal.  [default: 5s,4s]",
)
@option(
    "--overlap/--no-overlap",
    section=FAULTS,
    default=None,
    help="Let faults of different kinds overlap.  [default: no]",
)
@option(
    "--strategy",
    section=FAULTS,
    metavar="NAME",
    help="random: faults at random times; aimed: faults that wait for what happens, as an "
    "election (simulated host only).  [default: random]",
)
@option(
    "--recovery",
    section=FAULTS,
    metavar="TIME",
    help="Quiet between the last heal and the final reads.  [default: 5s]",
)
@option(
    "--live-within",
    section=FAULTS,
    metavar="TIME",
    help="After the last heal the system must serve again within this time.  [default: 10s]",
)
@option(
    "--bug",
    "bugs",
    section=FAULTS,
    metavar="BUG",
    multiple=True,
    help="Switch a seeded bug on, by id or name (see `splitbrain bugs`). Workload and faults "
    "then default to what exposes it.",
)
@option(
    "--seed",
    section=REPEAT,
    metavar="N",
    help="Fixes the schedule of operations and faults.  [default: drawn, and printed]",
)
@option(
    "--runs",
    section=REPEAT,
    metavar="N",
    help="Run so many seeds, from --seed on, up to the first violation (simulated host only).",
)
@option(
    "--jobs",
    section=REPEAT,
    metavar="N",
    help="Processes for --runs.  [default: one for each processor]",
)
@option(
    "--scheduler",
    section=REPEAT,
    metavar="ADDRESS",
    help="With --runs: by the workers of this dask scheduler, as tcp://10.0.0.1:8786, that have "
    "the same splitbrain (extra: splitbrain[cluster]).",
)
@option(
    "--keep-going",
    section=REPEAT,
    is_flag=True,
    help="With --runs: go on after a violation.",
)
@option(
    "--consistency",
    section=OUTPUT,
    metavar="PROMISE,…",
    help="What the system promises, one or several (see `splitbrain promises`), or all: each gets "
    "a verdict, and the exit code is that of all together.  [default: linearizable]",
)
@option(
    "--level",
    section=OUTPUT,
    metavar="LEVEL",
    help="Of transactions: the level of isolation that the system promises (see `splitbrain "
    "levels`).  [default: strict-serializable]",
)
@option(
    "--stop-on-violation",
    section=OUTPUT,
    is_flag=True,
    help="Judge the history while it is made, and end the run with the first violation.",
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
    type=click.Path(path_type=Path),
    help="Write what was found as Markdown, for a pull request.",
)
@loudness_options
@click.pass_context
def test_command(
    ctx: click.Context,
    /,
    store: Path | None,
    as_json: bool,
    junit: Path | None,
    markdown: Path | None,
    quiet: bool,
    verbose: bool,
    runs: str | None,
    jobs: str | None,
    scheduler: str | None,
    keep_going: bool,
    **typed: Any,
) -> int:
    """Deploy SYSTEM, drive clients, inject faults, and judge what the clients saw.

    \b
    splitbrain test raft
    splitbrain test raft --time-limit 2m --faults partition,power-loss --seed 7
    splitbrain test raft --bug raft.stale-leader-read --stop-on-violation
    splitbrain test raft --host simulated --operations 200 --time-limit 10s --runs 1000
    """
    from splitbrain.cli.catalogue import load_catalogue
    from splitbrain.cli.markdown_file import problems_of_one_run, write_markdown
    from targets.hosts import reexec
    from targets.hosts.choose import choose

    problems = problems_of({"--junit": junit}, {})
    many = _many(problems, runs, jobs, scheduler, keep_going=keep_going)
    problems += problems_of_one_run(markdown, many=many is not None)
    try:
        settled = settle(Asked(**typed), load_catalogue(typed["system"], typed["target"]))
    except SettingsError as error:
        raise Problems([*problems, *error.problems], ctx) from None
    plan = settled.plan
    if many is not None and plan.host != "simulated":
        problems.append("--runs: many runs at once are for --host simulated.")
    if problems:
        raise Problems(problems, ctx)
    if typed["seed"] is None:
        plan = replace(plan, seed=secrets.randbits(SEED_BITS))
    progress = progress_of(quiet=quiet, verbose=verbose)
    file = JUnitFile(junit)
    try:
        if not reexec.inside():
            file.begin(f"splitbrain test {plan.system}")
            with failures_told(file, plan):
                choice = choose(plan.host or None)
            plan = replace(plan, host=choice.host)
            _announce(progress, choice, settled.notes, plan, many)
            if choice.host == "sandbox":
                progress.close()
                said = ["--json"] * as_json + loudness_words(quiet=quiet, verbose=verbose)
                said += file.path_words()
                if markdown is not None:
                    said += ["--markdown", str(markdown.absolute())]
                with failures_told(file, plan):
                    return reexec.enter([*_arguments_inside(plan, store), *said])
        with failures_told(file, plan):
            if many is not None:
                return _run_many(plan, many, store, progress, file, as_json=as_json)
            began = time.monotonic()
            record = _execute(plan, store, progress, settled.credentials)
            seconds = time.monotonic() - began
    finally:
        progress.close()
    from splitbrain.cli.tell import tell

    tell(record, as_json=as_json)
    written = told_in(file, record, seconds=seconds)
    written &= write_markdown(record, markdown)
    return or_unwritten(
        EXIT_INTERRUPTED if record.interrupted else record.exit_code, written=written
    )


def _many(
    problems: list[str],
    runs: str | None,
    jobs: str | None,
    scheduler: str | None,
    *,
    keep_going: bool,
) -> _Many | None:
    """What was asked of --runs, if it was; what is wrong with it is added to ``problems``."""
    if runs is None:
        given = (("--jobs", jobs), ("--scheduler", scheduler), ("--keep-going", keep_going))
        problems += [f"{name} goes with --runs." for name, value in given if value]
        return None
    numbers = {"--runs": 0, "--jobs": len(os.sched_getaffinity(0))}
    for name, text, most in (("--runs", runs, RUNS_MAX), ("--jobs", jobs, JOBS_MAX)):
        try:
            if text is not None:
                numbers[name] = parse_whole(text, minimum=1, maximum=most)
        except QuantityError as error:
            problems.append(f"{name}: {error}.")
    if scheduler is not None:
        problems += unscheduled_because(scheduler, jobs)
    return _Many(numbers["--runs"], numbers["--jobs"], scheduler, keep_going)


def _run_many(
    plan: Plan,
    many: _Many,
    store: Path | None,
    progress: Progress,
    junit: JUnitFile,
    *,
    as_json: bool,
) -> int:
    from histories.archive import default_store
    from splitbrain.cli.many import Request, run_many
    from splitbrain.hosts import make_host
    from splitbrain.run import check

    check(plan, make_host(plan, progress))
    where = store or default_store()
    request = Request(plan, many.runs, many.jobs, many.scheduler, many.keep_going, where)
    return run_many(request, progress, junit, as_json=as_json)


def _announce(
    progress: Progress, choice: Choice, notes: Sequence[str], plan: Plan, many: _Many | None
) -> None:
    """Say what was chosen for the user, first of all which host and why."""
    progress.line(f"Host: {choice.host}: {choice.reason}.")
    for missing in choice.missing:
        progress.line(f"  Not {missing}")
    for note in notes:
        progress.line(note)
    if many is not None:
        last = plan.seed + many.runs - 1
        progress.line(f"Seeds: {plan.seed} to {last}, {many.where}.")
        return
    progress.line(f"Seed: {plan.seed}. The same again: {repeat_command(plan)}")
    if plan.bugs:
        progress.line(f"The same without the bug: {repeat_command(without_bugs(plan))}")


def _arguments_inside(plan: Plan, store: Path | None) -> Sequence[str]:
    """The arguments of the harness inside the sandbox: nothing there is left to choose."""
    arguments = shlex.split(repeat_command(plan))[1:]
    if store is not None:
        arguments += ["--store", str(store.expanduser().absolute())]
    return arguments


def _execute(
    plan: Plan, store: Path | None, progress: Progress, credentials: Credentials
) -> RunRecord:
    from histories.archive import default_store
    from splitbrain.run import execute

    return execute(plan, store=store or default_store(), progress=progress, credentials=credentials)
