"""The nodes run wherever Python does: they import the standard library and themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import targets.nodes

ROOT = Path(targets.nodes.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
NODES = [path.parent.name for path in FILES if path.name == "core.py"]


def test_nodes_import_nothing_but_the_standard_library_and_themselves() -> None:
    assert len(FILES) > 20
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}:{node.lineno}: a relative import"
                names = [node.module or ""]
            for name in names:
                is_ours = name == "targets.nodes" or name.startswith("targets.nodes.")
                is_standard = name.partition(".")[0] in sys.stdlib_module_names
                assert is_ours or is_standard, f"{path}:{node.lineno} imports {name}"


def test_listing_the_bugs_loads_neither_a_node_nor_asyncio() -> None:
    code = (
        "import sys; from importlib import import_module;"
        f"assert all(import_module(f'targets.nodes.{{name}}.bugs').BUGS for name in {NODES});"
        "print([m for m in sys.modules if m == 'asyncio' or m.endswith('.core')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_cores_know_no_clock_socket_or_thread() -> None:
    """Sans-IO: what a core may do is an effect, so the simulated host can drive it too."""
    forbidden = {"asyncio", "socket", "threading", "time", "os", "datetime", "secrets"}
    for path in [path for name in NODES for path in (ROOT / name).rglob("*.py")]:
        if path.name == "__main__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not forbidden & set(names), f"{path} imports one of {forbidden & set(names)}"
