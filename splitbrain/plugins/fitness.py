"""Whether what somebody calls a target is one: everything that is wrong with it, at once."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from histories.errors import Problem
from splitbrain.plugins.place import place_of, shown
from splitbrain.plugins.target import Target
from splitbrain.workloads import WORKLOADS, Workload
from targets.systems import SYSTEMS
from targets.target import System

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
NAMED = "A name is lower-case letters, digits, '-' and '_', such as 'mydb'."
PORTS = range(1, 65536)
UNFIT_WORKLOADS = {"lock": "its clients hold a lock around work of the harness's own"}
"""Workloads whose clients need more than a core."""


def target_problems(target: Any, where: str) -> list[Problem]:
    """All that keeps ``target``, which was found at ``where``, from being used."""
    if not isinstance(target, Target):
        expected = "A target is a splitbrain.Target(system, make_client, workloads=())."
        return [Problem(where, f"seen {shown(target)}.", expected)]
    problems = [*_of_workloads(target, where), *_of_system(target)]
    if not callable(target.make_client):
        seen = f"make_client is {shown(target.make_client)}."
        problems.append(Problem(where, seen, "It is called with a ClientSetting, for a core."))
    return problems


def _of_system(target: Target) -> list[Problem]:
    system: Any = target.system
    problems: list[Problem] = []
    what = type(system).__name__

    def wrong(member: str, seen: str, expected: str) -> None:
        problems.append(Problem(place_of(system, member), f"{what}: {seen}", expected))

    if inspect.isclass(system):
        expected = f"The system is an instance: {system.__name__}()."
        return [Problem(place_of(system), f"seen the class {system.__name__}.", expected)]
    for member in ("name", "workloads", "client_port", "launch", "status"):
        if not _says(system, member):
            wrong(member, f"it has no {member!r}.", _EXPECTED[member])
    for member, fits in _FITS.items():
        if _says(system, member) and not fits(given := _given(system, member)):
            wrong(member, f"its {member!r} is {shown(given)}.", _EXPECTED[member])
    if problems:
        return problems
    if system.name in SYSTEMS:
        wrong("name", f"{system.name!r} is a system of ours.", "Give yours another name.")
    if system.simulated:
        wrong("simulated", "it says that it can be simulated.", "Only cores of our own can.")
    offered: Any = target.workloads
    listed = offered if isinstance(offered, tuple) else ()
    own = [workload.name for workload in listed if isinstance(workload, Workload)]
    for name in system.workloads:
        known = ", ".join(w for w in (*WORKLOADS, *own) if w not in UNFIT_WORKLOADS)
        if name in UNFIT_WORKLOADS:
            seen = f"it names the workload {name!r}, and {UNFIT_WORKLOADS[name]}."
            wrong("workloads", seen, f"Such clients cannot be given. There is: {known}.")
        elif name not in (*WORKLOADS, *own):
            wrong("workloads", f"it names the workload {name!r}.", f"There is: {known}.")
    for name in own:
        if name not in system.workloads:
            seen = f"it does not name its target's own workload {name!r}."
            wrong("workloads", seen, "'workloads' names all that its clients can run.")
    return problems


def _of_workloads(target: Target, where: str) -> list[Problem]:
    from checker.judge import JUDGED

    given: Any = target.workloads
    if not isinstance(given, tuple) or not all(isinstance(w, Workload) for w in given):
        expected = "A tuple of splitbrain.Workload: (MINE,) for one alone."
        return [Problem(where, f"workloads is {shown(given)}.", expected)]
    problems = []
    for workload in given:
        what = f"the workload {shown(workload.name)}"
        if not isinstance(workload.name, str) or not NAME.match(workload.name):
            problems.append(Problem(where, f"a workload is called {shown(workload.name)}.", NAMED))
        elif workload.name in WORKLOADS:
            problems.append(Problem(where, f"{what} is one of ours.", "Give yours another name."))
        if workload.model not in JUDGED:
            seen = f"{what} is to be judged by the model {shown(workload.model)}."
            problems.append(Problem(where, seen, f"There is: {', '.join(JUDGED)}."))
        if not callable(workload.phases):
            seen = f"the phases of {what} are {shown(workload.phases)}."
            problems.append(Problem(where, seen, "A function of the plan that gives Phases."))
    return problems


def _says(system: Any, member: str) -> bool:
    """Whether it has the member itself; what ``System`` only describes it has not."""
    missing = object()
    given = inspect.getattr_static(system, member, missing)
    if given is missing or given is None:
        return False
    return given is not inspect.getattr_static(System, member, missing) or member in _DEFAULTED


def _given(system: Any, member: str) -> Any:
    """The member, or what reading it raised: that fits nowhere."""
    try:
        return getattr(system, member)
    except (Exception, SystemExit) as error:
        return error


def _names(given: Any) -> bool:
    return isinstance(given, tuple) and bool(given) and all(isinstance(n, str) for n in given)


_DEFAULTED = ("summary", "simulated", "resends", "inapplicable")
_FITS: dict[str, Callable[[Any], bool]] = {
    "name": lambda given: isinstance(given, str) and NAME.match(given) is not None,
    "summary": lambda given: isinstance(given, str),
    "workloads": _names,
    "client_port": lambda given: type(given) is int and given in PORTS,
    "simulated": lambda given: isinstance(given, bool),
    "resends": lambda given: isinstance(given, bool),
    "has_leader": lambda given: isinstance(given, bool),
    "inapplicable": lambda given: (
        isinstance(given, Mapping) and all(isinstance(text, str) for text in given.values())
    ),
    "launch": callable,
    "status": inspect.iscoroutinefunction,
}
_EXPECTED = {
    "name": NAMED,
    "summary": "A sentence.",
    "workloads": "Names of workloads in a tuple, such as ('register', 'set') or ('register',).",
    "client_port": "The TCP port that clients connect to, from 1 to 65535.",
    "simulated": "False: only cores of our own can be simulated.",
    "resends": "True where a request that comes twice counts once, else False.",
    "has_leader": "False where no node leads the others, else True.",
    "inapplicable": "Why a kind of fault means nothing to it, by kind: {'membership': '…'}.",
    "launch": "launch(self, node, addresses, bugs, options=()) gives a Launch.",
    "status": "async def status(self, endpoint, timeout_s) gives a dict with 'role', or None.",
}
