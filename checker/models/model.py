"""What a model is: a start state and a pure step over effects."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from histories.event import Operation


class Kind(IntEnum):
    """What an operation does to a register, or says of it. Kernels branch on the number."""

    READ = 0
    """The state equals ``expected``; nothing changes."""
    WRITE = 1
    """The state becomes ``new``, whatever it was."""
    CAS = 2
    """The state equals ``expected`` and becomes ``new``."""
    DIFFERS = 3
    """The state does not equal ``expected``; nothing changes (a mismatch that was observed)."""


class Effect(NamedTuple):
    """An operation as its model understands it; values are canonical, so they compare."""

    kind: Kind
    expected: Hashable = None
    new: Hashable = None


@dataclass(frozen=True, slots=True)
class Model:
    """A sequential object.

    ``effect(operation, mismatch_observes)`` says what an operation asserts and does, None
    when neither: it failed, or is a read that never answered. ``misfit(operation)`` says
    in words why an operation is none of this model's, None when it is. ``step(state,
    effect)`` is the state after, or None when the effect is impossible in ``state``; a
    state is wrapped in a tuple of one, because None is a value a register can hold.
    """

    name: str
    init: Hashable
    functions: tuple[str, ...]
    effect: Callable[[Operation, bool], Effect | None]
    misfit: Callable[[Operation], str | None]
    step: Callable[[Hashable, Effect], tuple[Hashable] | None]
