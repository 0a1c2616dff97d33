"""Processes killed while they write into the archive: a short form of ``killed_archive.py``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.live


@pytest.mark.thorough
def test_whoever_is_killed_while_archiving_leaves_nothing_half_written() -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killed_archive.py")), "4", "1"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "said finished" in done.stdout, "nobody came so far as to finish a run"
