"""A file of the user's own Python: imported, and what it raises told with its own line."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from histories.errors import HistoryError, Problem

TROUBLE = (Exception, SystemExit)
"""What a user's code may raise. One that exits must not end the judging, least of all with 0."""


def import_file(path: str, *, kind: str, named: str, expected: str) -> ModuleType:
    """The module that the file is. Raises HistoryError where it is none.

    ``kind`` is what it defines (a word of a module's name), ``named`` how such a file is named,
    ``expected`` what is in one.
    """
    file = Path(path)
    if not file.is_file():
        raise HistoryError(
            [Problem(path, "there is no such file.", f"Name a Python file: {named}.")]
        )
    spec = importlib.util.spec_from_file_location(f"user_{kind}_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up there.
    sys.modules[spec.name] = module
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        # Neighbours can be imported, when a step is asked as well. Last, for one that is called
        # like a package of ours or of the library would take its place in all that follows.
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except TROUBLE as error:
        sys.modules.pop(spec.name, None)
        where = line_of(error, str(file)) or str(file)
        seen = f"cannot be imported: {type(error).__name__}: {error}."
        raise HistoryError([Problem(where, seen, expected)]) from None
    return module


def line_of(error: BaseException, file: str | None, ours: str | None = None) -> str | None:
    """Where an error arose: file:line, the innermost of the user's.

    ``ours`` is a file of our own that asked.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    passed_over = {__file__, ours}
    own = [f for f in frames if f.filename not in passed_over and "importlib" not in f.filename]
    chosen = [f for f in own if file is None or f.filename == file]
    return f"{chosen[-1].filename}:{chosen[-1].lineno}" if chosen else None
