"""What goes into every image is complete: it imports nothing of ours that stayed at home."""

import ast
import sys
from pathlib import Path

from targets.hosts import payload


def imported(path: Path) -> set[str]:
    """The modules a source file imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return found


def test_nodes_and_agent_need_only_the_standard_library_and_the_payload():
    inside = payload.files()
    ours = {name: path for name, path in inside.items() if name.startswith("targets/")}
    assert "targets/hosts/agent.py" in ours
    for name, path in ours.items():
        for module in imported(path):
            top = module.split(".")[0]
            if top in sys.stdlib_module_names:
                continue
            as_file = module.replace(".", "/")
            assert {f"{as_file}.py", f"{as_file}/__init__.py"} & set(inside), (name, module)


def test_the_node_itself_needs_the_standard_library_alone():
    for name, path in payload.files().items():
        if name.startswith("targets/nodes/"):
            tops = {module.split(".")[0] for module in imported(path)}
            assert tops <= set(sys.stdlib_module_names) | {"targets"}, name


def test_the_digest_follows_names_and_contents(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    two.write_text("y")
    digests = {
        payload.digest(chosen)
        for chosen in ({"a": one}, {"a": two}, {"b": one}, {"a": one, "b": two})
    }
    assert len(digests) == 4
    assert payload.digest({"b": two, "a": one}) in digests
