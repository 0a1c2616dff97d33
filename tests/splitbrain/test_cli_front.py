"""The front door: exit codes, what is said when something goes wrong, and that it is quick."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from histories.archive import ArchiveError
from splitbrain.cli import failure, front
from splitbrain.cli.ownership import PACKAGES, foreign_packages
from splitbrain.live import Interrupted
from splitbrain.run import PlanError
from targets.target import NodeFailed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("SPLITBRAIN_DEBUG", raising=False)
    return tmp_path / "store"


def failing(monkeypatch, error):
    """Make every command fail with ``error``."""

    def fail(**_):
        raise error

    monkeypatch.setattr(front.cli, "main", fail)


def splitbrain(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "splitbrain", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def test_help_lists_every_command_with_what_it_does(capsys):
    assert front.run(["--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for name, entry in front.COMMANDS.items():
        assert f"{name} {entry.summary}" in told


@pytest.mark.parametrize("name", front.COMMANDS)
def test_every_command_is_there_and_has_help(name, capsys):
    assert front.run([name, "--help"]) == 0
    assert f"Usage: splitbrain {name}" in capsys.readouterr().out


def test_an_unknown_command_is_answered_with_the_nearest(capsys):
    assert front.run(["tset"]) == 2
    assert "Did you mean 'test'?" in capsys.readouterr().err


def test_an_unknown_option_is_a_usage_error(capsys):
    assert front.run(["test", "raft", "--nods", "3"]) == 2
    assert "--nods" in capsys.readouterr().err


def test_bad_options_are_refused_before_anything_starts(capsys):
    assert front.run(["test", "rfat", "--nodes", "0"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "2 problems:" in err and "Did you mean 'raft'?" in err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NodeFailed("n1 did not come up: no such module"), 70),
        (ArchiveError("no run 'x'"), 2),
        (PlanError("host sandbox cannot do clock"), 2),
        (Interrupted("stopped"), 130),
        (PermissionError(13, "Permission denied", "/store/runs"), 70),
        (KeyboardInterrupt(), 130),
    ],
)
def test_expected_trouble_is_a_sentence(error, code, monkeypatch, capsys, store):
    failing(monkeypatch, error)
    assert front.run([]) == code
    told = capsys.readouterr().err
    assert "Traceback" not in told and len(told.splitlines()) == 1
    assert not store.exists(), "no crash report for what is no bug"


def test_a_bug_of_ours_leaves_its_traceback_in_a_file(monkeypatch, capsys, store):
    failing(monkeypatch, RuntimeError("the impossible"))
    assert front.run([]) == 70
    told = capsys.readouterr().err
    assert "RuntimeError: the impossible" in told and "Traceback" not in told
    (crash,) = (store / "crashes").iterdir()
    assert str(crash) in told
    assert "Traceback" in crash.read_text()


def test_a_traceback_is_shown_to_who_asks(monkeypatch, capsys, store):
    monkeypatch.setenv("SPLITBRAIN_DEBUG", "1")
    failing(monkeypatch, RuntimeError("the impossible"))
    assert front.run([]) == 70
    assert "Traceback" in capsys.readouterr().err
    assert not store.exists()


def test_where_nothing_can_be_written_the_user_is_told_how_to_see_it(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SPLITBRAIN_STORE", str(blocked))
    monkeypatch.setattr(failure.tempfile, "gettempdir", lambda: str(blocked))
    assert "--debug" in failure._kept(RuntimeError("x"))


def test_an_error_cannot_steer_the_terminal(monkeypatch, capsys):
    failing(monkeypatch, NodeFailed("log: \x1b[2J"))
    front.run([])
    assert "\x1b" not in capsys.readouterr().err


def test_no_run_yet_is_said(capsys):
    assert front.run(["show"]) == 2
    assert "no run" in capsys.readouterr().err
    assert front.run(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("name", ["systems", "workloads", "faults", "bugs", "models"])
def test_catalogues_are_tables_and_json(name, capsys):
    assert front.run([name]) == 0
    table = capsys.readouterr().out
    assert front.run([name, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows
    for row in rows:
        assert row["name"] in table


def test_the_packages_are_ours_here():
    assert foreign_packages() == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_from_elsewhere_is_named(package, tmp_path, monkeypatch):
    home = tmp_path / "ours"
    for name in PACKAGES:
        (home / name).mkdir(parents=True)
        (home / name / "__init__.py").touch()
    elsewhere = tmp_path / "theirs" / package
    elsewhere.mkdir(parents=True)
    (elsewhere / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(elsewhere.parent), str(home)])
    for name in PACKAGES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    (problem,) = foreign_packages(home)
    assert str(elsewhere) in problem and str(home / package) in problem
    assert "PYTHONPATH" in problem


def test_someones_clients_folder_gives_a_sentence_and_no_import_error(tmp_path):
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "__init__.py").write_text("raise RuntimeError('not ours')\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = splitbrain("systems", env=os.environ | {"PYTHONPATH": path}, cwd=tmp_path)
    assert done.returncode == 70
    assert f"{tmp_path}/clients would be imported in place of" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_is_no_failure():
    done = subprocess.run(
        f"{sys.executable} -m splitbrain bugs | head -c 1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.endswith("0\n")
    assert done.stderr == ""


def test_version_is_that_of_the_package():
    import splitbrain as package

    assert package.__version__ in splitbrain("--version").stdout


def test_public_names_are_there():
    import splitbrain as package

    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing
