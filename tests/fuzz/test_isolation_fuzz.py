"""A little of the long fuzz of transactions, so that it stays in working order."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("long_isolation.py")


def test_the_long_fuzz_runs_and_counts_what_is_missed():
    run = subprocess.run(
        [sys.executable, str(SCRIPT), "--histories", "40", "--seed", "70"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=SCRIPT.parents[2],
        env={"PYTHONPATH": str(SCRIPT.parents[2]), "PATH": "/usr/bin:/bin"},
    )
    assert run.returncode == 0, run.stdout + run.stderr[-1000:]
    assert run.stdout.count("40 histories in") == 2 and "undecided" in run.stdout
