"""The digest of the program's own source changes with whatever a run depends on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import splitbrain
from splitbrain import own_source
from splitbrain.own_source import source_now

ROOT = Path(splitbrain.__file__).parents[1]


def digest_of(program: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(own_source, "__file__", str(program / "splitbrain" / "own_source.py"))
    return source_now()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A program of three files."""
    for name in ("splitbrain/own_source.py", "splitbrain/cli/front.py", "checker/judge.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "matters"),
    [
        ("checker/judge.py", True),
        ("targets/nodes/new.py", True),
        ("splitbrain/cli/front.py", False),
        ("tests/test_something.py", False),
    ],
)
def test_an_edit_changes_it_where_a_run_depends_on_the_file(
    copy: Path, monkeypatch: pytest.MonkeyPatch, file: str, matters: bool
) -> None:
    before = digest_of(copy, monkeypatch)
    assert digest_of(copy, monkeypatch) == before
    (copy / file).parent.mkdir(parents=True, exist_ok=True)
    with (copy / file).open("a") as edited:
        edited.write("\n# edited\n")
    assert (digest_of(copy, monkeypatch) != before) is matters


def test_a_file_under_another_name_is_another_program(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest_of(copy, monkeypatch)
    (copy / "checker" / "judge.py").rename(copy / "checker" / "judged.py")
    assert digest_of(copy, monkeypatch) != before


def test_a_trial_loads_nothing_of_what_is_left_aside() -> None:
    program = """
import sys
from splitbrain.campaign import attempt
from splitbrain.plan import Plan
trial = attempt(Plan("raft", "simulated", "register", rate=30, operations=40, time_limit_s=1.5,
                     faults=("kill",), fault_hold_s=0.4, fault_quiet_s=0.3, seed=1))
assert trial.error is None, trial.error
aside = {name.replace("/", ".") for name in __import__("splitbrain.own_source").own_source.ASIDE}
print(*sorted(n for n in sys.modules if any(n == a or n.startswith(a + ".") for a in aside)))
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == []
