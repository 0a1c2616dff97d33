"""What a model is: a start state and a pure step over effects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal, NamedTuple

from checker.reading import Reading
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
    """A register's operation as its model understands it; values are canonical, so they compare."""

    kind: Kind
    expected: Hashable = None
    new: Hashable = None


@dataclass(frozen=True, slots=True)
class Model:
    """A sequential object.

    ``effect(operation, reading)`` says what an operation asserts and does (any hashable value;
    an ``Effect`` for the family of registers), None when neither: it failed, or is a read that
    never answered. ``step(state, effect)`` gives the states that may follow, a tuple: empty when
    the effect is impossible in ``state``, more than one when the answer is not known and the
    object might have done several things. ``observes(effect)``: no step of it ever changes a
    state. ``misfit(operation)`` says in words why an operation is none of this model's, None
    when it is; of nil, integers and texts it may depend on which of these they are, not on more.

    ``family`` picks the engine: the kernels written for registers, or the general one over
    transition tables. ``by_key``: each key is an object of its own, and a history is
    linearizable iff that of every key is (Herlihy & Wing 1990, section 3.3). ``depends_on``:
    what else of an operation its effect depends on, besides f, input, output, outcome and
    error. ``summary`` is one line for people; ``outcomes`` says how nil, failed and unknown
    outcomes are read.

    The rest is what a search may use; all of it may be absent, and tests hold it against
    ``step``. ``independent(a, b)``: in every state neither of the two effects makes the other
    possible or impossible, and their order does not matter to the state. Given all effects
    that occur in a history, ``doom(effects)`` gives a function that says whether an effect
    has become impossible in a state for good, whatever follows but an effect that ``resets``:
    the state after such a one is the same whatever it was before. And ``abstraction(effects)``
    one that maps a state to a representative from which the same can follow. Either may give
    None: nothing can be said. For an effect that is impossible in a state, ``lack(state,
    effect)`` names what is lacking (None: it cannot be said), and ``supplies(lack, other)``
    says whether some other effect may remove it: until one did, the effect stays impossible.
    """

    name: str
    init: Hashable
    functions: tuple[str, ...]
    effect: Callable[[Operation, Reading], Any]
    misfit: Callable[[Operation], str | None]
    step: Callable[[Any, Any], tuple[Hashable, ...]]
    observes: Callable[[Any], bool]
    family: Literal["register", "object"] = "object"
    by_key: bool = True
    depends_on: tuple[Literal["process", "key"], ...] = ()
    summary: str = ""
    outcomes: str = ""
    independent: Callable[[Any, Any], bool] | None = None
    doom: Callable[[Collection[Any]], Callable[[Any, Any], bool] | None] | None = None
    resets: Callable[[Any], bool] | None = None
    abstraction: Callable[[Collection[Any]], Callable[[Any], Hashable] | None] | None = None
    lack: Callable[[Any, Any], Hashable | None] | None = None
    supplies: Callable[[Any, Any], bool] | None = None
