"""What is known of a seeded bug: its name, what clients see, and how to expose it.

Data only, cheap to import: the harness lists bugs without loading a node, a node loads the
mutation it was asked for and no other.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Tier = Literal["A", "B", "C"]


@dataclass(frozen=True, slots=True)
class Bug:
    """One row of the catalogue.

    ``override`` is ``module:Class``, a subclass of the correct core. ``faults`` and
    ``fault_targets`` are the harness's words (``leader``, or ``kill:leader`` for one kind);
    ``overlap`` asks for faults of different kinds at once, ``resend`` for clients that send
    a command again when its answer is late, ``options`` are those of the system that it
    needs (``snapshot-entries=20``), ``interval`` the seconds that a fault is best held and
    the quiet after it, where the usual ones are too long, ``rate`` the operations a second that
    it takes, where that matters, ``consistency`` the promises that it breaks where that is
    not linearizability. ``also_removes`` names the
    safeguards that would otherwise hide the mutation. ``note`` is what a reader of the
    scorecard should know of it: why it survives, if it does.

    ``tier`` is an estimate of how hard it is to find: A under a minute, B minutes, C rare,
    wants an aimed fault.
    """

    id: str
    name: str
    mutation: str
    seen_as: str
    workload: str
    override: str
    source: str
    tier: Tier
    faults: tuple[str, ...] = ()
    fault_targets: tuple[str, ...] = ()
    overlap: bool = False
    resend: bool = False
    options: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    rate: float | None = None
    consistency: tuple[str, ...] = ()
    also_removes: tuple[str, ...] = ()
    note: str = ""


class UnknownBug(ValueError):
    """No such bug; the message says which there are."""


def find(bugs: Iterable[Bug], text: str) -> Bug:
    """The bug whose id (``R4``) or name (``raft.stale-leader-read``) is ``text``."""
    known = list(bugs)
    for bug in known:
        if text.lower() in (bug.id.lower(), bug.name):
            return bug
    names = ", ".join(f"{bug.id} {bug.name}" for bug in known)
    raise UnknownBug(f"no seeded bug {text!r}. There are: {names}")


def mutate(core: type[Any], bugs: Collection[Bug]) -> type[Any]:
    """``core`` with the overrides of ``bugs`` in front of it; ``core`` itself for none."""
    overrides = []
    for bug in bugs:
        module, _, name = bug.override.partition(":")
        override = getattr(importlib.import_module(module), name)
        if override not in overrides:
            overrides.append(override)
    if not overrides:
        return core
    names: Mapping[str, Any] = {"bugs": tuple(bug.name for bug in bugs)}
    return type(core.__name__, tuple(overrides), dict(names))
