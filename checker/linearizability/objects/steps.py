"""The transition table of a model, filled as a search asks for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from checker.linearizability.objects import layout
from checker.linearizability.objects.stepping import key_of, place_of
from checker.models.model import Model

PLACE_BYTES, ENTRY_BYTES = 16, 140
"""What a place in the arrays takes, and an entry of the dictionary; states come on top."""


class Steps(NamedTuple):
    """An open-addressed table of int64; a key of -1 is a free place.

    ``keys``: see ``stepping.key_of``. ``values``: of a step the state after, or ILLEGAL, DOOMED,
    MANY - 2 k: one of the states ``many[many_first[k]:many_first[k + 1]]``, LACKING - 2 k; of
    the other kinds 1 or 0.
    """

    keys: Any
    values: Any
    many_first: Any
    many: Any


class Transitions:
    """States by number, and what follows each under each class of effects.

    ``effects`` by class, and whether each ``observes``; ``occurring``: those of the parts this
    is for, which is what the model may conclude from. ``goals``: whether to ask it what is
    lacking where an effect is impossible. ``known``: what was found out, by ``key_of``; once
    compiled, in the arrays of ``steps`` instead.
    """

    def __init__(
        self,
        model: Model,
        effects: Sequence[Any],
        observes: Sequence[bool],
        occurring: Collection[Any],
        *,
        goals: bool = True,
    ) -> None:
        self.model = model
        self.effects = effects
        self.observes = observes
        self.doomed = model.doom(occurring) if model.doom is not None else None
        self.abstract = model.abstraction(occurring) if model.abstraction is not None else None
        self.states: list[Hashable] = []
        self.state_bytes = 0
        self.options_max = 1
        self.goals = goals and model.lack is not None
        self.lacks: list[Hashable] = []
        self.known: dict[int, int] = {}
        self.many_first = [0]
        self.many: list[int] = []
        self.steps: Steps | None = None
        self._numbers: dict[Hashable, int] = {}
        self._lists: dict[tuple[int, ...], int] = {}
        self._lack_numbers: dict[Hashable, int] = {}
        self._filled = 0
        self.init = self._number(model.init)

    @property
    def memory_bytes(self) -> int:
        """What states and tables take, about."""
        places = len(self.steps.keys) if self.steps is not None else 0
        return self.state_bytes + PLACE_BYTES * places + ENTRY_BYTES * len(self.known)

    def ask(self, arena: Any, kind: int, first: int, second: int) -> int:
        """What ``stepping.need`` is in plain Python: nothing is missing, it is found out."""
        key = key_of(kind, first, second, len(self.effects))
        value = self.known.get(key)
        if value is None:
            value = self.known[key] = self._find(kind, first, second)
            options = arena.registers[layout.OPTIONS]
            if self.options_max > options:
                # The room made for pushing steps was for fewer.
                arena.stack.extend([0] * (3 * len(arena.candidate) * self.options_max))
                arena.registers[layout.OPTIONS] = self.options_max
        return value

    def value(self, kind: int, first: int, second: int) -> int | None:
        """What was found out, if it was asked for."""
        key = key_of(kind, first, second, len(self.effects))
        if self.steps is None:
            return self.known.get(key)
        at = place_of(self.steps.keys, key)
        return int(self.steps.values[at]) if self.steps.keys[at] == key else None

    def fill(self, missing: list[int], store: Callable[..., None]) -> None:
        """Find out what is missing: threes of numbers as ``stepping.need`` notes them."""
        asked = dict.fromkeys(zip(missing[::3], missing[1::3], missing[2::3], strict=True))
        size = len(self.effects)
        keys = [key_of(kind, first, second, size) for kind, first, second in asked]
        self._store(keys, [self._find(*one) for one in asked], store)

    def compile(self, store: Callable[..., None]) -> None:
        """Go over from a dictionary to arrays, which ``store`` fills."""
        if self.steps is None:
            self.steps = Steps(
                _array([-1] * 256), _array([0] * 256), _array(self.many_first), _array(self.many)
            )
            self._store(list(self.known), list(self.known.values()), store)
            self.known = {}

    def _store(self, keys: list[int], values: list[int], store: Callable[..., None]) -> None:
        """Enter what was found out; tables are kept at most half full."""
        assert self.steps is not None
        self._filled += len(keys)
        if 2 * self._filled > len(self.steps.keys):
            size = 1 << (4 * self._filled).bit_length()
            old = self.steps.keys >= 0
            old_keys, old_values = self.steps.keys[old], self.steps.values[old]
            self.steps = self.steps._replace(
                keys=np.full(size, -1, np.int64), values=np.zeros(size, np.int64)
            )
            store(self.steps.keys, self.steps.values, old_keys, old_values)
        store(self.steps.keys, self.steps.values, _array(keys), _array(values))
        if len(self.steps.many_first) != len(self.many_first):
            many_first, many = _array(self.many_first), _array(self.many)
            self.steps = self.steps._replace(many_first=many_first, many=many)

    def _find(self, kind: int, first: int, second: int) -> int:
        if kind == layout.STEP:
            return self.after(first, second)
        if kind == layout.PAIR:
            return self._independent(first, second)
        assert self.model.supplies is not None
        return int(self.model.supplies(self.lacks[first], self.effects[second]))

    def after(self, state: int, effect: int) -> int:
        """The value of a step."""
        before, what = self.states[state], self.effects[effect]
        successors = self.model.step(before, what)
        if not successors:
            if self.doomed is not None and self.doomed(before, what):
                return layout.DOOMED
            return self._lack(before, what)
        numbers = tuple(dict.fromkeys(self._number(one) for one in successors))
        return numbers[0] if len(numbers) == 1 else self._list(numbers)

    def _lack(self, state: Hashable, effect: Any) -> int:
        """Why an effect is impossible: a value that names what is lacking, if it is known."""
        lack = self.model.lack(state, effect) if self.goals and self.model.lack else None
        if lack is None:
            return layout.ILLEGAL
        number = self._lack_numbers.setdefault(lack, len(self.lacks))
        if number == len(self.lacks):
            self.lacks.append(lack)
        return layout.LACKING - 2 * number

    def _independent(self, a: int, b: int) -> int:
        independent = self.model.independent
        if independent is not None and independent(self.effects[a], self.effects[b]):
            return 1
        return int(self.observes[a] and self.observes[b])

    def _number(self, state: Hashable) -> int:
        if self.abstract is not None:
            state = self.abstract(state)
        number = self._numbers.get(state)
        if number is None:
            number = self._numbers[state] = len(self.states)
            self.states.append(state)
            self.state_bytes += _bytes_of(state)
        return number

    def _list(self, numbers: tuple[int, ...]) -> int:
        known = self._lists.get(numbers)
        if known is None:
            known = self._lists[numbers] = len(self._lists)
            self.options_max = max(self.options_max, len(numbers))
            self.many += numbers
            self.many_first.append(len(self.many))
        return layout.MANY - 2 * known


def _bytes_of(state: Hashable) -> int:
    """What keeping a state takes, about: itself, a few parts that are its own, two tables."""
    own = 0
    if isinstance(state, tuple) and len(state) <= 4:
        own = sum(map(sys.getsizeof, state))
    return sys.getsizeof(state) + own + 150


def _array(numbers: list[int]) -> Any:
    return np.array(numbers, np.int64)
