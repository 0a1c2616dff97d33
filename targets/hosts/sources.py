"""Where the sources of the nodes and agents are, and how a child process finds them."""

from __future__ import annotations

import os
from pathlib import Path

import targets

SOURCES = Path(targets.__file__).resolve().parent.parent
"""The folder that holds the ``targets`` package: a checkout, or site-packages."""


def environment() -> dict[str, str]:
    """Our environment, with the sources first on the module path of a child's Python.

    What only speaks to the harness itself is left out.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SPLITBRAIN_")}
    former = kept.get("PYTHONPATH")
    kept["PYTHONPATH"] = os.pathsep.join([str(SOURCES), *([former] if former else [])])
    return kept
