"""``splitbrain shrink RUN``: the smallest evidence, and the smallest plan that still fails."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from splitbrain.cli.failure import EXIT_INTERRUPTED, Problems
from splitbrain.cli.loudness import loudness_options, loudness_words, progress_of
from splitbrain.cli.output import print_json, print_text, store_option, width
from splitbrain.cli.outputs import problems_of
from splitbrain.progress import Progress
from splitbrain.quantities import QuantityError, parse_duration

if TYPE_CHECKING:
    from splitbrain.record import RunRecord
    from splitbrain.shrinking import Search, Shrunk

BUDGET_S, BUDGET_ELSEWHERE_S = 60.0, 900.0
TIMES_MAX = 100


@click.command("shrink")
@click.argument("run", default="latest")
@click.option(
    "--budget",
    metavar="TIME",
    help="How long to search; what is best by then is kept.  [default: 60s; 15m where time is "
    "not simulated]",
)
@click.option(
    "--times",
    default=3,
    show_default=True,
    metavar="N",
    type=click.IntRange(1, TIMES_MAX),
    help="Where time is not simulated: run each smaller plan up to N times.",
)
@click.option(
    "--need",
    default=2,
    show_default=True,
    metavar="K",
    type=click.IntRange(1, TIMES_MAX),
    help="… and keep it only if it fails in at least K of them.",
)
@click.option(
    "--evidence",
    "evidence_path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the few operations that show it as a history, which splitbrain check refutes.",
)
@store_option
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
@loudness_options
def shrink_command(
    run: str,
    budget: str | None,
    times: int,
    need: int,
    evidence_path: Path | None,
    store: Path | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Make RUN, which failed, as small as it can be and still fail: an id, a path, or latest.

    First the few operations of its history that show why; then a plan with fewer operations,
    faults, nodes, clients and less time whose run finds the same kind of anomaly. That run is
    kept like any other, says what it was shrunk from, and can be replayed. Ctrl-C keeps the
    best so far.

    \b
    splitbrain shrink latest
    splitbrain shrink 1f3a5c --budget 5m
    """
    from histories.archive import Store, default_store
    from splitbrain.cli.shrinkable import unshrinkable_because
    from splitbrain.plugins import changes
    from splitbrain.run import load
    from splitbrain.run_files import read_manifest
    from splitbrain.shrinking import wanted_kind
    from targets.hosts import reexec

    seconds = _budget(budget, times, need, evidence_path)
    where = store or default_store()
    folder = Store(where).resolve(run)
    progress = progress_of(quiet=quiet, verbose=verbose)
    try:
        progress.phase(f"reading {folder.name}")
        record = load(folder)
        wanted = wanted_kind(record)
        if wanted is None:
            raise Problems([_nothing_to_shrink(record)])
        if evidence_path is not None and not reexec.inside():
            _write_evidence(record, evidence_path, progress)
        reason = unshrinkable_because(record)
        if reason is None and record.plan.host == "sandbox" and not reexec.inside():
            progress.close()
            named = ["--store", str(where.expanduser().absolute())]
            counted = ["--times", str(times), "--need", str(need)]
            limit = [] if budget is None else ["--budget", budget]
            flags = ["--json"] * as_json + loudness_words(quiet=quiet, verbose=verbose)
            said = ["shrink", str(folder.absolute()), *limit, *counted, *named, *flags]
            return reexec.enter(said)
        if reason is not None:
            progress.close()
            return _tell_evidence(record, reason, as_json=as_json)
        for sentence in changes(record.plan, read_manifest(folder).get("target")):
            progress.line(sentence)
        return _search(record, seconds, times, need, where, progress, as_json=as_json)
    finally:
        progress.close()


def _write_evidence(record: RunRecord, path: Path, progress: Progress) -> None:
    from splitbrain.shrinking.evidence import NoEvidence, evidence_file

    try:
        count = evidence_file(record, path)
        progress.line(f"Evidence: {count} operations in {path}.")
    except NoEvidence as error:
        raise Problems([f"--evidence: {error}."]) from None


