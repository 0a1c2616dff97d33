"""``splitbrain check FILE…``: judge histories that were recorded already."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO, cast

import click

from splitbrain.cli.catalogue import READINGS, models
from splitbrain.cli.failure import EXIT_HARNESS, EXIT_USAGE, Problems
from splitbrain.cli.histories_meant import expand
from splitbrain.cli.judging import Asked, Judged, judge_file
from splitbrain.cli.junit_file import JUnitFile, junit_option, or_unwritten
from splitbrain.cli.loudness import loudness_options, refuse_both
from splitbrain.cli.outputs import problems_of
from splitbrain.cli.promising import LINEARIZABLE, parse_level, parse_promises
from splitbrain.suggest import unknown_name
from splitbrain.text import printable

STDIN = Path("-")


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option(
    "--model",
    metavar="MODEL",
    help="What the history must be a history of: a name (see `splitbrain models`), or your own "
    "as path/to/file.py:NAME.  [default: what the file names or implies]",
)
@click.option(
    "--consistency",
    metavar="PROMISE,…",
    help="What the system promises, one or several (see `splitbrain promises`), or all: each gets "
    "a verdict, and the exit code is that of all together.  [default: linearizable]",
)
@click.option(
    "--level",
    metavar="LEVEL",
    help="Of transactions (list-append, rw-register): the level of isolation that is asked for "
    "(see `splitbrain levels`).  [default: strict-serializable]",
)
@click.option(
    "--reading",
    metavar="READING",
    help="How outcomes are read where tools differ: splitbrain, porcupine or knossos.  "
    "[default: that of the tool the file comes from]",
)
@click.option(
    "--independent/--no-independent",
    default=None,
    help="Values [k v] are an independent key and its value, or are not.  "
    "[default: in EDN, where they can be nothing else; a pipe where they may be has to be told]",
)
@click.option("--time-limit", metavar="TIME", help="Give up a file's search after this (60, 2m).")
@click.option(
    "--memory-limit",
    metavar="SIZE",
    help="What a file's search may keep (500MB, 4GB).  [default: 2GB]",
)
@click.option(
    "--jobs",
    metavar="N",
    help="Files at once. A FILE alone is one thread's, but for registers of 50,000 operations or "
    "more: N threads share their keys.  [default: one file a core, one thread a file]",
)
@click.option(
    "--html",
    "page",
    metavar="PAGE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write an interactive page that shows why (one FILE only).",
)
@click.option(
    "--certificate",
    metavar="OUT",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the evidence, for `splitbrain verify` (one FILE only).",
)
@click.option("--json", "as_json", is_flag=True, help="An array of results as JSON on stdout.")
@junit_option
@loudness_options
@click.pass_context
def check_command(
    ctx: click.Context,
    files: tuple[Path, ...],
    model: str | None,
    consistency: str | None,
    level: str | None,
    reading: str | None,
    independent: bool | None,
    time_limit: str | None,
    memory_limit: str | None,
    jobs: str | None,
    page: Path | None,
    certificate: Path | None,
    as_json: bool,
    junit: Path | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Judge each FILE; a folder stands for all histories in it, a run's id for its journal, - for a
    pipe that is followed.

    Journals of ours (also .zst), Jepsen's EDN and logs, and Porcupine's KV logs are known
    by what is in them.

    \b
    splitbrain check history.jsonl
    splitbrain check jepsen/store/latest/history.edn --model cas-register --html why.html
    splitbrain check history.jsonl --consistency linearizable,sequential,monotonic-reads
    splitbrain check transactions.edn --model list-append --level snapshot-isolation
    splitbrain check corpus/ --json
    some-client | splitbrain check - --model register
    """
    from splitbrain.cli.output import width

    refuse_both(quiet=quiet, verbose=verbose)
    problems: list[str] = []
    asked = Asked(
        model=_model(model, problems),
        reading=_reading(reading, problems),
        independent=independent,
        time_limit_s=_duration(time_limit, problems),
        memory_limit_mb=_size_mb(memory_limit, problems),
        jobs=_jobs(jobs, problems) or 1,
        page=page,
        certificate=certificate,
        width=width(),
        progress=not quiet,
        promises=parse_promises(consistency, problems),
        promises_named=consistency is not None,
        level=parse_level(level, problems),
    )
    if level is not None and consistency is not None:
        problems.append(
            "--level: transactions are judged by a level or by --consistency, not by both."
        )
    if page is not None and LINEARIZABLE not in asked.promises:
        problems.append(
            "--html: the page shows what is linearizable and what is not; name linearizable in "
            "--consistency, too."
        )
    if STDIN in files:
        if len(files) > 1 or page is not None or certificate is not None or junit is not None:
            problems.append(
                "-: a pipe is followed alone, without other files, page, certificate or --junit"
            )
        limits = {"--time-limit": time_limit, "--memory-limit": memory_limit, "--jobs": jobs}
        problems += [
            f"{option}: does not apply to a pipe, which is judged event by event as it comes"
            for option, given in limits.items()
            if given is not None
        ]
        if level is not None:
            problems.append(
                "--level: a pipe is judged event by event, and levels of isolation only whole; "
                "write the history to a file."
            )
        if asked.promises != (LINEARIZABLE,):
            problems.append(
                "--consistency: of a pipe only linearizability is judged, event by event; write "
                "the history to a file for the others."
            )
        # Python's standard input is None when it was closed before we started.
        stdin = cast("TextIO | None", sys.stdin)
        if stdin is None:
            problems.append("-: standard input is closed; pipe a history into it")
        if stdin is None or problems:
            raise Problems(problems, ctx)
        from splitbrain.cli.commands.following import follow

        return follow(
            stdin.buffer,
            model=asked.model,
            reading=asked.reading,
            independent=independent,
            as_json=as_json,
            quiet=quiet,
        )
    paths, missing = expand(files)
    problems += missing
    written = {"--certificate": certificate, "--html": page, "--junit": junit}
    for option, given in (("--html", page), ("--certificate", certificate)):
        if given is not None and len(paths) > 1:
            problems.append(f"{option}: one file at a time, {len(paths)} are given")
    if any(path is not None for path in written.values()):
        read = dict.fromkeys(paths, "the history itself")
        if model is not None and model not in models():
            read[Path(model.rpartition(":")[0])] = "the file of the model"
        problems += problems_of(written, read)
    if problems:
        raise Problems(problems, ctx)
    file = JUnitFile(junit)
    file.begin("splitbrain check")
    judged: list[Judged] = []
    try:
        for one in judge_all(paths, asked, None if jobs is None else asked.jobs):
            judged.append(one)
            if not as_json:
                _tell(one, quiet=quiet, verbose=verbose)
            for missing_file in one.unwritten:
                click.echo(f"splitbrain: {printable(missing_file)}", err=True)
    except KeyboardInterrupt:
        _write_junit(file, judged, _words(model, reading, consistency), interrupted=True)
        raise
    if as_json:
        from splitbrain.cli.output import print_json

        print_json([one.document for one in judged])
    elif len(judged) > 1:
        _sum_up(judged)
    done = _write_junit(file, judged, _words(model, reading, consistency))
    return or_unwritten(exit_code(judged), written=done)


