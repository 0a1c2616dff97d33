"""What is installed, and what the README promises about installing it."""

import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FIND = PROJECT["tool"]["setuptools"]["packages"]["find"]
DATA = PROJECT["tool"]["setuptools"]["package-data"]["*"]
TOP = ("checker", "clients", "histories", "nemesis", "splitbrain", "targets")


def installed(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in FIND["include"])


def test_the_packages_are_installed_and_the_tests_are_not():
    assert all(installed(name) for name in TOP)
    assert not installed("tests") and not installed("benchmarks")


@pytest.mark.parametrize("package", TOP)
def test_every_folder_with_sources_is_a_package(package):
    """``find`` passes over a folder without ``__init__.py``, and what is in it is not installed."""
    for path in (ROOT / package).rglob("*.py"):
        assert (path.parent / "__init__.py").is_file(), path.parent


@pytest.mark.parametrize("package", TOP)
def test_every_other_file_of_a_package_is_installed_too(package):
    for path in (ROOT / package).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".py":
            assert any(fnmatch(path.name, pattern) for pattern in DATA), path


def test_the_command_is_the_front_door():
    assert PROJECT["project"]["scripts"] == {"splitbrain": "splitbrain.__main__:main"}


def test_the_version_is_the_same_everywhere():
    import splitbrain

    assert splitbrain.__version__ == PROJECT["project"]["version"]


def test_the_readmes_two_commands_are_there():
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert any("pip install ." in b and "splitbrain test raft" in b for b in blocks)
    assert any("[test]" in b and "-m pytest" in b and "-m venv" in b for b in blocks)


def test_ci_runs_the_readmes_command_and_requires_hosts():
    ci = (ROOT / ".ci" / "run").read_text()
    for step in ('bash -euo pipefail -c "$command"', "ruff check", "ruff format --check", "mypy"):
        assert step in ci, step
    assert "--require=$REQUIRE" in ci and "set -euo pipefail" in ci
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    # What CI cuts out of the README is the test command, whole.
    cut = re.search(r"^command=\$\((awk .*)\)$", ci, re.M)
    assert cut is not None
    said = subprocess.run(cut[1], shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    block = re.search(
        r"## Run the tests\n.*?```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S
    )
    assert block is not None and said.stdout == block[1] and "-m pytest" in said.stdout


def test_the_readme_names_only_commands_that_exist():
    from splitbrain.cli.front import COMMANDS

    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"splitbrain ([a-z]+)\b(?! is| asks| needs| says)", _code(readme)))
    assert named and named <= set(COMMANDS), named - set(COMMANDS)


def _code(markdown: str) -> str:
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", markdown, re.S))
