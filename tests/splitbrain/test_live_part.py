"""What a run undoes and keeps when something goes wrong around it."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from nemesis.ledger import is_closed
from splitbrain import run_files
from splitbrain.plan import Plan
from splitbrain.progress import SilentProgress
from splitbrain.run import PlanError, execute
from targets.target import Capability, HostUnavailable

PLAN = Plan("raft", "fake", "register", faults=("kill",))


class FailingHost:
    """A host that cannot make machines, and may not get rid of what it made of them."""

    name = "fake"
    capabilities = frozenset({Capability.KILL})
    missing: tuple[str, ...] = ()

    def __init__(self, left: tuple[str, ...] = ()) -> None:
        self.left = left
        self.closed = 0

    def lacks(self, launch: Any) -> list[str]:
        return list(self.missing)

    async def open(self, run: Any, nodes: Any) -> Any:
        raise HostUnavailable("no machines today")

    async def close(self) -> list[str]:
        self.closed += 1
        return list(self.left)

    def describe(self) -> dict[str, Any]:
        return {}


class Told(SilentProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


class GoneTerminal(SilentProgress):
    def phase(self, text: str) -> None:
        if "down" in text:
            raise BrokenPipeError


def run(tmp_path: Path, host: FailingHost, progress: Any = None) -> Path:
    """The folder of a run that fails."""
    with pytest.raises((HostUnavailable, BrokenPipeError)):
        execute(PLAN, store=tmp_path, host=host, progress=progress)  # type: ignore[arg-type]
    return (tmp_path / "runs" / "latest").resolve()


def test_a_run_that_fails_is_taken_down_and_says_so_in_its_manifest(tmp_path: Path) -> None:
    host = FailingHost()
    folder = run(tmp_path, host)
    assert host.closed == 1 and is_closed(folder / "faults.jsonl")
    manifest = json.loads((folder / "run.json").read_text())
    assert manifest["state"] == "failed" and "no machines today" in manifest["error"]


def test_a_terminal_that_is_gone_does_not_keep_the_cluster_from_being_taken_down(
    tmp_path: Path,
) -> None:
    host = FailingHost()
    folder = run(tmp_path, host, GoneTerminal())
    assert host.closed == 1 and is_closed(folder / "faults.jsonl")


def test_what_would_not_go_is_told_and_leaves_the_ledger_open(tmp_path: Path) -> None:
    told = Told()
    folder = run(tmp_path, FailingHost(left=("container n1-holder",)), told)
    assert not is_closed(folder / "faults.jsonl")
    assert "Could not take away container n1-holder. Later: splitbrain clean" in told.lines


def test_logs_that_cannot_be_kept_are_told_and_cost_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, logs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run_files, "write_logs", full)
    told, host = Told(), FailingHost()
    folder = run(tmp_path, host, told)
    assert host.closed == 1 and is_closed(folder / "faults.jsonl")
    assert any("logs could not be kept: [Errno 28]" in line for line in told.lines)


def test_a_plan_the_host_cannot_do_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    plan = Plan("raft", "fake", "register", faults=("partition", "kill"), concurrency=3)
    with pytest.raises(PlanError, match=r"cannot do partition.*\n3 clients leave some of 5 nodes"):
        execute(plan, store=tmp_path, host=FailingHost())  # type: ignore[arg-type]
    assert not (tmp_path / "runs").exists()


def test_software_that_is_missing_is_told_before_anything_is_made(tmp_path: Path) -> None:
    host = FailingHost()
    host.missing = ("raft is not on this machine: install it",)
    told = "raft cannot run here: raft is not on this machine: install it"
    with pytest.raises(HostUnavailable, match=told):
        execute(PLAN, store=tmp_path, host=host)  # type: ignore[arg-type]
    assert not (tmp_path / "runs").exists() and host.closed == 0
