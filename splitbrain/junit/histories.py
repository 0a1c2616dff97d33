"""Histories that were judged as cases: one a history, or a history and promise."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from splitbrain.junit.suite import Case, Problem, Suite

if TYPE_CHECKING:
    from splitbrain.cli.judging import Judged

CLASSNAME = "splitbrain.check"


def histories_suites(
    judged: Sequence[Judged], words: Sequence[str] = (), *, interrupted: bool = False
) -> Iterator[Suite]:
    """A suite a file; ``words`` are the options under which one was judged, to repeat it."""
    for one in judged:
        document = one.document
        yield Suite(
            f"splitbrain check {Path(one.file).name}",
            list(_cases(one)),
            properties={
                "file": one.file,
                "command": shlex.join(["splitbrain", "check", one.file, *words]),
                "verdict": str(document["verdict"]),
                "model": str(document["model"]),
                "operations": str(document["operations"]),
            },
        )
    if interrupted:
        told = "interrupted: the files that follow were not judged"
        case = Case(CLASSNAME, "all files judged", problem=Problem("error", "interrupted", told))
        yield Suite("splitbrain check", [case])


def _cases(one: Judged) -> Iterator[Case]:
    document = one.document
    seconds = document["total_seconds"]
    folder = Path(one.file).parent
    classname = CLASSNAME if folder == Path() else f"{CLASSNAME}.{folder}"
    name = Path(one.file).name
    output = "\n".join([one.text, *(f"note: {note}" for note in one.notes)])
    rows: Sequence[Mapping[str, Any]] = document.get("promises") or ()
    if one.error is not None or not rows:
        yield Case(classname, name, seconds, _problem(one), output)
        return
    for number, row in enumerate(rows):
        found = one.findings.get(row["promise"], ())
        problem = verdict_problem(row["verdict"], row["reason"], found, one.text)
        first = number == 0
        yield Case(
            classname,
            f"{name} [{row['promise']}]",
            seconds if first else 0.0,
            problem or _unwritten(one),
            output if first else "",
        )


def _problem(one: Judged) -> Problem | None:
    if one.error is not None:
        told = f"the file cannot be read: {one.error}"
        return Problem("error", "unreadable", told, one.text)
    document = one.document
    found = [sentence for told in one.findings.values() for sentence in told]
    wrong = verdict_problem(document["verdict"], document["reason"], found, one.text)
    return wrong or _unwritten(one)


def _unwritten(one: Judged) -> Problem | None:
    return Problem("error", "harness", "; ".join(one.unwritten)) if one.unwritten else None


def verdict_problem(
    verdict: str, reason: str | None, found: Sequence[str], text: str
) -> Problem | None:
    """Why a verdict is no pass, in JUnit's words; ``found`` are the sentences of violations."""
    if verdict == "valid":
        return None
    why = found[0] if found else reason or "no reason was given"
    return Problem("failure" if verdict == "invalid" else "error", verdict, why, text)
