"""What a dead run left on machines is undone when they answer; until then its ledger stays open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import targets.hosts.ssh
from histories.archive import Store
from nemesis.ledger import Ledger, is_closed
from splitbrain import run_files
from splitbrain.leftovers import clean
from splitbrain.plan import Plan
from targets.hosts.ssh.reach import Undone

PLAN = Plan("raft", "ssh", "register", nodes=2, ssh=("root@h1", "me@h2:2222"), ssh_key="/keys/id")
OWNER = {"pid": 1, "started": 1, "boot": "another"}


class Machines:
    """Stands in for what is done over SSH."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.answer = Undone((), ())

    async def undo_run(self, folder, destinations, access, *, root) -> Undone:
        self.asked.append((folder.name, [str(d) for d in destinations], str(access.key), root))
        return self.answer


@pytest.fixture
def machines(monkeypatch) -> Machines:
    made = Machines()
    monkeypatch.setattr(targets.hosts.ssh, "undo_run", made.undo_run)
    return made


def dead_run(store: Path, plan: Plan | None) -> Path:
    run = Store(store).create("raft", "register")
    if plan is not None:
        run_files.write_manifest(run.path, plan, "now", state="running")
    Ledger(run.path / run_files.LEDGER, OWNER)
    run.close()
    return run.path


def test_machines_are_asked_as_the_run_reached_them_and_the_ledger_is_closed(machines, tmp_path):
    folder = dead_run(tmp_path, PLAN)
    machines.answer = Undone(("the node on root@h1",), ())
    done = clean(tmp_path, engine=False)
    assert machines.asked == [(folder.name, ["root@h1", "me@h2:2222"], "/keys/id", True)]
    assert done.removed["on machines"] == ["the node on root@h1"]
    assert done.closed_ledgers == [folder.name] and is_closed(folder / run_files.LEDGER)
    assert clean(tmp_path, engine=False).closed_ledgers == [] and len(machines.asked) == 1


def test_a_machine_that_does_not_answer_keeps_the_ledger_open_until_we_give_up(machines, tmp_path):
    folder = dead_run(tmp_path, PLAN)
    machines.answer = Undone((), ("what it left on root@h1: it is off.",))
    for _ in range(2):
        done = clean(tmp_path, engine=False)
        hint = "to try no more: splitbrain clean --give-up"
        assert done.failed == [f"what it left on root@h1: it is off ({hint})"]
        assert done.closed_ledgers == [] and not is_closed(folder / run_files.LEDGER)
    done = clean(tmp_path, engine=False, give_up=True)
    assert done.closed_ledgers == [folder.name] and is_closed(folder / run_files.LEDGER)
    assert (done.failed, done.left) == ([], ["what it left on root@h1: it is off."])


def test_runs_that_reached_no_machine_are_closed_without_asking(machines, tmp_path):
    for plan in (None, Plan("raft", "docker", "register")):
        folder = dead_run(tmp_path, plan)
        assert clean(tmp_path, engine=False).closed_ledgers == [folder.name]
    assert machines.asked == []
