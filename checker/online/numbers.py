"""Values as integers for the kernels, without a memory of values that are gone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from histories.canonical import canonical

NIL = 1
_SMALL = 1 << 60


class Numbers:
    """Numbers values: integers by themselves (even), all others by order of arrival (odd).

    Equal values have one number, and only they have (``histories.canonical``). ``keep``
    forgets the names of numbers nobody uses any more, and gives these out again, so a run
    in which no value ever comes twice takes no more memory than its open operations do.
    """

    __slots__ = ("_free", "_names", "_next")

    def __init__(self) -> None:
        self._names: dict[Any, int] = {}
        self._free: list[int] = []
        self._next = NIL + 2

    def __len__(self) -> int:
        return len(self._names)

    def number(self, value: Any) -> int:
        """The value's number."""
        if type(value) is int and -_SMALL < value < _SMALL:
            return value + value
        if value is None:
            return NIL
        if type(value) is float and value.is_integer() and -_SMALL < value < _SMALL:
            return int(value) * 2
        name = canonical(value)
        number = self._names.get(name)
        if number is None:
            if self._free:
                number = self._free.pop()
            else:
                number = self._next
                self._next += 2
            self._names[name] = number
        return number

    def keep(self, live: Iterable[int]) -> None:
        """Forget every name whose number is not among ``live``."""
        used = set(live)
        for name in [name for name, number in self._names.items() if number not in used]:
            self._free.append(self._names.pop(name))
