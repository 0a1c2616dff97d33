"""A matrix from its file to what is told of it: cells chosen, run, and written down."""

from __future__ import annotations

import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

import click

from histories.archive import ArchiveError, unwritable, write_text
from splitbrain.cli.catalogue import Catalogue, load_catalogue
from splitbrain.cli.failure import Problems, failure_sentence
from splitbrain.cli.junit_file import JUnitFile, or_unwritten
from splitbrain.cli.output import print_json, width
from splitbrain.matrix.cell import Cell
from splitbrain.matrix.expansion import cells_of
from splitbrain.matrix.lanes import Alone
from splitbrain.matrix.lengths import Lengths, clock_text
from splitbrain.matrix.order import in_order
from splitbrain.matrix.outcome import Outcome, State
from splitbrain.matrix.reading import MatrixFile, MatrixRefused, read_matrix
from splitbrain.matrix.result import MatrixResult
from splitbrain.matrix.running import Limits, Run
from splitbrain.matrix.text import outcome_line, print_cells, print_matrix
from splitbrain.progress import LiveProgress, Progress
from splitbrain.suggest import unknown_name
from splitbrain.text import printable

BAR = 20
EXPORTED = (State.FAILED, State.UNKNOWN, State.VACUOUS)


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be run, how, and what is to be written. ``words`` are what was typed."""

    file: MatrixFile
    cells: Sequence[Cell]
    words: Sequence[str]
    store: Path
    jobs: int
    budget_s: float | None
    fail_fast: bool
    allow_skipped: bool
    markdown: Path | None
    bundles: Path | None
    verbose: bool = False


def chosen_cells(
    path: Path, only: Sequence[str], problems: list[str], ctx: click.Context
) -> tuple[MatrixFile, list[Cell]]:
    """The file, and its cells in the order in which they are run.

    Raises Problems with these ``problems`` and all others: of the file, and of ``only``.
    """
    try:
        file = read_matrix(path)
        cells = cells_of(file, cache(_catalogue))
    except MatrixRefused as error:
        raise Problems([*problems, *error.problems], ctx) from None
    problems += _unfit(cells)
    chosen = cells
    for text in only:
        key, equals, value = text.partition("=")
        has = {one for cell in cells for one in (*cell.axes, "seed", "expect")}
        if not equals or key not in has:
            told = "expected KEY=VALUE" if not equals else unknown_name("key", key, sorted(has))
            problems.append(f"--only {text}: {told}")
            continue
        left = [cell for cell in chosen if _value(cell, key) == value]
        if not left:
            values = sorted({_value(cell, key) for cell in chosen} - {""})
            problems.append(f"--only {text}: no cell has that; there is: {', '.join(values)}.")
        chosen = left or chosen
    if problems:
        raise Problems(problems, ctx)
    return file, in_order(chosen)


def _catalogue(system: str, target: str | None) -> Catalogue:
    return load_catalogue(system, target)


def _value(cell: Cell, key: str) -> str:
    if key == "seed":
        return str(cell.plan.seed)
    return str(cell.expect) if key == "expect" else cell.axes.get(key, "")


def _unfit(cells: Sequence[Cell]) -> list[str]:
    """What only the host or system of a plan can say is wrong with it; one cell a group."""
    from splitbrain.hosts import make_host
    from splitbrain.progress import SilentProgress
    from splitbrain.run import PlanError, check
    from targets.target import TargetError

    problems = []
    for cell in {cell.group: cell for cell in cells if cell.simulated}.values():
        try:
            check(cell.plan, make_host(cell.plan, SilentProgress()))
        except PlanError as error:
            problems.append(f"{cell.group}: {error}")
        except TargetError:
            continue  # what is missing here is told when its turn comes
    return problems


def list_cells(
    file: MatrixFile, cells: Sequence[Cell], jobs: int, budget_s: float | None, *, as_json: bool
) -> int:
    """Show what would be run."""
    lengths = Lengths()
    if not as_json:
        print_cells(cells, jobs, budget_s, sys.stdout, width())
        return 0
    print_json(
        {
            "format": "splitbrain-matrix-cells",
            "version": 1,
            "title": file.title,
            "file": str(file.path),
            "jobs": jobs,
            "seconds_expected": lengths.total_s(list(cells), jobs),
            "time_budget_seconds": budget_s,
            "cells": [
                cell.to_json() | {"seconds_expected": lengths.expected_s(cell)} for cell in cells
            ],
        }
    )
    return 0


def run_matrix(work: Work, junit: JUnitFile, progress: Progress, *, as_json: bool) -> int:
    """Run all cells, tell and write what they found; the exit code.

    Raises ArchiveError where the store cannot be written, and HostUnavailable where cells name
    no host and there is none: better than with each cell.
    """
    _try_writing(work.store)
    if work.bundles is not None:
        _try_writing(work.bundles)
    cells = _on_hosts(work.cells, progress)
    junit.begin(f"splitbrain test-all {work.file.path}")
    started = datetime.now(UTC).isoformat(timespec="seconds")
    limits = Limits(work.jobs, work.budget_s, work.fail_fast)
    teller = _Teller(progress, len(cells))
    alone = partial(Alone, verbose=work.verbose)
    run = Run(cells, work.store, limits, teller, make_alone=alone)
    teller.run = run
    run.run()
    progress.close()
    in_file_order = sorted(run.outcomes, key=lambda one: one.cell.number)
    result = MatrixResult(
        title=work.file.title,
        file=str(work.file.path),
        command=shlex.join(["splitbrain", "test-all", *work.words]),
        outcomes=_exported(in_file_order, work.bundles),
        started=started,
        seconds=run.seconds,
        budget_s=work.budget_s,
        interrupted=run.interrupted,
        allow_skipped=work.allow_skipped,
    )
    if as_json:
        print_json(result.to_json())
    else:
        print_matrix(result, sys.stdout, width())
    written = _write(work, result, junit)
    missing = work.bundles is not None and any(
        one.bundle is None and one.state in EXPORTED and one.found.folder is not None
        for one in result.outcomes
    )
    return or_unwritten(result.exit_code, written=written and not missing)


def _on_hosts(cells: Sequence[Cell], progress: Progress) -> list[Cell]:
    """Cells that name no host get the one that ``test`` would take."""
    from targets.hosts.choose import choose

    if all(cell.plan.host for cell in cells):
        return list(cells)
    choice = choose(None)
    progress.line(f"Host of cells that name none: {choice.host}: {choice.reason}.")
    return [
        cell if cell.plan.host else replace(cell, plan=replace(cell.plan, host=choice.host))
        for cell in cells
    ]


def _try_writing(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from None


def _exported(outcomes: Sequence[Outcome], bundles: Path | None) -> list[Outcome]:
    """The outcomes, with the bundles of those that did not pass."""
    from splitbrain.archive.bundle import default_target, export

    told = []
    for one in outcomes:
        folder = one.found.folder
        if bundles is not None and folder is not None and one.state in EXPORTED:
            path = bundles / default_target(Path(folder)).name
            try:
                export(Path(folder), path)
                one = replace(one, bundle=str(path))
            except (ArchiveError, OSError) as error:
                click.echo(f"splitbrain: {failure_sentence(error)}", err=True)
        told.append(one)
    return told


def _write(work: Work, result: MatrixResult, junit: JUnitFile) -> bool:
    """Write the files that were asked for; whether all are there."""
    written = True
    if junit:
        from splitbrain.matrix.junit import matrix_suites

        written = junit.write(matrix_suites(result))
    if work.markdown is not None:
        from splitbrain.matrix.markdown import matrix_markdown

        try:
            write_text(work.markdown, matrix_markdown(result))
        except OSError as error:
            what = f"{work.markdown}: was not written: {error.strerror or error}"
            click.echo(f"splitbrain: {printable(what)}", err=True)
            written = False
    return written


class _Teller:
    """Progress: a line for each cell that has ended; on a terminal also one that moves."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.run: Run | None = None
        self._progress, self._total = progress, total
        self._live = isinstance(progress, LiveProgress)
        self._running: dict[str, float] = {}
        self._next_s = 0.0
        self._said = ""

    def begun(self, cell: Cell) -> None:
        """A cell runs now."""
        self._running[cell.name] = time.monotonic()
        self._said = ""
        if not cell.simulated and self.run is not None:
            about = clock_text(self.run.lengths.expected_s(cell))
            self._progress.line(f"… {cell.name}  (about {about})")
        self._show()

    def ended(self, outcome: Outcome) -> None:
        """A cell has run, or will not."""
        self._running.pop(outcome.cell.name, None)
        self._progress.line(outcome_line(outcome))
        self._show()

    def waits(self) -> None:
        """Time goes by."""
        if time.monotonic() >= self._next_s:
            self._show()

    def said(self, line: str) -> None:
        """A run on a real host says something of itself."""
        self._said = line.strip()
        self._progress.detail(f"    {line}")

    def _show(self) -> None:
        if not self._live or self.run is None:
            return
        self._next_s = time.monotonic() + 0.5
        done = len(self.run.outcomes)
        full = BAR * done // self._total
        told = f"[{'#' * full}{'-' * (BAR - full)}] {done:,} of {self._total:,} cells"
        if self._running:
            told += f", about {clock_text(self.run.left_s)} left; {next(iter(self._running))}"
        if self._said:
            told += f": {self._said}"
        self._progress.phase(told)
