"""``--junit FILE``: the same findings for a CI server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from splitbrain.cli.failure import (
    EXIT_HARNESS,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    expected_exit_code,
    failure_sentence,
)
from splitbrain.cli.sections import SectionedOption
from splitbrain.text import printable

if TYPE_CHECKING:
    from splitbrain.junit import Suite
    from splitbrain.plan import Plan
    from splitbrain.record import RunRecord

UNFINISHED = "it did not end: its harness was killed, or the machine went away"

junit_option = click.option(
    "--junit",
    cls=SectionedOption,
    section="Output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was found as JUnit XML, too; what is not known to be valid is no pass there.",
)


class JUnitFile:
    """The file of ``--junit``, or none. Once begun, it never tells of an earlier run."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __bool__(self) -> bool:
        return self._path is not None

    def begin(self, name: str) -> None:
        """Say of ``name`` that it has not ended, so that a harness that is killed is no pass."""
        from splitbrain.junit import Case, Problem, Suite

        if self._path is None:
            return
        unfinished = Problem("error", "harness", UNFINISHED)
        self.write([Suite(name, [Case("splitbrain", name, problem=unfinished)])])

    def write(self, suites: Iterable[Suite]) -> bool:
        """Write the file whole; False, after a word to stderr, where that cannot be done."""
        if self._path is None:
            return True
        from histories.archive import write_text
        from splitbrain.junit import junit_xml

        try:
            write_text(self._path, junit_xml(suites))
        except OSError as error:
            what = printable(f"{self._path}: was not written: {error.strerror or error}")
            click.echo(f"splitbrain: {what}", err=True)
            return False
        return True

    def path_words(self) -> list[str]:
        """The option again, for the same command inside a sandbox."""
        return [] if self._path is None else ["--junit", str(self._path.expanduser().absolute())]


def or_unwritten(code: int, *, written: bool) -> int:
    """The exit code where a file asked for beside a verdict may be missing.

    A violation and an interruption are told all the same.
    """
    return code if written or code in (1, 130) else EXIT_HARNESS


def told_in(file: JUnitFile, record: RunRecord, *, seconds: float | None = None) -> bool:
    """Write a run's findings into ``file``, if there is one; False where that could not be done."""
    if not file:
        return True
    from splitbrain.junit.runs import run_suite

    return file.write([run_suite(record, seconds=seconds)])


@contextmanager
def failures_told(file: JUnitFile, plan: Plan) -> Iterator[None]:
    """Whatever ends the block is told in ``file``, too: a run without a verdict is no pass."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        if file:
            from splitbrain.junit.runs import failed_suite

            file.write([failed_suite(plan, *_how(error))])
        raise


def _how(error: BaseException) -> tuple[str, str]:
    """Of what kind an error is, and what it says."""
    if not isinstance(error, Exception):
        return "interrupted", "interrupted before there was anything to judge"
    code = expected_exit_code(error)
    kind = {EXIT_INTERRUPTED: "interrupted", EXIT_USAGE: "usage"}.get(code or EXIT_HARNESS)
    return kind or "harness", failure_sentence(error)