def _budget(text: str | None, times: int, need: int, evidence: Path | None) -> float | None:
    problems = problems_of({"--evidence": evidence}, {})
    seconds = None
    try:
        seconds = None if text is None else parse_duration(text, minimum_s=0.1)
    except QuantityError as error:
        problems.append(f"--budget: {error}.")
    if need > times:
        problems.append(f"--need: {need} of {times} cannot fail; give --times at least {need}.")
    if problems:
        raise Problems(problems)
    return seconds


def _nothing_to_shrink(record: RunRecord) -> str:
    return (
        f"{record.run} is {record.verdict}: it found nothing that could be shrunk. "
        "Runs that failed are listed by splitbrain runs."
    )


def _search(
    record: RunRecord,
    budget_s: float | None,
    times: int,
    need: int,
    store: Path,
    progress: Progress,
    *,
    as_json: bool,
) -> int:
    from splitbrain.report.text import summary
    from splitbrain.shrinking import Again, Size, shrink_run

    if record.plan.host == "simulated":
        again, usual_s = Again(1, 1), BUDGET_S
    else:
        again, usual_s = Again(need, times), BUDGET_ELSEWHERE_S
    limit_s = usual_s if budget_s is None else budget_s

    def told(search: Search) -> None:
        size = "nothing found yet" if search.best is None else str(Size.of(search.best))
        told = f"{size}; {search.tries} tries, {search.seconds:.0f} of {limit_s:g} s"
        progress.phase(f"shrinking ({search.stage}): {told}")
        progress.detail(f"  {search.stage}: {told}")

    progress.phase(f"shrinking for {limit_s:g} s at most")
    shrunk = shrink_run(record, limit_s, again, store, told)
    progress.close()
    code = EXIT_INTERRUPTED if shrunk.ended.interrupted else record.exit_code
    if shrunk.kept is None:
        _tell_evidence(record, shrunk.sentence(), shrunk, as_json=as_json)
        return code
    if as_json:
        print_json(shrunk.told().to_json() | _evidence(record))
        return code
    print_text(textwrap.fill(shrunk.sentence(), width(), break_on_hyphens=False))
    print_text(f"\n{shrunk.table()}\n")
    if (clean := shrunk.told().correct()) is not None:
        print_text(f"{clean}\n")
    print_text(summary(shrunk.kept, width=width()))
    return code


def _tell_evidence(
    record: RunRecord, reason: str, shrunk: Shrunk | None = None, *, as_json: bool
) -> int:
    """What the history alone shows, and why there is no smaller plan."""
    from splitbrain.report.findings import violation_text
    from splitbrain.shrinking import wanted_kind

    if as_json:
        told = (
            {"shrunk_from": record.run, "run": None} if shrunk is None else shrunk.told().to_json()
        )
        print_json(told | {"reason": reason} | _evidence(record))
        return record.exit_code
    wanted = wanted_kind(record)
    if wanted is not None and wanted[1] is not None:
        print_text(violation_text(wanted[1], record.operations, record.faults, width=width()))
        few = len(_evidence(record)["evidence"])
        print_text(f"\nEvidence    {few} of {len(record.operations):,} operations of {record.run}")
    elif record.unavailable is not None:
        print_text(record.unavailable.sentence(record.plan.system))
    print_text(textwrap.fill(f"Its plan was not shrunk. {reason}", width(), break_on_hyphens=False))
    return record.exit_code


def _evidence(record: RunRecord) -> dict[str, Any]:
    """The operations that show what cannot have happened, as JSON-ready data."""
    from splitbrain.evidence import evidence
    from splitbrain.shrinking import wanted_kind

    wanted = wanted_kind(record)
    violation = None if wanted is None else wanted[1]
    if violation is None:
        return {"sentence": None, "evidence": []}
    shown = [asdict(operation) for operation in evidence(violation, record.operations)]
    return {"sentence": violation.sentence, "evidence": shown}
