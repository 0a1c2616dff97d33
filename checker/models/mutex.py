"""A mutex: it is acquired while free, and released, by anybody, while held.

An acquire or release that failed says nothing: a client may give up, or be refused by a
node that cannot know. One of unknown outcome took effect once, at a point where it was
possible, or never.
"""

from __future__ import annotations

from typing import NamedTuple

from checker.models.model import Model
from checker.reading import Reading
from histories.event import Operation, Outcome

FREE, HELD = "free", "held"


class MutexEffect(NamedTuple):
    """``f``: acquire or release."""

    f: str


def _effect(operation: Operation, reading: Reading) -> MutexEffect | None:
    return None if operation.outcome is Outcome.FAIL else MutexEffect(operation.f)


def _step(state: str, effect: MutexEffect) -> tuple[str, ...]:
    if effect.f == "acquire":
        return (HELD,) if state == FREE else ()
    return (FREE,) if state == HELD else ()


def _lack(state: str, effect: MutexEffect) -> str:
    return "release" if effect.f == "acquire" else "acquire"


def _supplies(lack: str, effect: MutexEffect) -> bool:
    return effect.f == lack


def _misfit(operation: Operation) -> str | None:
    if operation.f in ("acquire", "release"):
        return None
    return f"'{operation.f}' is no operation of the model 'mutex' (acquire, release)"


def _observes(effect: MutexEffect) -> bool:
    return False


MUTEX = Model(
    "mutex",
    FREE,
    ("acquire", "release"),
    _effect,
    _misfit,
    _step,
    _observes,
    summary="acquired while free, released while held, by anybody",
    outcomes="what failed says nothing; an unknown acquire or release took effect once or never",
    lack=_lack,
    supplies=_supplies,
)
