"""Versions of ``run.json``: what each brought, and how an older one is read today.

    1   plan, versions, state, hashes of the other files
    2   the journal may be packed, and its hash is of what it holds; ``imported`` says which bundle
        a run came in (null: it was made here); secrets are cut out, and ``redacted`` counts them

An older manifest is brought up step by step while it is read; the file stays as it is. A newer
one is refused: half of what it says would be missed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FORMAT = "splitbrain-run"
VERSION = 2

Members = dict[str, Any]


def _to_2(manifest: Members) -> Members:
    return {**manifest, "imported": None, "redacted": 0}


MIGRATIONS: dict[int, Callable[[Members], Members]] = {1: _to_2}
"""From each older version to the next one."""


def migrated(manifest: Any) -> Members:
    """A manifest as one of today's version. Raises ValueError when it is none that is known."""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError("it is no manifest")
    version = manifest.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        newer = type(version) is int and version > VERSION
        cure = "; it was written by a newer splitbrain" if newer else ""
        raise ValueError(f"its version is {version!r}{cure}")
    members: Members = manifest
    for step in range(version, VERSION):
        members = MIGRATIONS[step](members) | {"version": step + 1}
    return members
