"""A lock that knows its owner: only who acquired it can release it.

The owner is who the operation names as its value (a session, a client); where it names
nobody, the process. Mind that a process retires after an operation of unknown outcome: what
it acquired then, nobody can release but under the same name.

A failed acquire or release says nothing; one of unknown outcome took effect once, at a point
where it was possible, or never. Acquiring twice is not possible: the lock is not reentrant.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from checker.models.model import Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome


class LockEffect(NamedTuple):
    """``f``: acquire or release; ``owner``: ("process", 3) or ("client", name)."""

    f: str
    owner: tuple[str, Hashable]


def _effect(operation: Operation, reading: Reading) -> LockEffect | None:
    if operation.outcome is Outcome.FAIL:
        return None
    if operation.input is None:
        return LockEffect(operation.f, ("process", operation.process))
    return LockEffect(operation.f, ("client", canonical(operation.input)))


def _step(state: Hashable, effect: LockEffect) -> tuple[Hashable, ...]:
    if effect.f == "acquire":
        return (effect.owner,) if state is None else ()
    return (None,) if state == effect.owner else ()


def _independent(a: LockEffect, b: LockEffect) -> bool:
    """Two releases by different owners: where one is possible the other is not, nor after it."""
    return a.f == b.f == "release" and a.owner != b.owner


def _lack(state: Hashable, effect: LockEffect) -> LockEffect:
    """Who holds it must release it; who is to release it must hold it."""
    if effect.f == "acquire":
        return LockEffect("release", state)  # type: ignore[arg-type]
    return LockEffect("acquire", effect.owner)


def _supplies(lack: LockEffect, effect: LockEffect) -> bool:
    return effect == lack


def _misfit(operation: Operation) -> str | None:
    if operation.f in ("acquire", "release"):
        return None
    return f"'{operation.f}' is no operation of the model 'lock' (acquire, release)"


def _observes(effect: LockEffect) -> bool:
    return False


LOCK = Model(
    "lock",
    None,
    ("acquire", "release"),
    _effect,
    _misfit,
    _step,
    _observes,
    depends_on=("process",),
    summary="a mutex that only who acquired it releases",
    outcomes="what failed says nothing; an unknown acquire or release took effect once or never",
    independent=_independent,
    lack=_lack,
    supplies=_supplies,
)
