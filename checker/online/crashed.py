"""Crashed operations of one key, counted by class: they may happen at any time, or never."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.online.configurations import CAS


class CrashedClass:
    """Crashed operations that do the same: ``count`` and when they were called.

    ``base`` of them were called before every hider of the frontier; ``calls`` has the
    events at which the others were, in order. ``column``: where the board keeps the class
    (-1: nowhere, for no open operation could be the better for it).
    """

    __slots__ = ("base", "calls", "column", "expected", "kind", "new")

    def __init__(self, kind: int, expected: int, new: int) -> None:
        self.kind = kind
        self.expected = expected
        self.new = new
        self.base = 0
        self.calls: list[int] = []
        self.column = -1

    @property
    def count(self) -> int:
        """How many there are."""
        return self.base + len(self.calls)

    def spend(self, count: int) -> None:
        """Forget so many, the earliest: every configuration has placed them."""
        of_base = min(count, self.base)
        self.base -= of_base
        del self.calls[: count - of_base]

    def settle(self, hider: int) -> None:
        """Every configuration's hider is at event ``hider`` or later."""
        settled = 0
        while settled < len(self.calls) and self.calls[settled] <= hider:
            settled += 1
        self.base += settled
        del self.calls[:settled]

    def copy(self) -> CrashedClass:
        """Another that may be changed apart."""
        other = CrashedClass(self.kind, self.expected, self.new)
        other.base, other.calls, other.column = self.base, self.calls.copy(), self.column
        return other


class CrashedClasses:
    """All classes of a key, found by what they do and by the value they leave behind."""

    __slots__ = ("_by_new", "_by_signature")

    def __init__(self) -> None:
        self._by_signature: dict[tuple[int, int, int], CrashedClass] = {}
        self._by_new: dict[int, list[CrashedClass]] = {}

    def __len__(self) -> int:
        return len(self._by_signature)

    def __iter__(self) -> Iterator[CrashedClass]:
        return iter(self._by_signature.values())

    def of(self, kind: int, expected: int, new: int) -> CrashedClass:
        """The class of such operations; a new one when there is none."""
        signature = (kind, expected, new)
        found = self._by_signature.get(signature)
        if found is None:
            found = self._by_signature[signature] = CrashedClass(*signature)
            self._by_new.setdefault(new, []).append(found)
        return found

    def drop(self, one: CrashedClass) -> None:
        """Forget a class."""
        del self._by_signature[one.kind, one.expected, one.new]
        same = self._by_new[one.new]
        same.remove(one)
        if not same:
            del self._by_new[one.new]

    def leading_to(self, values: Iterable[int]) -> list[CrashedClass]:
        """Classes that could have a part in the state's becoming one of ``values``."""
        found: list[CrashedClass] = []
        if not self._by_new:
            return found
        seen = set(values)
        todo = list(seen)
        while todo:
            for one in self._by_new.get(todo.pop(), ()):
                found.append(one)
                if one.kind == CAS and one.expected not in seen:
                    seen.add(one.expected)
                    todo.append(one.expected)
        return found

    def sets(self) -> list[CrashedClass]:
        """The classes of compare-and-sets."""
        return [one for one in self if one.kind == CAS]

    def numbers(self) -> Iterator[int]:
        """Every value that some class speaks of."""
        for one in self:
            yield one.expected
            yield one.new

    def copy(self) -> CrashedClasses:
        """Another that may be changed apart."""
        other = CrashedClasses()
        for signature, one in self._by_signature.items():
            other._by_signature[signature] = twin = one.copy()
            other._by_new.setdefault(one.new, []).append(twin)
        return other
