"""Makes sure that the packages about to be imported are splitbrain's own.

The top-level packages have ordinary names (``clients``, ``targets``). A folder of that
name in the working directory, on PYTHONPATH, or from another distribution would be
imported in their place, and fail with an ImportError that explains nothing.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGES = ("checker", "clients", "histories", "nemesis", "targets")


def foreign_packages(home: Path | None = None) -> list[str]:
    """A sentence for each package that would be imported from elsewhere than ``home``.

    ``home`` is the folder that holds the ``splitbrain`` package. Nothing is imported.
    """
    home = home if home is not None else Path(__file__).resolve().parents[2]
    problems = []
    for name in PACKAGES:
        found = _location(name)
        ours = home / name
        if found is None:
            problems.append(
                f"the package {name!r} of splitbrain is missing: expected it in {ours}. "
                "Install splitbrain again."
            )
        elif not _same(found, ours):
            problems.append(
                f"{found} would be imported in place of splitbrain's own package {ours}. "
                f"{_remedy(found)}"
            )
    return problems


def _location(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        # A module already imported without a spec, or one that a loader refuses.
        module = sys.modules.get(name)
        file = getattr(module, "__file__", None)
        return Path(file) if file else None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin) if spec.origin else None


def _same(found: Path, ours: Path) -> bool:
    try:
        return found.resolve() == ours.resolve()
    except OSError:
        return False


def _remedy(found: Path) -> str:
    if found.parent.resolve() == Path.cwd().resolve():
        return (
            "Run splitbrain from another directory, or by its command `splitbrain` "
            "and not by `python -m splitbrain`."
        )
    if found.parent.name in ("site-packages", "dist-packages"):
        return "Install splitbrain into a virtual environment of its own."
    return f"Take {found.parent} out of PYTHONPATH, or rename that {found.name!r}."
