"""What splitbrain needs of a machine, tried out one by one, each with the cure if it fails."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PYTHON_MIN = (3, 11)
FREE_MB_MIN = 500
LIBRARIES = ("click", "docker", "numba", "numpy", "paramiko", "pyroute2", "rich")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. ``cure`` says what to do when it is not well.

    A host that cannot be had says that itself.
    """

    subject: str
    well: bool
    seen: str
    cure: str = ""


def examine(store: Path) -> list[Finding]:
    """Try everything out; takes about a second, five more where an engine hangs."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        _libraries,
        _docker,
        _sandbox,
        _kernel_cache,
        lambda: _store(store),
    )
    return [check() for check in checks]


def able(findings: list[Finding]) -> Iterator[str]:
    """What stands in the way of running at all: either host will do, the rest must be well."""
    hosts = {f.subject: f for f in findings if f.subject in ("docker", "sandbox")}
    if not any(f.well for f in hosts.values()):
        yield "no host to run nodes on: mend docker or sandbox"
    for finding in findings:
        if finding.subject not in hosts and not finding.well:
            yield f"{finding.subject}: {finding.seen}"


def _python() -> Finding:
    seen = f"Python {sys.version.split()[0]} at {sys.executable}"
    wanted = ".".join(map(str, PYTHON_MIN))
    return Finding("python", sys.version_info >= PYTHON_MIN, seen, f"Install Python {wanted}.")


def _libraries() -> Finding:
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(
            "libraries",
            False,
            f"missing: {', '.join(missing)}",
            "Install splitbrain again with pip, which brings them.",
        )
    return Finding("libraries", True, ", ".join(found))


def _docker() -> Finding:
    from targets.hosts import engine
    from targets.target import TargetError

    try:
        path = engine.find()
        answer = engine.probe(path)
    except TargetError as error:
        return Finding("docker", False, str(error))
    return Finding("docker", True, f"Engine {answer.get('Version', '?')} answers at {path}")


def _sandbox() -> Finding:
    from targets.hosts import reexec
    from targets.target import TargetError

    try:
        reexec.check()
    except TargetError as error:
        return Finding("sandbox", False, str(error))
    return Finding("sandbox", True, "user, network, mount and pid namespaces can be made")


def _kernel_cache() -> Finding:
    """Whether numba can keep what it compiles: beside the sources, or in the cache it is told."""
    import checker

    home = Path(checker.__file__).parent
    told = os.environ.get("NUMBA_CACHE_DIR")
    beside = home / "linearizability" / "__pycache__"
    usual = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "numba"
    candidates = [Path(told)] if told else [beside, usual]
    for folder in candidates:
        if _writable(folder):
            return Finding("cache", True, f"compiled kernels are kept in {folder}")
    return Finding(
        "cache",
        False,
        f"compiled kernels cannot be kept in {' or '.join(map(str, candidates))}",
        "Every check would compile for some seconds: set NUMBA_CACHE_DIR to a folder of yours.",
    )


def _store(store: Path) -> Finding:
    if not _writable(store):
        return Finding(
            "store",
            False,
            f"{store} cannot be written",
            "Name another folder with SPLITBRAIN_STORE.",
        )
    free_mb = shutil.disk_usage(_existing(store)).free // 2**20
    return Finding(
        "store",
        free_mb >= FREE_MB_MIN,
        f"{store}, {free_mb:,} MB free",
        f"A long run may need {FREE_MB_MIN} MB: free some, or set SPLITBRAIN_STORE.",
    )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _writable(folder: Path) -> bool:
    """Whether files can be made in this folder, or the folder itself could be made."""
    place = _existing(folder)
    if not place.is_dir():
        return False
    try:
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False
