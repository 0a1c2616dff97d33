"""What a machine says of itself, and the sentences for what is wrong with it."""

import subprocess

import pytest

from targets.hosts.ssh.probe import _ASK_SUDO, _SCRIPT, PYTHONS, Probe, read

GOOD = Probe(0, "Linux 6.1", (("/usr/bin/python3", (3, 11, 2)),))


def test_the_script_runs_in_a_plain_shell_and_its_answer_is_read():
    script = _SCRIPT.format(pythons=" ".join(PYTHONS), sudo=_ASK_SUDO)
    done = subprocess.run(
        ["sh", "-c", script],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "SSH_CONNECTION": "10.0.0.9 999 10.0.0.1 22"},
    )
    seen = read("Welcome to this machine = enjoy\n" + done.stdout)
    assert seen.uid >= 0 and seen.kernel.startswith("Linux")
    assert (seen.own, seen.ours) == ("10.0.0.1", "10.0.0.9")
    assert (seen.asked is None) == (seen.uid == 0)


def test_the_first_python_that_is_new_enough_is_taken():
    told = "python=/usr/bin/python3 3.9.2\npython=/opt/python3.12 3.12.1\npython=/x/python3.11 "
    seen = read(told)
    assert seen.python == "/opt/python3.12"
    assert seen.pythons[-1] == ("/x/python3.11", ())


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("", "there is no python3"),
        ("python=/usr/bin/python3 3.9.2", "too old: /usr/bin/python3 is 3.9.2; nodes and agent"),
        ("python=/usr/bin/python3 ", "/usr/bin/python3 is broken"),
    ],
)
def test_a_python_that_is_missing_or_too_old_is_told(told, said):
    (problem,) = read("uid=0\nkernel=Linux 6\n" + told).problems()
    assert said in problem


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("sudo=/usr/bin/sudo\nasked=1 sudo: a password is required ", "asks for a password"),
        ("sudo=/usr/bin/sudo\nasked=1 sudo: sorry, you must have a tty", "asks for a password"),
        ("sudo=/usr/bin/sudo\nasked=1 me is not in the sudoers file", "Its sudo refuses (it said"),
        ("sudo=\nasked=127 sh: sudo: not found", "there is no sudo"),
    ],
)
def test_a_sudo_that_does_not_let_us_is_told_with_what_it_said(asked, said):
    told = f"uid=1000\nkernel=Linux 6\npython=/usr/bin/python3 3.11.2\n{asked}"
    (problem,) = read(told).problems()
    assert said in problem and "Log in as root" in problem


def test_nothing_is_wrong_with_a_good_machine_and_another_system_is_told():
    assert GOOD.problems() == []
    (problem,) = Probe(0, "Darwin 23", GOOD.pythons).problems()
    assert "it runs Darwin 23; nodes need Linux" in problem
