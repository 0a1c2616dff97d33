"""Matrices, cells and findings made by hand."""

from __future__ import annotations

from pathlib import Path

from splitbrain.cli.catalogue import load_catalogue
from splitbrain.matrix.cell import Cell, Expect
from splitbrain.matrix.expansion import cells_of
from splitbrain.matrix.found import Found
from splitbrain.matrix.outcome import Outcome, outcome_of
from splitbrain.matrix.reading import MatrixRefused, read_matrix
from splitbrain.matrix.result import MatrixResult
from splitbrain.plan import Plan

SMALL = """
[defaults]
host = "simulated"
[axes]
system = ["raft", "paxos"]
faults = ["partition", ["kill", "pause"]]
"""


def cells_in(tmp_path: Path, text: str) -> list[Cell]:
    """The cells of a matrix, in the file's order."""
    path = tmp_path / "matrix.toml"
    path.write_text(text)
    return cells_of(read_matrix(path), load_catalogue)


def problems_in(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with a matrix, each sentence with its line: ``3: rate: seen …``."""
    try:
        cells_in(tmp_path, text)
    except MatrixRefused as error:
        return [
            one.removeprefix(f"{tmp_path / 'matrix.toml'}").lstrip(":") for one in error.problems
        ]
    return []


def cell(
    group: str = "raft",
    seed: int = 1,
    *,
    expect: Expect = Expect.VALID,
    host: str = "simulated",
    number: int = 0,
    **plan: object,
) -> Cell:
    """A cell of a small plan."""
    settings = {"time_limit_s": 10.0, "rate": 50.0, "seed": seed} | plan
    made = Plan("raft", host, "register", **settings)  # type: ignore[arg-type]
    return Cell(group, made, {"system": "raft", "group": group}, expect, number=number)


VALID = Found(verdict="valid", run="r1", folder="/nowhere/r1", operations=10)
INVALID = Found(
    verdict="invalid",
    kinds=("stale read",),
    sentence="stale read: process 2 read 1",
    story="Stale read: process 2 read 1.\n\n|--- read 1 ---|",
    run="r2",
    folder="/nowhere/r2",
    operations=20,
)
UNKNOWN = Found(verdict="unknown", reason="the time was over", operations=3)
VACUOUS = Found(verdict="vacuous", reason="no effect", operations=3)
LATE = Found(verdict="valid", unavailable="UNAVAILABLE: it did not serve again", operations=3)
BROKEN = Found(error="no engine\nfor these reasons")
CUT = Found(verdict="valid", interrupted=True)


def ended(found: Found, group: str = "raft", seed: int = 1, **more: object) -> Outcome:
    """A cell that found that, in two seconds."""
    return outcome_of(cell(group, seed, **more), found, 2.0)  # type: ignore[arg-type]


def result(*outcomes: Outcome, **more: object) -> MatrixResult:
    """A matrix with these outcomes."""
    facts = {"title": "nightly", "file": "matrix.toml", "command": "splitbrain test-all"}
    facts |= {"started": "2026-03-14T09:26:53+00:00", "seconds": 12.0, "outcomes": outcomes}
    return MatrixResult(**(facts | more))  # type: ignore[arg-type]
