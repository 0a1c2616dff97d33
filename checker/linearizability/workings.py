"""Objects that do in place what an effect says: for orders too long to copy a state at each step.

Each agrees with its model's ``step``, which a test holds; a queue of a hundred thousand
elements, or as many appends, would cost the square of that by immutable states.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from typing import Any, Protocol

from checker.models.append import APPEND
from checker.models.grow_set import SET
from checker.models.model import Model
from checker.models.queues import FIFO_QUEUE, UNORDERED_QUEUE


class Working(Protocol):
    """An object as it changes."""

    def take(self, effect: Any) -> bool:
        """Do it; False when that is impossible."""
        ...

    def state(self) -> Any:
        """What it is now, to be shown."""
        ...


class _Fifo:
    def __init__(self, effects: Sequence[Any]) -> None:
        self.elements: deque[Hashable] = deque()

    def take(self, effect: Any) -> bool:
        if effect.f == "enqueue":
            self.elements.append(effect.element)
            return True
        if effect.f == "empty":
            return not self.elements
        if not self.elements:
            return False
        first = self.elements.popleft()
        return bool(effect.f == "take" or first == effect.element)

    def state(self) -> Any:
        return list(self.elements)


class _Unordered:
    """Which element a dequeue of unknown answer took is settled by what is left to need it.

    Of value v as many can be taken at a point as the least number there will be of it from then
    on, were none taken. That number never falls, so any choice within it serves: n such
    dequeues are possible iff at the k-th of them these numbers add up to k at least; and the
    queue is empty when as many were taken as there were.
    """

    def __init__(self, effects: Sequence[Any]) -> None:
        self.there: dict[Hashable, int] = {}
        self.size = self.taken = self.takes = 0
        self.spare: list[int] = []
        balance: dict[Hashable, int] = {}
        for effect in effects:
            if effect.f in ("enqueue", "dequeue"):
                change = 1 if effect.f == "enqueue" else -1
                balance[effect.element] = balance.get(effect.element, 0) + change
        least, total = dict(balance), sum(balance.values())
        for effect in reversed(effects):
            if effect.f == "take":
                self.spare.append(total)
            elif effect.f in ("enqueue", "dequeue"):
                value = effect.element
                balance[value] += -1 if effect.f == "enqueue" else 1
                fewer = min(least[value], balance[value])
                total += fewer - least[value]
                least[value] = fewer
        self.spare.reverse()

    def take(self, effect: Any) -> bool:
        if effect.f == "empty":
            return self.size == self.taken
        if effect.f == "take":
            self.takes += 1
            self.taken += 1
            return self.spare[self.takes - 1] >= self.takes
        change = 1 if effect.f == "enqueue" else -1
        left = self.there.get(effect.element, 0) + change
        self.there[effect.element] = left
        self.size += change
        return left >= 0

    def state(self) -> Any:
        return {str(value): count for value, count in self.there.items() if count}


class _Set:
    def __init__(self, effects: Sequence[Any]) -> None:
        self.elements: set[Hashable] = set()

    def take(self, effect: Any) -> bool:
        if effect.f == "add":
            self.elements |= effect.elements
            return True
        return bool(effect.elements == self.elements)

    def state(self) -> Any:
        return sorted(self.elements, key=repr)


class _Appends:
    def __init__(self, effects: Sequence[Any]) -> None:
        self.pieces: list[Hashable] = []

    def take(self, effect: Any) -> bool:
        if effect.f == "append":
            self.pieces.append(effect.value)
            return True
        if effect.f == "put":
            self.pieces = list(effect.value)
            return True
        if not isinstance(effect.value, str):
            return bool(tuple(self.pieces) == effect.value)
        texts = all(isinstance(piece, str) for piece in self.pieces)
        return texts and "".join(map(str, self.pieces)) == effect.value

    def state(self) -> Any:
        return self.pieces


_KINDS: dict[str, tuple[Model, type[Any]]] = {
    model.name: (model, kind)
    for model, kind in (
        (FIFO_QUEUE, _Fifo),
        (UNORDERED_QUEUE, _Unordered),
        (SET, _Set),
        (APPEND, _Appends),
    )
}


def working_of(model: Model, effects: Sequence[Any]) -> Working | None:
    """The object of ``model`` before ``effects``, which are all it will be asked for, in order."""
    known, kind = _KINDS.get(model.name, (None, None))
    if known is not model or kind is None:
        return None
    working: Working = kind(effects)
    return working
