"""What splitbrain needs of a machine, tried out one by one, each with the cure if it fails."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PYTHON_MIN = (3, 11)
MACHINE = "ssh "
"""What the subject of a machine begins with."""
FREE_MB_MIN = 500
LIBRARIES = (
    *(
        "click",
        "docker",
        "h11",
        "jinja2",
        "kazoo",
        "matplotlib",
        "numba",
        "numpy",
        "paramiko",
        "pyroute2",
        "rich",
    ),
    *("starlette", "uvicorn", "zstandard"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. ``cure`` says what to do when it is not well.

    A host that cannot be had says that itself. ``optional``: runs can be made without it.
    """

    subject: str
    well: bool
    seen: str
    cure: str = ""
    optional: bool = False


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
    return [check() for check in checks] + list(_software())


def examine_machines(
    ssh: Sequence[str], key: str | None, known_hosts: str | None, sudo: str
) -> list[Finding]:
    """Try machines behind SSH out, all at once (3 s; 10 where one does not answer).

    ``ssh`` are destinations as a plan has them.
    """
    from targets.hosts.ssh import Access, Destination, Sudo, examine_machine

    access = Access(
        Path(key) if key else None, Path(known_hosts) if known_hosts else None, Sudo(sudo)
    )
    destinations = [Destination.parse(text, "root") for text in ssh]

    async def all_of_them() -> list[str | BaseException]:
        tries = (examine_machine(destination, access) for destination in destinations)
        return await asyncio.gather(*tries, return_exceptions=True)

    return [
        _machine(destination, seen)
        for destination, seen in zip(ssh, asyncio.run(all_of_them()), strict=True)
    ]


def _machine(destination: str, seen: str | BaseException) -> Finding:
    from targets.target import TargetError

    if isinstance(seen, str):
        return Finding(f"{MACHINE}{destination}", True, seen)
    if not isinstance(seen, (TargetError, OSError)):
        raise seen
    return Finding(f"{MACHINE}{destination}", False, str(seen).replace(f"{destination}: ", ""))


def able(findings: list[Finding]) -> Iterator[str]:
    """What stands in the way of running at all: either host will do, the rest must be well.

    Where machines are named, it is they that must be well, all of them.
    """
    hosts = {f.subject: f for f in findings if f.subject in ("docker", "sandbox")}
    named = any(f.subject.startswith(MACHINE) for f in findings)
    if not named and not any(f.well for f in hosts.values()):
        yield "no host to run nodes on: mend docker or sandbox"
    for finding in findings:
        if finding.well or finding.optional or finding.subject in hosts:
            continue
        # What is wrong with a machine takes several lines, and stands above.
        of_machine = finding.subject.startswith(MACHINE)
        yield finding.subject if of_machine else f"{finding.subject}: {finding.seen}"


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


def _software() -> Iterator[Finding]:
    """The systems that are not our own, by the programs and files they need.

    Those of installed packages, too, and the packages that offer one and have none.
    """
    from splitbrain.plugins import TargetRefused, found_named, installed, origin_of
    from targets.hosts import programs
    from targets.systems import SYSTEMS

    for name in (*SYSTEMS, *installed()):
        try:
            system = found_named(name).system
            launch = system.launch("n1", {"n1": "127.0.0.1"}, ())
        except (TargetRefused, ValueError) as error:
            cure = f"It is for the authors of {origin_of(name)} to mend."
            yield Finding(name, False, " ".join(str(error).split()), cure, optional=True)
            continue
        needs = [needed for needed in launch.needs if not needed.optional]
        missing = [needed for needed in needs if programs.find(needed.what) is None]
        if missing:
            seen = f"not on this machine: {', '.join(needed.what for needed in missing)}"
            cures = dict.fromkeys(needed.install for needed in missing)
            cure = f"To test it, {'; '.join(cures)}."
            yield Finding(system.name, False, seen, cure, optional=True)
        elif needs:
            found = [str(programs.find(needed.what)) for needed in needs[:2]]
            more = f" and {len(needs) - 2} more files" if len(needs) > 2 else ""
            yield Finding(system.name, True, f"{', '.join(found)}{more}", optional=True)


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
