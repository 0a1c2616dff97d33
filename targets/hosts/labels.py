"""What everything made in an engine is labelled with, so that its run can be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from targets.target import RunIdentity

RUN = "splitbrain.run"
OWNER = "splitbrain.owner"
FOLDER = "splitbrain.folder"
PID_NAMESPACE = "splitbrain.pid-namespace"
NODE = "splitbrain.node"
RECIPE = "splitbrain.recipe"
"""On images: the hash of what an image is made from, known before it is made."""


def labels(run: RunIdentity) -> dict[str, str]:
    """The labels of a run's containers, networks and volumes."""
    return {
        RUN: run.run,
        OWNER: run.label(),
        FOLDER: str(run.folder.absolute()),
        PID_NAMESPACE: pid_namespace(),
    }


def pid_namespace() -> str:
    """The pid namespace this process lives in: a pid means something in its own only."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def judged_here(of: Mapping[str, str]) -> bool:
    """Whether the owner's pid in these labels can be looked up by this process."""
    return of.get(PID_NAMESPACE, "") in ("", pid_namespace())


def name(run: RunIdentity, *parts: str) -> str:
    """A name for something of a run, of the characters that engines allow."""
    return safe_name("splitbrain", run.run, *parts)


def safe_name(*parts: str) -> str:
    """The parts joined, of characters that engines, file systems and the kernel allow."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", "-".join(parts))