def _write_junit(
    file: JUnitFile, judged: Sequence[Judged], words: Sequence[str], *, interrupted: bool = False
) -> bool:
    if not file:
        return True
    from splitbrain.junit.histories import histories_suites

    return file.write(histories_suites(judged, words, interrupted=interrupted))


def _words(model: str | None, reading: str | None, consistency: str | None) -> list[str]:
    """The options that say how a file was judged, to judge it so again."""
    given = {"--model": model, "--reading": reading, "--consistency": consistency}
    return [word for name, text in given.items() if text is not None for word in (name, text)]


def judge_all(paths: Sequence[Path], asked: Asked, jobs: int | None) -> Iterator[Judged]:
    """Judge all files in the order given, several at once where there are several."""
    workers = min(len(paths), jobs if jobs is not None else os.cpu_count() or 1)
    if workers <= 1 or len(paths) < 2:
        for path in paths:
            yield judge_file(path, asked)
        return
    from splitbrain.cli.side_by_side import judge_side_by_side

    yield from judge_side_by_side(paths, replace(asked, jobs=1, progress=False), workers)


def exit_code(judged: Sequence[Judged]) -> int:
    """1 if any is invalid; else 2 if any could not be read; else that of the verdicts together.

    70 in place of any but 1 when a file that was asked for could not be written.
    """
    from checker.verdict import Verdict, compose

    verdict = compose(Verdict(one.verdict) for one in judged if one.verdict is not None)
    if verdict is not Verdict.INVALID and any(one.unwritten for one in judged):
        return EXIT_HARNESS
    if verdict is not Verdict.INVALID and any(one.verdict is None for one in judged):
        return EXIT_USAGE
    return verdict.exit_code


def _model(text: str | None, problems: list[str]) -> str | None:
    if text is not None and text not in models() and ".py" not in text:
        problems.append(
            f"--model: {unknown_name('model', text, models())} Or your own: path/to/file.py:NAME."
        )
    return text


def _reading(text: str | None, problems: list[str]) -> str | None:
    if text is not None and text not in READINGS:
        problems.append(f"--reading: {unknown_name('reading', text, READINGS)}")
    return text


def _duration(text: str | None, problems: list[str]) -> float | None:
    from splitbrain.quantities import QuantityError, parse_duration

    try:
        return None if text is None else parse_duration(text, minimum_s=0.001)
    except QuantityError as error:
        problems.append(f"--time-limit: {error}")
        return None


def _size_mb(text: str | None, problems: list[str]) -> float | None:
    from splitbrain.quantities import QuantityError, parse_size

    try:
        return None if text is None else parse_size(text) / 2**20
    except QuantityError as error:
        problems.append(f"--memory-limit: {error}")
        return None


def _jobs(text: str | None, problems: list[str]) -> int | None:
    from splitbrain.quantities import QuantityError, parse_whole

    try:
        return None if text is None else parse_whole(text, minimum=1, maximum=1024)
    except QuantityError as error:
        problems.append(f"--jobs: {error}")
        return None


def _tell(one: Judged, *, quiet: bool, verbose: bool) -> None:
    from splitbrain.cli.output import print_verdict

    if one.error is not None:
        click.echo(printable(one.text), err=True)
    else:
        print_verdict(one.text, one.verdict)
    for note in () if quiet else one.notes:
        click.echo(f"  note: {printable(note)}", err=True)
    if verbose and one.document["algorithm"] is not None:
        told = one.document
        click.echo(
            f"  decided by {printable(told['algorithm'])} in {told['search_seconds']:.3f} s of "
            f"{told['total_seconds']:.3f} s; {told['peak_mb']:,.0f} MB at most",
            err=True,
        )


def _sum_up(judged: Sequence[Judged]) -> None:
    """A last line for whoever does not read the others."""
    from collections import Counter

    counts = Counter(one.verdict or "unreadable" for one in judged)
    order = ("invalid", "unreadable", "unknown", "vacuous", "valid")
    told = ", ".join(f"{counts[name]:,} {name}" for name in order if counts[name])
    click.echo(f"{len(judged):,} files: {told}")
