"""Runs on real hosts that end with the first violation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from real_systems import need_host

from histories.archive import journal_of
from splitbrain.archive.packing import content_of

pytestmark = pytest.mark.live

SECOND = 10**9


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> None:
    need_host(request, "sandbox")


@pytest.mark.thorough
@pytest.mark.usefixtures("sandbox")
def test_a_stale_leader_is_caught_in_the_act_and_everything_is_taken_down(tmp_path: Path) -> None:
    command = ["test", "raft", "--bug", "R4", "--host", "sandbox", "--seed", "1"]
    command += ["--stop-on-violation", "--time-limit", "60", "--json"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "splitbrain", *command],
        env=os.environ | {"SPLITBRAIN_STORE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    run = json.loads(done.stdout)
    stopped = run["stopped"]
    assert stopped is not None and "fits into no order" in stopped["sentence"]
    assert 0 <= stopped["stopped_ns"] - stopped["completed_ns"] < SECOND
    assert run["verdict"] == "invalid" and not run["interrupted"]
    folder = Path(run["folder"])
    last = json.loads(b"".join(content_of(journal_of(folder))).splitlines()[-1])
    # Healed too: that is what the last events tell.
    assert last["time"] - stopped["completed_ns"] < 2 * SECOND
    assert last["time"] < 50 * SECOND
    stages = [
        event["value"]["stage"]
        for event in map(json.loads, b"".join(content_of(journal_of(folder))).splitlines()[1:])
        if event["process"] == "nemesis"
    ]
    assert stages.count("start") == stages.count("healed") > 0
    shown = subprocess.run(
        [sys.executable, "-P", "-m", "splitbrain", "show", run["run"], "--store", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "The run was stopped for it at" in " ".join(shown.stdout.split())
