"""Who owns a run, and whether that very process is still there."""

import fcntl
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from histories.archive import lock_held
from targets.hosts.owner import (
    OWNER_VARIABLE,
    Owner,
    current_owner,
    process_state,
    run_alive,
)


def test_a_label_names_its_owner():
    owner = current_owner()
    assert owner.pid == os.getpid()
    assert Owner.parse(owner.label()) == owner


def test_inside_a_sandbox_the_owner_is_the_process_outside(monkeypatch):
    monkeypatch.setenv(OWNER_VARIABLE, "12:34:boot")
    assert current_owner() == Owner(12, 34, "boot")


def test_this_process_is_alive():
    assert current_owner().alive()


def test_the_same_pid_started_at_another_time_is_another_process():
    owner = current_owner()
    assert not replace(owner, started=owner.started - 1).alive()


def test_nothing_outlives_a_boot():
    assert not replace(current_owner(), boot="another").alive()


def test_a_process_that_ended_is_dead_even_as_a_zombie():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    seen = process_state(child.pid)
    assert seen is not None
    owner = replace(current_owner(), pid=child.pid, started=seen[1])
    assert owner.alive()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process_state(child.pid)[0] == "Z"
    assert not owner.alive()
    child.communicate()
    assert process_state(child.pid) is None
    assert not owner.alive()


def test_a_command_name_with_parentheses_does_not_confuse(tmp_path):
    program = tmp_path / "a) R 1 (b"
    program.symlink_to("/bin/sleep")
    child = subprocess.Popen([program, "60"])
    try:
        seen = process_state(child.pid)
        assert seen is not None and seen[0] in "RSD" and seen[1] > 0
    finally:
        child.kill()
        child.wait()


def test_the_lock_decides_where_it_can_be_reached(tmp_path):
    dead = replace(current_owner(), boot="another").label()
    alive = current_owner().label()
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert lock_held(tmp_path / "lock") is True
        assert run_alive(dead, tmp_path)
    assert lock_held(tmp_path / "lock") is False
    assert not run_alive(alive, tmp_path)


def test_without_a_lock_file_the_process_decides(tmp_path):
    assert lock_held(tmp_path / "lock") is None
    assert run_alive(current_owner().label(), tmp_path)
    assert not run_alive(replace(current_owner(), boot="another").label(), tmp_path)
    assert run_alive(current_owner().label(), None)


@pytest.mark.parametrize("label", ["", "12", "a:b:c", "1:2:3:4"])
def test_what_is_not_surely_left_over_is_left_alone(label):
    assert run_alive(label, None)
