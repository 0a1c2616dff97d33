"""The transition table of a model, filled as a search asks for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np

from checker.linearizability.objects import layout
from checker.linearizability.objects.stepping import key_of
from checker.models.model import Model

ENTRY_BYTES = 40
"""What a table entry takes, free places included; states come on top."""


class Steps(NamedTuple):
    """Open-addressed tables of int64, lists in plain Python; a key of -1 is a free place.

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

    ``goals``: whether to ask the model what is lacking where an effect is impossible.

    One for all keys of a history: what was found out for one serves the others.
    """

    def __init__(self, model: Model, effects: list[Any], *, goals: bool = True) -> None:
        self.model = model
        self.effects = effects
        self.observes = [model.observes(effect) for effect in effects]
        self.doomed = model.doom(effects) if model.doom is not None else None
        self.abstract = model.abstraction(effects) if model.abstraction is not None else None
        self.states: list[Hashable] = []
        self.state_bytes = 0
        self.options_max = 1
        self.compiled = False
        self._numbers: dict[Hashable, int] = {}
        self._lists: dict[tuple[int, ...], int] = {}
        self.goals = goals
        self.lacks: list[Hashable] = []
        self._lack_numbers: dict[Hashable, int] = {}
        self._filled = 0
        self.steps = Steps([-1] * 256, [0] * 256, [0], [])
        self.init = self._number(model.init)

    @property
    def memory_bytes(self) -> int:
        """What states and tables take, about."""
        return self.state_bytes + ENTRY_BYTES * len(self.steps.keys)

    def fill(self, missing: list[int], store: Callable[..., None]) -> None:
        """Find out what is missing: threes of numbers as ``stepping.need`` notes them."""
        asked = dict.fromkeys(zip(missing[::3], missing[1::3], missing[2::3], strict=True))
        size = len(self.effects)
        answers = {layout.STEP: self.after, layout.PAIR: self._independent}
        answers[layout.SUPPLY] = self._supplies
        keys = [key_of(kind, first, second, size) for kind, first, second in asked]
        values = [answers[kind](first, second) for kind, first, second in asked]
        self._filled += len(keys)
        if 2 * self._filled > len(self.steps.keys):
            self._grow(store)
        store(self.steps.keys, self.steps.values, *self._flat(keys, values))

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
        if not self.goals or self.model.lack is None:
            return layout.ILLEGAL
        lack = self.model.lack(state, effect)
        if lack is None:
            return layout.ILLEGAL
        number = self._lack_numbers.setdefault(lack, len(self.lacks))
        if number == len(self.lacks):
            self.lacks.append(lack)
        return layout.LACKING - 2 * number

    def _supplies(self, lack: int, effect: int) -> int:
        assert self.model.supplies is not None
        return int(self.model.supplies(self.lacks[lack], self.effects[effect]))

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
            self.state_bytes += sys.getsizeof(state) + 150
        return number

    def _list(self, numbers: tuple[int, ...]) -> int:
        known = self._lists.get(numbers)
        if known is None:
            known = self._lists[numbers] = len(self._lists)
            self.options_max = max(self.options_max, len(numbers))
            many = [*self.steps.many, *numbers]
            first = [*self.steps.many_first, len(many)]
            if self.compiled:
                self.steps = self.steps._replace(many=_array(many), many_first=_array(first))
            else:
                self.steps = self.steps._replace(many=many, many_first=first)
        return layout.MANY - 2 * known

    def _grow(self, store: Callable[..., None]) -> None:
        """Four places for each entry there is to be."""
        size = 1 << (4 * self._filled).bit_length()
        old = [
            (int(key), int(value))
            for key, value in zip(self.steps.keys, self.steps.values, strict=True)
            if key >= 0
        ]
        keys, values = self._flat([-1] * size, [0] * size)
        self.steps = self.steps._replace(keys=keys, values=values)
        if old:
            store(keys, values, *self._flat([key for key, _ in old], [value for _, value in old]))

    def _flat(self, *lists: list[int]) -> tuple[Any, ...]:
        return tuple(map(_array, lists)) if self.compiled else lists

    def compile(self) -> None:
        """Go over from lists to arrays."""
        if not self.compiled:
            self.compiled = True
            self.steps = Steps(*map(_array, self.steps))


def _array(numbers: list[int]) -> Any:
    return np.array(numbers, np.int64)
