"""A set that grows: elements are added, and the whole set is read.

* a read answers a list with every element once, in any order; one of unknown outcome, or
  one that failed, says nothing;
* an add that failed did not happen; one of unknown outcome took effect once or never;
* adding what is there already changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import NamedTuple

from checker.models.model import Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome


class SetEffect(NamedTuple):
    """``f``: add or read. ``elements``: the one added, or all read; None when a read has one
    twice, which no set answers."""

    f: str
    elements: frozenset[Hashable] | None


def _effect(operation: Operation, reading: Reading) -> SetEffect | None:
    if operation.f == "add":
        if operation.outcome is Outcome.FAIL:
            return None
        return SetEffect("add", frozenset((canonical(operation.input),)))
    if operation.outcome is not Outcome.OK:
        return None
    elements = frozenset(canonical(element) for element in operation.output)
    return SetEffect("read", elements if len(elements) == len(operation.output) else None)


def _step(state: frozenset[Hashable], effect: SetEffect) -> tuple[Hashable, ...]:
    if effect.f == "add":
        assert effect.elements is not None
        return (state | effect.elements,)
    return (state,) if state == effect.elements else ()


def _misfit(operation: Operation) -> str | None:
    if operation.f not in ("add", "read"):
        return f"'{operation.f}' is no operation of the model 'set' (add, read)"
    answered = operation.f == "read" and operation.outcome is Outcome.OK
    if answered and not isinstance(operation.output, (list, tuple)):
        return f"a read of the set answered {operation.output!r}, not a list of its elements"
    return None


def _observes(effect: SetEffect) -> bool:
    return effect.f == "read"


def _independent(a: SetEffect, b: SetEffect) -> bool:
    """Adds add up in any order, reads change nothing."""
    return a.f == b.f


def _doomed(state: frozenset[Hashable], effect: SetEffect) -> bool:
    """A set that grows never again equals what lacks one of its elements."""
    return effect.f == "read" and (effect.elements is None or not state <= effect.elements)


def _doom(effects: Collection[SetEffect]) -> Callable[[frozenset[Hashable], SetEffect], bool]:
    return _doomed


def _lack(state: frozenset[Hashable], effect: SetEffect) -> Hashable | None:
    """One element that a read has and the set has not."""
    missing = (effect.elements or frozenset()) - state
    return min(missing, key=repr) if missing else None


def _supplies(lack: Hashable, effect: SetEffect) -> bool:
    return effect.f == "add" and effect.elements is not None and lack in effect.elements


SET = Model(
    "set",
    frozenset(),
    ("add", "read"),
    _effect,
    _misfit,
    _step,
    _observes,
    summary="elements are added, the whole set is read",
    outcomes="an add that failed did not happen; a read of unknown outcome says nothing",
    independent=_independent,
    doom=_doom,
    lack=_lack,
    supplies=_supplies,
)
