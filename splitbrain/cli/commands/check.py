"""``splitbrain check FILE…``: judge histories that were recorded already."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from splitbrain.cli.catalogue import MODELS
from splitbrain.cli.failure import EXIT_USAGE, Problems
from splitbrain.suggest import unknown_name

if TYPE_CHECKING:
    from checker.verdict import Result
    from histories.history import History
    from nemesis.fault import Fault

SUFFIXES = (".jsonl", ".log")


@dataclass(frozen=True, slots=True)
class Judged:
    """A file and what became of it: a result, or the reason it could not be read."""

    file: str
    history: History | None
    result: Result | None
    error: str | None
    total_seconds: float

    def document(self) -> dict[str, Any]:
        """The JSON of one file. What could not be read is ``unknown``: never passed."""
        result = self.result
        return {
            "file": self.file,
            "verdict": str(result.verdict) if result else "unknown",
            "reason": result.reason if result else f"the file cannot be read: {self.error}",
            "model": result.model if result else None,
            "operations": result.operations if result else 0,
            "keys": result.keys if result else 0,
            "algorithm": result.algorithm if result else None,
            "search_seconds": result.search_seconds if result else 0.0,
            "total_seconds": self.total_seconds,
            "peak_mb": peak_mb(),
            "certificate": result.certificate if result else None,
        }


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option(
    "--model",
    metavar="MODEL",
    help="What the history must be a history of (see `splitbrain models`).  "
    "[default: what the file's header names]",
)
@click.option("--json", "as_json", is_flag=True, help="An array of results as JSON on stdout.")
@click.pass_context
def check_command(
    ctx: click.Context, files: tuple[Path, ...], model: str | None, as_json: bool
) -> int:
    """Judge each FILE: a journal of ours or a Jepsen log; a folder stands for all in it.

    \b
    splitbrain check history.jsonl --model cas-register
    splitbrain check corpus/ --json
    """
    if model is not None and model not in MODELS:
        raise Problems([f"--model: {unknown_name('model', model, MODELS)}"], ctx)
    paths, problems = expand(files)
    if problems:
        raise Problems(problems, ctx)
    judged = []
    for path in paths:
        one = judge_file(path, model)
        judged.append(one)
        if not as_json:
            _tell(one)
    if as_json:
        from splitbrain.cli.output import print_json

        print_json([one.document() for one in judged])
    return exit_code(judged)


def expand(files: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """The files meant, folders walked for histories; and a sentence for each that is not there."""
    paths: list[Path] = []
    problems = []
    for given in files:
        if given.is_dir():
            # A run folder's logs are what nodes wrote, and its fault ledger is no history.
            if (given / "history.jsonl").is_file():
                paths.append(given / "history.jsonl")
                continue
            found = sorted(p for p in given.rglob("*") if p.suffix in SUFFIXES and p.is_file())
            if not found:
                problems.append(f"{given}: expected histories (*.jsonl, *.log) in this folder.")
            paths.extend(found)
        elif given.exists():
            paths.append(given)
        else:
            problems.append(f"{given}: there is no such file.")
    return paths, problems


def judge_file(path: Path, model: str | None) -> Judged:
    """Read and judge one file; an unreadable one is told of, not raised."""
    from checker.judge import judge
    from histories.errors import HistoryError
    from histories.history import read_history

    started = time.perf_counter()
    history = None
    try:
        history = read_history(path)
        result = judge(history, model)
    except HistoryError as error:
        return Judged(str(path), history, None, str(error), time.perf_counter() - started)
    return Judged(str(path), history, result, None, time.perf_counter() - started)


def exit_code(judged: Sequence[Judged]) -> int:
    """1 if any is invalid; else 2 if any could not be read; else that of the verdicts together."""
    from checker.verdict import Verdict, compose

    verdict = compose(one.result.verdict for one in judged if one.result is not None)
    if verdict is not Verdict.INVALID and any(one.result is None for one in judged):
        return EXIT_USAGE
    return verdict.exit_code


def peak_mb() -> float:
    """The most memory this process ever held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def _tell(one: Judged) -> None:
    from splitbrain.cli.output import print_text, width

    if one.result is None:
        click.echo(f"{one.file}: cannot be judged\n{one.error}", err=True)
        return
    from splitbrain.report.findings import violation_text

    result = one.result
    print_text(
        f"{one.file}: {result.verdict}  ({result.model}, {result.operations:,} operations, "
        f"{result.keys:,} keys, {one.total_seconds:.2f} s)"
    )
    if result.reason and not result.violations:
        print_text(f"  {result.reason}")
    assert one.history is not None
    for note in one.history.notes:
        click.echo(f"  note: {note}", err=True)
    faults = _faults_beside(one.file)
    for violation in result.violations:
        told = violation_text(violation, one.history.operations, faults, width=width())
        print_text(f"\n{told}\n")


def _faults_beside(file: str) -> list[Fault]:
    """The faults of the run whose journal this is; none where it lies alone."""
    from nemesis.ledger import LedgerError, read_ledger

    ledger = Path(file).with_name("faults.jsonl")
    if Path(file).name != "history.jsonl" or not ledger.is_file():
        return []
    try:
        return read_ledger(ledger)
    except (LedgerError, OSError, ValueError) as error:
        click.echo(f"  note: its faults are not shown: {error}", err=True)
        return []
