"""Whole runs in virtual time: the same bytes every time, no accusation, and bugs found."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from checker.verdict import Verdict
from splitbrain.archive.packing import content_of
from splitbrain.campaign import Trial, attempt
from splitbrain.campaign.trial import trace_of
from splitbrain.plan import AIMED, Plan
from splitbrain.progress import SilentProgress
from splitbrain.run import lived
from targets.hosts.simulated import SimulatedHost

PLAN = Plan(
    "raft",
    "simulated",
    "register",
    rate=20,
    operations=200,
    time_limit_s=10,
    faults=("partition", "kill", "pause", "power-loss"),
    fault_hold_s=1.5,
    fault_quiet_s=0.7,
)
LONG = replace(PLAN, rate=50, operations=None, time_limit_s=30, fault_hold_s=5.0, fault_quiet_s=1.5)
"""Long enough for clients of a leader that was cut off to read what is no longer true."""
EVERYTHING = ("partition", "kill", "pause", "power-loss", "packets", "clock", "disk", "membership")

TRACED = """
import hashlib, json, sys, tempfile
from pathlib import Path
from splitbrain.hosts import make_host
from splitbrain.plan import Plan
from splitbrain.progress import SilentProgress
from splitbrain.run import lived

for data in json.loads(sys.argv[1]):
    plan = Plan.from_json(data)
    with tempfile.TemporaryDirectory() as folder:
        lived(plan, Path(folder), make_host(plan, SilentProgress()), "", SilentProgress())
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        assert len(files) == 3 + 5, files
        for path in files:
            print(plan.seed, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def traces(plans: list[Plan], hash_seed: int) -> str:
    """The hashes of all that these runs write, from a process with this hash seed."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", TRACED, json.dumps([plan.to_json() for plan in plans])],
        env=os.environ
        | {"PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_processes_with_different_hash_seeds_write_the_same_bytes() -> None:
    plans = [
        replace(PLAN, seed=1),
        replace(PLAN, seed=2, faults=EVERYTHING, time_limit_s=20, overlap=True),
        replace(PLAN, seed=3, workload="set", strategy=AIMED),
        replace(PLAN, seed=4, workload="counter", resend_s=0.5, options=("snapshot-entries=10",)),
        replace(PLAN, seed=5, bugs=("raft.stale-leader-read",), options=("reads=lease",)),
        replace(PLAN, seed=6, system="paxos", faults=EVERYTHING, options=("snapshot-slots=10",)),
        replace(PLAN, seed=7, system="paxos", workload="set", strategy=AIMED),
        # Its partitions are one of every shape.
        replace(PLAN, seed=8, faults=("partition",), fault_hold_s=0.7, fault_quiet_s=0.3),
    ]
    first, second = traces(plans, 1), traces(plans, 4242)
    assert first == second
    assert len(set(first.splitlines())) == 8 * len(plans)


def tried(plan: Plan) -> Trial:
    trial = attempt(plan)
    assert trial.error is None, trial.error
    return trial


def test_another_seed_is_another_run() -> None:
    assert tried(replace(PLAN, seed=1)).trace != tried(replace(PLAN, seed=2)).trace


@pytest.mark.parametrize("options", [(), ("snapshot-entries=10", "snapshot-chunk-bytes=100")])
def test_messages_that_travel_as_objects_or_as_json_make_the_same_run(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    plan = replace(PLAN, faults=EVERYTHING, operations=None, time_limit_s=40, options=options)
    written = []
    for wire in (False, True):
        folder = tmp_path / str(wire)
        folder.mkdir()
        lived(plan, folder, SimulatedHost(plan.stream, wire=wire), "", SilentProgress())
        written.append((folder / "history.jsonl").read_bytes())
    assert written[0] == written[1]


def test_a_correct_system_is_never_accused() -> None:
    found = [tried(replace(PLAN, seed=seed)) for seed in range(30)]
    assert {trial.verdict for trial in found} == {Verdict.VALID}, [t.reason for t in found]
    assert all(trial.died == () for trial in found)
    assert sum(trial.ok for trial in found) > 30 * 80


@pytest.mark.parametrize(("workload", "resend_s"), [("set", None), ("counter", 0.5)])
def test_a_correct_system_is_never_accused_whatever_its_clients_do(
    workload: str, resend_s: float | None
) -> None:
    plan = replace(PLAN, workload=workload, resend_s=resend_s, options=("snapshot-entries=20",))
    verdicts = {tried(replace(plan, seed=seed)).verdict for seed in range(8)}
    assert verdicts == {Verdict.VALID}


def test_every_kind_of_fault_has_an_effect() -> None:
    plan = replace(PLAN, faults=EVERYTHING, operations=None, time_limit_s=40, fault_hold_s=3.0)
    trial = tried(replace(plan, seed=5))
    assert trial.verdict is Verdict.VALID, trial.reason


@pytest.mark.parametrize(
    ("bug", "workload", "faults", "targets", "kind"),
    [
        ("raft.stale-leader-read", "register", "partition", ("leader",), "stale read"),
        ("raft.ack-before-fsync", "set", "power-loss", ("majority", "all"), "lost write"),
    ],
)
def test_seeded_bugs_are_caught_and_the_same_seeds_without_them_are_valid(
    bug: str, workload: str, faults: str, targets: tuple[str, ...], kind: str
) -> None:
    plan = replace(LONG, workload=workload, faults=(faults,), fault_targets=targets, bugs=(bug,))
    found = [tried(replace(plan, seed=seed)) for seed in range(3)]
    caught = [trial for trial in found if trial.verdict is Verdict.INVALID]
    assert len(caught) >= 2
    for trial in caught:
        assert kind in trial.kinds
        assert trial.bugs_reached[bug] > 0
        assert trial.found_s is not None and 0 < trial.found_s < trial.virtual_s
        assert trial.found_operations is not None and trial.found_operations <= trial.operations
        assert tried(replace(plan, seed=trial.seed, bugs=())).verdict is Verdict.VALID


def test_a_run_that_is_followed_ends_with_its_first_violation() -> None:
    plan = replace(LONG, bugs=("raft.stale-leader-read",), faults=("partition",))
    plan = replace(plan, fault_targets=("leader",), stop_on_violation=True)
    trial = tried(plan)
    assert trial.verdict is Verdict.INVALID
    whole = tried(replace(plan, stop_on_violation=False))
    assert trial.operations < whole.operations
    assert trial.virtual_s < whole.virtual_s


def test_a_run_of_sets_goes_on_until_it_shows_that_an_element_is_lost_and_not_late() -> None:
    plan = replace(
        LONG,
        system="primary-backup",
        workload="set",
        bugs=("primary-backup.early-acknowledgement",),
    )
    plan = replace(plan, faults=("partition",), fault_targets=("leader",), stop_on_violation=True)
    trial = tried(replace(plan, seed=4))
    assert trial.kinds[0] == "lost write"
    assert trial.found_s is not None and 1.0 <= trial.virtual_s - trial.found_s < 3.0


def test_a_trial_survives_json() -> None:
    trial = tried(replace(PLAN, seed=3))
    assert Trial.from_json(json.loads(json.dumps(trial.to_json()))) == trial


def test_a_run_leaves_nothing_but_what_it_is_asked_to(tmp_path: Path) -> None:
    from splitbrain.run import execute

    record = execute(replace(PLAN, seed=7), store=tmp_path)
    assert record.verdict is Verdict.VALID
    kept = {path.name for path in record.folder.iterdir()}
    assert kept >= {"run.json", "history.jsonl.zst", "faults.jsonl", "verdict.json", "logs"}
    assert not kept & {"nodes", "history.jsonl"}
    trace = hashlib.sha256(b"".join(content_of(record.folder / "history.jsonl.zst")))
    trace.update((record.folder / "faults.jsonl").read_bytes())
    assert trace.hexdigest() == trace_of(record.folder) == tried(replace(PLAN, seed=7)).trace
