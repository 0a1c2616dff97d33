"""Scratch folders: gone with their block, and swept when their process was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from splitbrain import scratch as module
from splitbrain.leftovers import clean
from splitbrain.scratch import scratch, sweep

KILLED = """
import os, pathlib, signal
from splitbrain import scratch
scratch.MEMORY = pathlib.Path("no memory")
with scratch.scratch() as folder:
    (folder / "history.jsonl").write_text("half a line")
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scratch folders of this test lie among no others."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "MEMORY", tmp_path / "no memory")


def killed() -> Path:
    """The folder of a process that was killed in the middle."""
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return Path(done.stdout.strip())


def aged(folder: Path) -> Path:
    """The folder, as if it had been made long ago."""
    os.utime(folder, (0, 0))
    return folder


def test_a_scratch_folder_is_gone_with_its_block() -> None:
    with pytest.raises(ZeroDivisionError), scratch() as folder:
        (folder / "file").write_text("")
        raise ZeroDivisionError
    assert not folder.exists()


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_is_not() -> None:
    left = aged(killed())
    with scratch() as used:
        aged(used)
        assert sweep() == [str(left)]
        assert used.exists()
    assert not left.exists()


def test_a_folder_that_was_just_made_may_not_be_locked_yet() -> None:
    left = killed()
    assert sweep() == []
    assert left.exists()


def test_clean_says_what_it_swept(tmp_path: Path) -> None:
    left = aged(killed())
    done = clean(tmp_path / "store", engine=False)
    assert done.sentences() == [f"Removed scratch folders: {left}"]


def test_memory_without_room_is_not_used(tmp_path: Path, monkeypatch: Any) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(module, "MEMORY", memory)
    with scratch() as folder:
        assert folder.parent == memory
    monkeypatch.setattr(module, "MEMORY_BYTES_MIN", 1 << 62)
    with scratch() as folder:
        assert folder.parent == tmp_path
