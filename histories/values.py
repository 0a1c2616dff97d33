"""Distinct values of a history, numbered, as flat arrays: what columns of values point into.

A value's number is its identity: two values have one number exactly when they are equal
as JSON values. Number 0 is always nil, so a zeroed column says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from histories.canonical import normal

NIL, INTEGER, TEXT, OTHER = 0, 1, 2, 3
"""Kinds of a value. OTHER: booleans, floats, integers beyond 64 bits, lists and objects."""

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


class Values(Sequence[Any]):
    """Values by number, decoded when asked for; nothing is kept of what was decoded.

    ``kinds``: int8[V], one of NIL, INTEGER, TEXT, OTHER. ``numbers``: int64[V], the value
    itself where the kind is INTEGER. ``blob``: uint8, and ``offsets``: int64[V+1]: value v's
    bytes are ``blob[offsets[v]:offsets[v+1]]``: UTF-8 of a TEXT, canonical JSON (members
    sorted, no spaces) of an OTHER, empty for the rest.
    """

    __slots__ = ("blob", "kinds", "numbers", "offsets")

    def __init__(
        self,
        kinds: npt.NDArray[np.int8],
        numbers: npt.NDArray[np.int64],
        offsets: npt.NDArray[np.int64],
        blob: npt.NDArray[np.uint8],
    ) -> None:
        self.kinds = kinds
        self.numbers = numbers
        self.offsets = offsets
        self.blob = blob

    def __len__(self) -> int:
        return len(self.kinds)

    @overload
    def __getitem__(self, number: int) -> Any: ...

    @overload
    def __getitem__(self, number: slice) -> list[Any]: ...

    def __getitem__(self, number: int | slice) -> Any:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        kind = self.kinds[number]
        if kind == NIL:
            return None
        if kind == INTEGER:
            return int(self.numbers[number])
        start, end = self.offsets[number], self.offsets[number + 1]
        text = self.blob[start:end].tobytes().decode("utf-8", "surrogatepass")
        return text if kind == TEXT else json.loads(text)

    def __iter__(self) -> Iterator[Any]:
        for number in range(len(self)):
            yield self[number]


def layout(value: Any) -> tuple[int, int, bytes]:
    """A value's kind, its number where it is an integer, and its bytes: what equality means here.

    A float that is a whole number is that integer, as in JSON, also inside lists and objects.
    """
    if value is None:
        return NIL, 0, b""
    value = normal(value)
    if type(value) is int and _INT64_MIN <= value <= _INT64_MAX:
        return INTEGER, value, b""
    if isinstance(value, str):
        return TEXT, 0, value.encode("utf-8", "surrogatepass")
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return OTHER, 0, text.encode("utf-8", "surrogatepass")


class Interner:
    """Numbers values as they come; ``values()`` lays out what was numbered so far.

    >>> numbers = Interner()
    >>> [numbers.number(value) for value in (None, 7, "x", 7, [1, 2])]
    [0, 1, 2, 1, 3]
    >>> list(numbers.values())
    [None, 7, 'x', [1, 2]]
    """

    def __init__(self) -> None:
        # Integers and strings stand for themselves, other values as their bytes.
        self._numbers: dict[Hashable, int] = {None: 0}

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, value: Any) -> int:
        """The value's number; a new one when no equal value has been seen."""
        name: Hashable = value
        if type(value) is not int and type(value) is not str and value is not None:
            value = normal(value)
            kind, _, name = layout(value)
            if type(value) is int:
                name = value
            elif kind == TEXT:
                name = str(value)
        return self._numbers.setdefault(name, len(self._numbers))

    def values(self) -> Values:
        """All values numbered so far. Linear."""
        count = len(self._numbers)
        kinds = np.empty(count, np.int8)
        numbers = np.zeros(count, np.int64)
        pieces: list[bytes] = []
        lengths = np.zeros(count + 1, np.int64)
        for number, name in enumerate(self._numbers):
            if isinstance(name, bytes):
                kinds[number], piece = OTHER, name
            else:
                kinds[number], numbers[number], piece = layout(name)
            pieces.append(piece)
            lengths[number + 1] = len(piece)
        return Values(kinds, numbers, np.cumsum(lengths), np.frombuffer(b"".join(pieces), np.uint8))
