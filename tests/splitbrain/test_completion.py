"""Shell completion: in a real bash, and in zsh and fish where they are installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kept_runs import made

from splitbrain.cli import front
from splitbrain.cli.completing import SOURCES, offer_values

COMPLETE_BASH = """
eval "$(splitbrain completion bash)"
complete -p splitbrain >/dev/null || exit 9
COMP_WORDS=("$@"); COMP_CWORD=$(($#-1))
_splitbrain_completion splitbrain
printf '%s\\n' "${COMPREPLY[@]}"
"""
COMPLETE_ZSH = """
autoload -U compinit; compinit -u -D
eval "$(splitbrain completion zsh)"
whence -w _splitbrain_completion
print -r -- "${_comps[splitbrain]}"
"""
COMPLETE_FISH = """
splitbrain completion fish | source
complete -C "$argv[1]"
"""


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A folder on PATH with ``splitbrain`` in it, and a store of its own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "splitbrain"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m splitbrain "$@"\n')
    command.chmod(0o755)
    root = str(Path(__file__).resolve().parents[2])
    return os.environ | {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": root,
        "SPLITBRAIN_STORE": str(tmp_path / "store"),
        "HOME": str(tmp_path),
    }


def bash(shell, *words):
    """What bash offers for the last of the words."""
    done = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE_BASH, "bash", "splitbrain", *words],
        env=shell,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def offered(*words):
    """The same without a shell: quick, and what the shell's lines ask."""
    from click.shell_completion import BashComplete

    complete = BashComplete(front.cli, {}, "splitbrain", "_SPLITBRAIN_COMPLETE")
    return [item.value for item in complete.get_completions(list(words[:-1]), words[-1])]


@pytest.fixture(autouse=True)
def asked(monkeypatch, tmp_path):
    monkeypatch.setenv("_SPLITBRAIN_COMPLETE", "bash_complete")
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))


def test_a_real_bash_completes_commands_options_and_values(shell):
    shell.pop("_SPLITBRAIN_COMPLETE", None)
    assert bash(shell, "te") == ["test", "test-all"]
    assert "--junit" in bash(shell, "test", "--ju")
    assert bash(shell, "test", "raft", "--bug", "raft.stale-l") == ["raft.stale-leader-read"]
    assert bash(shell, "test", "raft", "--faults", "partition,ki") == ["partition,kill"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_takes_the_lines(shell):
    shell.pop("_SPLITBRAIN_COMPLETE", None)
    done = subprocess.run(
        ["zsh", "-f", "-c", COMPLETE_ZSH], env=shell, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines() == [
        "_splitbrain_completion: function",
        "_splitbrain_completion",
    ]


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(shell):
    shell.pop("_SPLITBRAIN_COMPLETE", None)
    done = subprocess.run(
        ["fish", "--no-config", "-c", COMPLETE_FISH, "splitbrain te"],
        env=shell,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["test", "test-all"]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_lines_of_each_shell_ask_this_program(name, monkeypatch, capsys):
    monkeypatch.delenv("_SPLITBRAIN_COMPLETE")
    assert front.run(["completion", name]) == 0
    told = capsys.readouterr().out
    assert "_SPLITBRAIN_COMPLETE" in told and f"{name}_complete" in told


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (("test", ""), {"raft", "paxos", "etcd", "zookeeper"}),
        (("test", "raft", "--host", "s"), {"sandbox", "ssh", "simulated"}),
        (("test", "raft", "--workload", ""), {"register", "set", "counter"}),
        (("test", "--workload", "w"), {"watch"}),
        (("test", "raft", "--fault-target", "lea"), {"leader"}),
        (("test", "raft", "--strategy", "a"), {"aimed"}),
        (("test", "raft", "--consistency", "linearizable,s"), {"linearizable,sequential"}),
        (("test", "raft", "--bug", "r4"), {"R4"}),
        (("check", "--model", "cas"), {"cas-register"}),
        (("check", "--reading", "k"), {"knossos"}),
        (("runs", "--system", "r"), {"raft"}),
        (("score", "ra"), {"raft"}),
        (("schema", "run."), {"run.json"}),
        (("convert", "a", "b", "--to", "e"), {"edn"}),
        (("completion", "f"), {"fish"}),
    ],
)
def test_values_are_offered_by_what_they_are_for(words, some):
    found = offered(*words)
    assert some <= set(found)
    assert all(value.lower().startswith(words[-1].lower()) for value in found)


def test_bugs_are_those_of_the_system_that_is_named(monkeypatch):
    assert "raft.stale-leader-read" in offered("test", "--bug", "")
    monkeypatch.setenv("COMP_WORDS", "splitbrain\ntest\npaxos\n--bug\n")
    found = offered("test", "paxos", "--bug", "")
    assert found and all(not name.startswith("raft.") for name in found)
    monkeypatch.setenv("COMP_WORDS", "splitbrain\ntest\ntwo-phase-commit\n--bug\n")
    assert "T1" in offered("test", "two-phase-commit", "--bug", "T")


def test_what_is_in_a_list_already_is_not_offered_again():
    found = offered("test", "raft", "--faults", "kill,")
    assert "kill,partition" in found and "kill,kill" not in found


def test_runs_are_offered_by_their_ids_and_by_the_digits_at_their_ends(tmp_path):
    folder = made(tmp_path / "store")
    assert offered("show", "la") == ["latest"]
    assert offered("show", folder.name[:12]) == [folder.name]
    digits = folder.name.rpartition("-")[2]
    assert digits in offered("replay", digits[:5])
    other = made(tmp_path / "other")
    assert other.name in offered("show", "--store", str(tmp_path / "other"), "2")


def test_trouble_is_silence(monkeypatch):
    import histories.archive

    def broken(self):
        raise OSError("no store")

    monkeypatch.setattr(histories.archive.Store, "folders", broken)
    assert offered("show", "x") == []


def test_files_stay_files():
    command = front.cli.get_command(None, "check")
    offer_values(command)
    assert {p.name for p in command.params if p.type in SOURCES.values()} == {
        *("model", "consistency", "level", "reading")
    }


def test_a_command_that_runs_knows_nothing_of_it(monkeypatch):
    monkeypatch.delenv("_SPLITBRAIN_COMPLETE")
    from importlib import import_module, reload

    command = reload(import_module("splitbrain.cli.commands.tag")).tag_command
    assert not any(parameter.type in SOURCES.values() for parameter in command.params)


def test_a_tab_imports_nothing_heavy(shell):
    """What is loaded while bash waits: a second would be too long for a key."""
    heavy = ("docker", "numba", "numpy", "paramiko", "pyroute2", "rich")
    code = (
        "import sys, splitbrain.cli.front as f\n"
        "try:\n    f.run([])\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [name for name in {heavy!r} if name in sys.modules])"
    )
    for words in ("splitbrain test raft --bug ra", "splitbrain show la", "splitbrain te"):
        asking = {
            "_SPLITBRAIN_COMPLETE": "bash_complete",
            "COMP_WORDS": words.replace(" ", "\n"),
            "COMP_CWORD": str(words.count(" ")),
        }
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=shell | asking,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "plain," in done.stdout and "LOADED []" in done.stdout, done


@pytest.mark.parametrize("name", ["$(touch x)", "a;id", "a b", "*", "a`id`", "a\x1b[31m", "a\nb"])
def test_a_folder_that_is_called_like_no_run_is_offered_to_no_shell(tmp_path, name, monkeypatch):
    folder = made(tmp_path)
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path))
    folder.rename(folder.parent / name)
    assert offered("show", "") == ["latest"]
