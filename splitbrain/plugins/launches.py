"""Whether a launch of somebody else's system is one that a machine can run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from histories.errors import Problem
from splitbrain.plugins.place import place_of, shown
from targets.target import Launch, Needed, System


def launch_problems(launch: Any, system: System) -> list[Problem]:
    """All that is wrong with what ``system.launch`` gave."""
    where = place_of(system, "launch")
    if not isinstance(launch, Launch):
        return [Problem(where, f"launch gave {shown(launch)}.", "It gives a splitbrain.Launch.")]
    problems: list[Problem] = []

    def wrong(member: str, expected: str) -> None:
        seen = f"the launch's {member} is {shown(getattr(launch, member))}."
        problems.append(Problem(where, seen, expected))

    ways = [way for way in (launch.module, launch.program, launch.script) if way]
    if len(ways) != 1:
        seen = f"the launch names {' and '.join(map(shown, ways)) or 'nothing'} to run."
        expected = "One of script (a Python file among its files), program or module."
        problems.append(Problem(where, seen, expected))
    if not _texts(launch.arguments):
        wrong("arguments", "A tuple of texts, such as ('--port', '7000').")
    ports: Any = launch.ports
    if not isinstance(ports, tuple) or system.client_port not in ports:
        wrong("ports", f"A tuple of the ports of clients, {system.client_port} (client_port) too.")
    files: Any = launch.files
    if not isinstance(files, Mapping) or not all(
        isinstance(path, str) and isinstance(text, str) for path, text in files.items()
    ):
        wrong("files", "Texts by relative path, such as {'server.py': SERVER.read_text()}.")
    elif outside := [path for path in files if _leaves(path)]:
        seen = f"the launch's files are to be written outside its folder: {', '.join(outside)}."
        problems.append(Problem(where, seen, "Paths are relative, without '..'."))
    elif launch.script is not None and launch.script not in files:
        wrong("script", f"One of its files, which are: {', '.join(files) or 'none'}.")
    environment: Any = launch.environment
    if not isinstance(environment, Mapping) or not _texts((*environment, *environment.values())):
        wrong("environment", "Texts by name.")
    if not isinstance(launch.needs, tuple) or not all(
        isinstance(needed, Needed) for needed in launch.needs
    ):
        wrong("needs", "A tuple of Needed.")
    elif launch.program and launch.program not in [needed.what for needed in launch.needs]:
        wrong("program", "One of its needs, so that what is missing can be told.")
    return problems


def _texts(given: Any) -> bool:
    return isinstance(given, tuple) and all(isinstance(text, str) for text in given)


def _leaves(path: str) -> bool:
    parts = PurePosixPath(path)
    return parts.is_absolute() or ".." in parts.parts or not parts.parts
