"""Where in a user's file something is said, and how a value of theirs is shown."""

from __future__ import annotations

import ast
import inspect
import traceback
from collections.abc import Collection
from pathlib import Path
from typing import Any

SHOWN_MAX = 120


def shown(value: Any) -> str:
    """A value of the user's for a message, whatever its own ``repr`` does."""
    try:
        text = repr(value)
    except Exception:
        return f"a {type(value).__name__} whose text cannot be made"
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


def own_line(error: BaseException, files: Collection[str]) -> str | None:
    """``file:line`` where an error arose, the innermost in one of these files; None: in none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if str(Path(frame.filename).resolve()) in files]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else None


def place_of(thing: Any, member: str | None = None) -> str:
    """``file:line`` of a class, function or object of the user's, or of a member in its class.

    Of an object that is where its class is; where nobody knows, what it is called.
    """
    definition = thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)
    try:
        file = inspect.getsourcefile(definition)
        line = inspect.getsourcelines(definition)[1]
    except (OSError, TypeError):
        return shown(thing)
    if file is None:
        return shown(thing)
    if member is not None and inspect.isclass(definition):
        line = _line_of_member(Path(file), definition.__name__, member) or line
    return f"{file}:{line}"


def _line_of_member(file: Path, name: str, member: str) -> int | None:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            for part in node.body:
                if member in _names(part):
                    return part.lineno
    return None


def _names(part: ast.stmt) -> list[str]:
    match part:
        case ast.Assign(targets=names):
            return [name.id for name in names if isinstance(name, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
    return []


def line_of_name(file: Path, name: str) -> str:
    """``file:line`` where a module gives ``name`` its value, else the file."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return str(file)
    found = [part.lineno for part in tree.body if name in _names(part)]
    return f"{file}:{found[-1]}" if found else str(file)
