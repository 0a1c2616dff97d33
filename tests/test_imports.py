"""Hygiene of the whole source tree: imports point one way, files stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINES_MAX = 420
MAY_IMPORT = {
    "histories": set(),
    "checker": {"histories"},
    "clients": {"histories"},
    "nemesis": {"histories"},
    "targets": {"histories"},
    "splitbrain": {"histories", "checker", "clients", "nemesis", "targets"},
}
HEAVY = ("docker", "matplotlib", "numba", "numpy", "paramiko", "pyroute2", "rich")


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path, *, at_import: bool = False) -> set[str]:
    """Top-level names of what a file imports, anywhere or only while it is itself imported."""
    names: set[str] = set()
    nodes = [ast.parse(path.read_text(encoding="utf-8"), str(path))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
        postponed = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        )
        if not (at_import and postponed):
            nodes.extend(ast.iter_child_nodes(node))
    return names


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    for path in sources(package):
        ours = imported(path) & set(MAY_IMPORT)
        assert ours <= allowed, f"{path.relative_to(ROOT)} imports {sorted(ours - allowed)}"


def test_the_rule_notices_an_import_against_the_flow(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text("def late():\n    from splitbrain.plan import Plan\n")
    assert imported(path) == {"splitbrain"}
    assert imported(path, at_import=True) == set()


def test_a_file_holds_one_noun() -> None:
    for path in [*sources(*MAY_IMPORT), *sources("tests", "benchmarks")]:
        assert path.stem != "utils", path
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= LINES_MAX, f"{path.relative_to(ROOT)} has {lines} lines"


def test_the_front_door_imports_nothing_heavy() -> None:
    """What ``splitbrain --help`` and a mistyped command load."""
    seen = loaded_by("import splitbrain.cli.front as f; f.run(['--help']); f.run(['tset'])")
    assert not seen & {*HEAVY, *MAY_IMPORT} - {"splitbrain"}


def test_help_of_a_command_imports_nothing_heavy() -> None:
    seen = loaded_by("import splitbrain.cli.front as f; f.run(['test', '--help'])")
    assert not seen & set(HEAVY)


def loaded_by(code: str) -> set[str]:
    told = "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    program = f"{code}\nimport sys\n{told}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    return set(done.stdout.split("LOADED")[1].split())
