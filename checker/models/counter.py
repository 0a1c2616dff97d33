"""A counter: integers are added, the sum is read; 0 at first.

* an add that failed did not happen; one of unknown outcome took effect once or never;
* a read answers the sum; one of unknown outcome, or one that failed, says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from checker.models.model import Model
from checker.reading import Reading
from histories.event import Operation, Outcome


class CounterEffect(NamedTuple):
    """``f``: add or read; ``amount``: what is added, or the sum that was read."""

    f: str
    amount: int


def _effect(operation: Operation, reading: Reading) -> CounterEffect | None:
    if operation.f == "add":
        if operation.outcome is Outcome.FAIL:
            return None
        return CounterEffect("add", operation.input)
    if operation.outcome is not Outcome.OK:
        return None
    return CounterEffect("read", operation.output)


def _step(state: int, effect: CounterEffect) -> tuple[int, ...]:
    if effect.f == "add":
        return (state + effect.amount,)
    return (state,) if state == effect.amount else ()


def _misfit(operation: Operation) -> str | None:
    if operation.f not in ("add", "read"):
        return f"'{operation.f}' is no operation of the model 'counter' (add, read)"
    if operation.f == "add" and type(operation.input) is not int:
        return f"an add of {operation.input!r}, which is not an integer"
    answered = operation.f == "read" and operation.outcome is Outcome.OK
    if answered and type(operation.output) is not int:
        return f"a read of the counter answered {operation.output!r}, not an integer"
    return None


def _observes(effect: CounterEffect) -> bool:
    return effect.f == "read" or effect.amount == 0


def _independent(a: CounterEffect, b: CounterEffect) -> bool:
    """Adds add up in any order, reads change nothing."""
    return a.f == b.f or (_observes(a) and _observes(b))


def _doom(effects: Collection[CounterEffect]) -> Callable[[int, CounterEffect], bool] | None:
    """A counter that only grows never comes back to a sum it has passed; nor one that falls."""
    amounts = [effect.amount for effect in effects if effect.f == "add"]
    if all(amount >= 0 for amount in amounts):
        return lambda state, effect: effect.f == "read" and state > effect.amount
    if all(amount <= 0 for amount in amounts):
        return lambda state, effect: effect.f == "read" and state < effect.amount
    return None


def _lack(state: int, effect: CounterEffect) -> int:
    """The sign of what is still to be added."""
    return 1 if effect.amount > state else -1


def _supplies(lack: int, effect: CounterEffect) -> bool:
    return effect.f == "add" and effect.amount * lack > 0


COUNTER = Model(
    "counter",
    0,
    ("add", "read"),
    _effect,
    _misfit,
    _step,
    _observes,
    summary="integers are added, the sum is read; 0 at first",
    outcomes="an add that failed did not happen; a read of unknown outcome says nothing",
    independent=_independent,
    doom=_doom,
    lack=_lack,
    supplies=_supplies,
)
