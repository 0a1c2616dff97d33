"""The files ``splitbrain check`` is asked to write: looked at before there is anything to write."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def problems_of(outputs: Mapping[str, Path | None], inputs: Mapping[Path, str]) -> list[str]:
    """A sentence for each output, by option, that cannot be written, or would replace what counts.

    That is an input or another output; ``inputs`` says what each file that is read is. Links
    are followed.
    """
    problems = []
    wanted: dict[str, Path] = {o: path for o, path in outputs.items() if path is not None}
    for number, (option, path) in enumerate(wanted.items()):
        for source, what in inputs.items():
            if _same(path, source):
                problems.append(f"{option}: {path} is {what}; name another file to write.")
        for other in list(wanted)[:number]:
            if _same(path, wanted[other]):
                problems.append(f"{option}: is the same file as {other}, {path}.")
        if (obstacle := _obstacle(path)) is not None:
            problems.append(f"{option}: {obstacle}")
    return problems


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        # One is not there yet: then only their names can tell.
        return os.path.realpath(one) == os.path.realpath(other)


def _obstacle(path: Path) -> str | None:
    """Why a file cannot be written there, as far as can be told without writing it."""
    folder = path.parent
    try:
        if not folder.exists():
            return f"{folder}: there is no such folder; make it, or name another."
        if not folder.is_dir():
            return f"{folder}: is no folder; name a file in one."
        if not os.access(folder, os.W_OK | os.X_OK):
            return f"{folder}: nothing may be written in this folder; name another."
        if path.exists() and not path.is_file():
            return f"{path}: is there already, and is no ordinary file; name another."
    except OSError as error:
        return f"{path}: cannot be written ({error.strerror or error})."
    return None
