"""The targets there are: ours, those of installed packages, and files named by path.

found_for(plan)      what a plan names: a file's, else the system of that name
found_named("raft")  ours, or that of an entry point of the group ``splitbrain.targets``
found_at("mydb.py")  the one that the file defines, read once in a process
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from clients.client import ClientCore
from clients.lock_service import LockCore
from clients.queue_service import QueueCore
from clients.reference import ReferenceCore
from clients.two_phase_commit import TransactionCore
from histories.errors import HistoryError, Problem
from splitbrain.plan import Plan
from splitbrain.plugins.failure import Failures, TargetRefused
from splitbrain.plugins.place import line_of_name
from splitbrain.plugins.target import ClientSetting, Target
from splitbrain.workloads import WORKLOADS, Workload
from targets.systems import SYSTEMS
from targets.target import System

GROUP = "splitbrain.targets"
OURS = "built in"
WRITTEN = "A target's file is plain Python with one splitbrain.Target: TARGET = Target(…)."


@dataclass(frozen=True, slots=True)
class Found:
    """A target and where it comes from; ``facts`` are for a run's manifest, none of ours."""

    target: Target
    origin: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    """The sources it is made of, as far as they are its author's."""
    failures: Failures = field(default_factory=Failures)

    @property
    def system(self) -> System:
        """Its system."""
        return self.target.system

    @property
    def ours(self) -> bool:
        """Whether it comes with splitbrain."""
        return self.origin == OURS

    @property
    def workloads(self) -> dict[str, Workload]:
        """Ours and its own, by name."""
        return {**WORKLOADS, **{workload.name: workload for workload in self.target.workloads}}


def found_for(plan: Plan) -> Found:
    """The target of a plan. Raises TargetRefused, and KeyError for a system there is not."""
    return found_named(plan.system) if plan.target is None else found_at(plan.target)


def system_of(plan: Plan) -> System:
    """The plan's system."""
    return found_for(plan).system


def workload_of(plan: Plan) -> Workload:
    """The plan's workload."""
    return found_for(plan).workloads[plan.workload]


@cache
def found_named(name: str) -> Found:
    """Ours of that name, or an installed package's."""
    if name in SYSTEMS:
        return Found(Target(SYSTEMS[name], _CORES.get(name, _reference)), OURS)
    entries = installed()[name]
    if len(entries) > 1:
        packages = " and ".join(_package(entry) for entry in entries)
        seen = f"the target {name!r} comes from {packages}."
        raise TargetRefused([Problem(GROUP, seen, "Uninstall all but one of them.")])
    entry = entries[0]
    where = f"{_package(entry)} ({entry.value})"
    try:
        target = entry.load()
    except (Exception, SystemExit) as error:
        from checker.models.user_file import line_of

        place = line_of(error, None, ours=__file__) or where
        seen = f"cannot be imported: {type(error).__name__}: {error}."
        raise TargetRefused(
            [Problem(place, seen, f"The entry point {name!r} of {where} names a Target.")]
        ) from error
    _refuse_unfit(target, where)
    if target.system.name != name:
        seen = f"the entry point {name!r} gives a system called {target.system.name!r}."
        raise TargetRefused([Problem(where, seen, "Give both one name.")])
    facts = {"package": _package(entry), "entry_point": entry.value}
    top = entry.module.partition(".")[0]
    files = _files({name for name in sys.modules if name.partition(".")[0] == top})
    return _guarded(target, _package(entry), facts, files)


def installed() -> dict[str, tuple[EntryPoint, ...]]:
    """The entry points of installed packages by name; our own names are not theirs to take."""
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for entry in entry_points(group=GROUP):
        if entry.name not in SYSTEMS:
            found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


def origin_of(name: str) -> str:
    """Where the system of this name comes from, whether it can be loaded or not."""
    return OURS if name in SYSTEMS else " and ".join(map(_package, installed()[name]))


def found_at(text: str) -> Found:
    """The target in the file ``path/to/mydb.py``, or of several there ``path/to/mydb.py:NAME``."""
    return _found_at(whole(text))


def whole(text: str) -> str:
    """The same file and name, by a path that holds wherever one is."""
    return str(Path(text).expanduser().absolute())


@cache
def _found_at(text: str) -> Found:
    from checker.models.user_file import import_file

    path, attribute = parted(text)
    before = set(sys.modules)
    try:
        module = import_file(
            path, kind="target", named="--target path/to/mydb.py", expected=WRITTEN
        )
    except HistoryError as error:
        raise TargetRefused(error.problems) from None
    there = {name: value for name, value in vars(module).items() if isinstance(value, Target)}
    if attribute is None:
        if len(there) != 1:
            names = ", ".join(there)
            seen = f"there are several targets: {names}." if there else "there is no target."
            expected = f"Name one: --target {path}:{next(iter(there))}." if there else WRITTEN
            raise TargetRefused([Problem(path, seen, expected)])
        attribute = next(iter(there))
    elif not hasattr(module, attribute):
        seen = f"has no {attribute!r}."
        expected = f"Targets in this file: {', '.join(there) or 'none'}."
        raise TargetRefused([Problem(path, seen, expected)])
    target = getattr(module, attribute)
    where = line_of_name(Path(path), attribute)
    _refuse_unfit(target, where)
    folder = Path(path).resolve().parent
    neighbours = [f for f in _files(set(sys.modules) - before) if f.is_relative_to(folder)]
    files = dict.fromkeys((Path(path).resolve(), *neighbours))
    digests = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }
    return _guarded(target, path, {"file": path, "sha256": digests}, files)


def parted(text: str) -> tuple[str, str | None]:
    """Path and name of ``path.py:NAME``; None for the name where it is left out."""
    path, colon, name = text.rpartition(":")
    return (path, name) if colon and path.endswith(".py") else (text, None)


def _files(modules: set[str]) -> list[Path]:
    """Where these modules come from, by name."""
    origins = (getattr(sys.modules.get(name), "__file__", None) for name in sorted(modules))
    return [Path(origin).resolve() for origin in origins if origin]


def _refuse_unfit(target: Any, where: str) -> None:
    from splitbrain.plugins.fitness import target_problems

    if problems := target_problems(target, where):
        raise TargetRefused(problems)


def _guarded(target: Target, origin: str, facts: Mapping[str, Any], files: Iterable[Path]) -> Found:
    from splitbrain.plugins.cores import guarded_factory
    from splitbrain.plugins.guarded import GuardedSystem

    failures, own = Failures(), frozenset(map(str, files))
    make = guarded_factory(target, own, failures)
    return Found(
        Target(GuardedSystem(target.system, own), make, target.workloads),
        origin,
        facts,
        own,
        failures,
    )


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value


def _reference(asked: ClientSetting) -> ReferenceCore:
    return ReferenceCore(asked.workload, asked.run, resends=asked.resends, prefix=asked.prefix)


def _transactions(asked: ClientSetting) -> TransactionCore:
    return TransactionCore(asked.workload, asked.run, resends=asked.resends, prefix=asked.prefix)


def _queues(asked: ClientSetting) -> QueueCore:
    return QueueCore(asked.workload, asked.run, resends=asked.resends, prefix=asked.prefix)


def _locks(asked: ClientSetting) -> LockCore:
    return LockCore(asked.workload, asked.run, resends=asked.resends, prefix=asked.prefix)


_CORES: dict[str, Callable[[ClientSetting], ClientCore]] = {
    "two-phase-commit": _transactions,
    "queue-service": _queues,
    "lock-service": _locks,
}
