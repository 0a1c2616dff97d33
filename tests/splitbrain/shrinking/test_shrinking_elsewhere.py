"""Shrinking where every run is another one: on hosts that are made up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import splitbrain.run
from checker.verdict import Result, Verdict, Violation
from histories.archive import ArchiveError
from histories.event import Operation, Outcome
from splitbrain.plan import Plan
from splitbrain.record import RunRecord
from splitbrain.run_files import write_manifest
from splitbrain.shrinking import Again, shrink_run
from targets.target import HostUnavailable

S = 10**9
STALE = Violation("stale read", "it is stale", (2, 4), 4, key=0)


def recorded(folder: Path, plan: Plan, *, stale: bool, interrupted: bool = False) -> RunRecord:
    violations = (STALE,) if stale else ()
    verdict = Verdict.INVALID if stale else Verdict.VALID
    return RunRecord(
        run=folder.name,
        folder=folder,
        plan=plan,
        started="",
        events=[],
        operations=[
            Operation(2 * n, 2 * n + 1, n, "read", 0, None, n, Outcome.OK, n * S, n * S + 1)
            for n in range(6)
        ],
        faults=[],
        verdict=verdict,
        reason=None,
        results=[Result(verdict, "cas-register", "", 6, 1, violations=violations)],
        interrupted=interrupted,
    )


class Host:
    """Runs plans by saying what came of them, one letter a run: s(tale), v(alid), i, x."""

    def __init__(self, outcomes: str) -> None:
        self.outcomes = iter(outcomes)
        self.stores: list[Path] = []

    def execute(self, plan: Plan, *, store: Path) -> RunRecord:
        self.stores.append(store)
        outcome = next(self.outcomes)
        if outcome == "x":
            raise HostUnavailable("the engine went away")
        folder = store / f"run-{len(self.stores)}"
        folder.mkdir()
        (folder / "told").write_text(outcome)
        write_manifest(folder, plan, "2026-03-14T09:26:53+00:00", state="finished")
        return recorded(folder, plan, stale=outcome == "s", interrupted=outcome == "i")


@pytest.fixture
def failed(tmp_path: Path) -> RunRecord:
    return recorded(tmp_path / "first", Plan("raft", "docker", "register", faults=()), stale=True)


def shrunk(failed: RunRecord, store: Path, outcomes: str, monkeypatch: pytest.MonkeyPatch):
    host = Host(outcomes)
    monkeypatch.setattr(splitbrain.run, "execute", host.execute)
    return host, shrink_run(failed, 1e9, Again(2, 3), store)


def test_tries_go_to_a_store_that_is_thrown_away_and_one_that_failed_is_kept(
    failed: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The evidence fails in two of three runs; then the user has seen enough. What failed is
    # kept as it was: whether another run of it would fail nobody knows.
    host, result = shrunk(failed, tmp_path, "svs" + "i", monkeypatch)
    assert result.ended.interrupted and result.tries == 1
    assert tmp_path not in host.stores and len(set(host.stores)) == 1
    assert not host.stores[0].exists()
    assert result.run == "run-3"
    assert result.kept is not None and result.kept.folder == tmp_path / "runs" / "run-3"
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"run-3", "latest"}
    assert (tmp_path / "runs" / "latest").resolve() == result.kept.folder
    assert (result.kept.folder / "told").read_text() == "s"
    assert result.after is not None and result.after.operations == 2
    assert result.clean is None, "on a host of its own the clean system is not run unasked"
    told = json.loads((result.kept.folder / "shrunk.json").read_text())
    assert (told["needed"], told["times"], told["interrupted"]) == (2, 3, True)
    assert "each in 2 of 3 runs at least; then it was interrupted." in result.sentence()
    # Its page was made where it ran, and before anybody knew what it would be kept for.
    page = (result.kept.folder / "report.html").read_text()
    assert "Shrunk from<dd>first: stale read, from 6 operations to 2" in page
    assert str(host.stores[0]) not in page and str(result.kept.folder) in page
    hashes = json.loads((result.kept.folder / "run.json").read_text())["sha256"]
    assert {"shrunk.json", "report.html"} <= {*hashes}


@pytest.mark.parametrize("outcomes", ["ss" + "x", "ss" + "vx"])
def test_a_host_that_fails_ends_the_search_is_told_and_costs_nothing_that_was_found(
    failed: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcomes: str
) -> None:
    _, result = shrunk(failed, tmp_path, outcomes, monkeypatch)
    assert result.ended.trouble == "the engine went away"
    assert result.after is not None and result.run == "run-2"
    assert "the engine went away" in result.sentence()


def test_a_store_that_cannot_be_written_is_said_and_nothing_half_copied_is_left(
    failed: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "runs" / "run-2"
    taken.mkdir(parents=True)
    (taken / "of-another").write_text("")
    with pytest.raises(ArchiveError, match="cannot write to"):
        shrunk(failed, tmp_path, "ss" + "i", monkeypatch)
    assert list((tmp_path / "runs").iterdir()) == [taken]


def test_what_found_nothing_cannot_be_shrunk(failed: RunRecord, tmp_path: Path) -> None:
    valid = Result(Verdict.VALID, "cas-register", "", 6, 1)
    with pytest.raises(ValueError, match="found nothing"):
        shrink_run(replace(failed, results=[valid]), 1.0, Again(), tmp_path)
