"""A matrix on real processes: cells run alone, and an interrupt undoes what is in force."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from real_systems import need_host

pytestmark = [pytest.mark.live, pytest.mark.thorough]

MATRIX = """
[defaults]
system = "raft"
nodes = 3
rate = 50
faults = "partition"
interval = "1s,1s"
recovery = "1s"
[axes]
host = ["sandbox", "simulated"]
time-limit = [LIMIT]
"""


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> None:
    need_host(request, "sandbox")


def begun(tmp_path: Path, limit: str) -> subprocess.Popen[str]:
    matrix = tmp_path / "matrix.toml"
    matrix.write_text(MATRIX.replace("LIMIT", f'"{limit}"'))
    words = ["test-all", str(matrix), "--store", str(tmp_path / "store"), "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "splitbrain", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.usefixtures("sandbox")
def test_cells_of_two_hosts_make_one_answer(tmp_path: Path) -> None:
    out, err = begun(tmp_path, "4s").communicate(timeout=120)
    told = json.loads(out)
    assert told["result"] == "passed", err
    real, simulated = told["cells"]
    assert real["plan"]["host"] == "sandbox" and simulated["plan"]["host"] == "simulated"
    for cell in (real, simulated):
        assert (Path(cell["folder"]) / "verdict.json").is_file()
        assert cell["operations"] > 50
    assert real["seconds"] > 4, "its time is real"


@pytest.mark.usefixtures("sandbox")
def test_an_interrupt_ends_the_run_in_hand_in_good_order(tmp_path: Path) -> None:
    process = begun(tmp_path, "60s")
    until = time.monotonic() + 60
    journals: list[Path] = []
    while time.monotonic() < until and not any(path.stat().st_size > 2000 for path in journals):
        time.sleep(0.1)
        journals = list((tmp_path / "store" / "runs").glob("*/history.jsonl"))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    told = json.loads(out)
    assert {cell["state"] for cell in told["cells"]} == {"interrupted", "skipped"}
    (run,) = [cell for cell in told["cells"] if cell["state"] == "interrupted"]
    ledger = (Path(run["folder"]) / "faults.jsonl").read_text()
    assert ledger.rstrip().endswith('{"act":"close"}'), "nothing is left in force"
