"""The guard: undoes what is noted, and nothing else, when nobody is heard any more."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from targets.hosts.ssh import guard

PROGRAM = Path(guard.__file__)


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "splitbrain-run-n1"
    made.mkdir()
    (made / "data").mkdir()
    return made


@pytest.fixture
def node() -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends only when it is made to."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def watch(folder: Path, patience_s: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", PROGRAM, "watch", folder, str(patience_s)], stdin=subprocess.PIPE
    )


def test_it_kills_the_very_process_that_is_noted_and_removes_the_folder(folder, node):
    guard.note(folder, node=[node.pid, guard.started(node.pid)], table=None)
    assert guard.read(folder)["table"] is None
    assert guard.undo(folder) == {"undone": ["the node", f"the folder {folder}"], "failed": []}
    assert node.wait(10) == -9
    assert guard.undo(folder) == {"undone": [], "failed": []}


def test_a_process_that_only_has_its_number_is_spared(folder, node):
    guard.note(folder, node=[node.pid, guard.started(node.pid) - 1], agent=[2**22 - 1, 5])
    assert guard.undo(folder)["undone"] == [f"the folder {folder}"]
    assert node.poll() is None


def test_loading_the_library_is_not_held_against_the_kernel(folder, monkeypatch):
    """On a busy machine that alone took longer than a kernel is given to answer."""
    asked = []
    monkeypatch.setattr(guard, "load_netlink", lambda: asked.append(signal.getitimer(0)[0]))
    monkeypatch.setattr(guard, "delete_table", lambda table: asked.append(signal.getitimer(0)[0]))
    guard.delete_in_time(folder, "splitbrain-run")
    assert asked[0] == 0 < asked[1], "a timer runs while the kernel is asked alone"


def test_a_kernel_that_does_not_answer_is_not_waited_for_for_ever(folder, monkeypatch):
    monkeypatch.setattr(guard, "ANSWER_WITHIN_S", 1)
    monkeypatch.setattr(guard, "delete_table", lambda table: time.sleep(30))
    guard.note(folder, table="splitbrain-run")
    (failed,) = guard.undo(folder)["failed"]
    assert "TimeoutError: nf_tables did not answer within 1 s" in failed


def test_notes_that_cannot_be_read_are_nothing_to_undo(folder):
    for text in ("", "[]", '{"node": 5', '{"node": 5}'):
        folder.mkdir(exist_ok=True)
        (folder / guard.MADE).write_text(text)
        assert guard.undo(folder)["failed"] == []


def test_what_would_not_go_is_told_and_the_notes_are_kept(folder, monkeypatch):
    def refused(table):
        raise PermissionError("not yours")

    monkeypatch.setattr(guard, "delete_table", refused)
    guard.note(folder, table="splitbrain-run")
    done = guard.undo(folder)
    assert done["failed"] == ["the rules in table splitbrain-run: PermissionError: not yours"]
    assert guard.read(folder)["table"] == "splitbrain-run"


def test_a_folder_of_somebody_else_is_not_believed(folder, node, monkeypatch):
    guard.note(folder, node=[node.pid, guard.started(node.pid)])
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert f"the folder {folder}: it is not ours" in guard.undo(folder)["failed"][0]
    monkeypatch.undo()
    link = folder.with_name("link")
    link.symlink_to(folder)
    assert "it is not ours" in guard.undo(link)["failed"][0]
    assert node.poll() is None and folder.exists()


def test_it_undoes_when_the_other_end_is_gone(folder, node):
    guard.note(folder, node=[node.pid, guard.started(node.pid)])
    watching = watch(folder, 60)
    assert watching.stdin is not None
    watching.stdin.write(b"..")
    watching.stdin.flush()
    assert node.poll() is None and folder.exists()
    watching.stdin.close()
    assert watching.wait(20) == 0
    assert node.wait(10) == -9 and not folder.exists()


def test_it_undoes_when_nothing_is_heard_though_the_other_end_is_there(folder, node):
    guard.note(folder, node=[node.pid, guard.started(node.pid)])
    watching = watch(folder, 0.2)
    assert watching.stdin is not None
    watching.stdin.write(b".")
    watching.stdin.flush()
    assert watching.wait(20) == 0
    assert node.wait(10) == -9 and not folder.exists()
    watching.communicate()


def test_whoever_cleans_runs_it_from_its_text_and_reads_what_it_did(folder):
    guard.note(folder, agent=[os.getpid(), 1])
    done = subprocess.run(
        [sys.executable, "-I", "-", "undo", folder],
        input=PROGRAM.read_bytes(),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"undone": [f"the folder {folder}"], "failed": []}


@pytest.mark.parametrize("meanwhile", ["a part is gone", "something is written", "all is gone"])
def test_a_folder_goes_from_under_others_who_are_at_it(tmp_path, monkeypatch, meanwhile):
    """The guard undoes beside ``clean``; an agent that is only starting still writes."""
    folder, tries = tmp_path / "run", []
    folder.mkdir()
    (folder / "lib").mkdir()
    real = shutil.rmtree

    def at_first_in_vain(path: Path) -> None:
        tries.append(path)
        if len(tries) > 1:
            real(path)
        elif meanwhile == "something is written":
            raise OSError(errno.ENOTEMPTY, "Directory not empty")
        else:
            if meanwhile == "all is gone":
                real(path)
            raise FileNotFoundError(path)

    monkeypatch.setattr(shutil, "rmtree", at_first_in_vain)
    done = guard.undo(folder)
    assert not folder.exists() and done["failed"] == []
    assert done["undone"] == [f"the folder {folder}"]


def test_a_folder_that_cannot_be_taken_away_is_told(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    folder.mkdir()

    def refused(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refused)
    done = guard.undo(folder)
    assert "Permission denied" in done["failed"][0] and done["undone"] == []
