"""Crashed operations of one key, counted by class: they may happen at any time, or never."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from checker.online.configurations import CAS

Signature = tuple[int, int, int]
"""Kind, expected and new."""


class CrashedClass:
    """Crashed operations that do the same: ``count`` and when they were called.

    ``base`` of them were called before every hider of the frontier; ``calls`` has the
    events at which the others were, in order. ``column``: where the board keeps the class
    (-1: nowhere, for no open operation could be the better for it). ``lent``: some were
    taken for unlimited (``configurations.spends_no_more``).
    """

    __slots__ = ("base", "calls", "column", "expected", "kind", "lent", "new")

    def __init__(self, kind: int, expected: int, new: int) -> None:
        self.kind = kind
        self.expected = expected
        self.new = new
        self.base = 0
        self.calls: list[int] = []
        self.column = -1
        self.lent = 0

    @property
    def signature(self) -> Signature:
        """What its members do."""
        return self.kind, self.expected, self.new

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
        other.lent = self.lent
        return other


class CrashedClasses:
    """All classes of a key, found by what they do and by the value they leave behind.

    ``parent``: classes that are taken over from another key's, copied when they are first
    asked for, so that a copy costs as little as what is done with it; the parent must not
    change meanwhile.
    """

    __slots__ = ("_by_new", "_by_signature", "_count", "_dropped", "_parent", "_sets")

    def __init__(self, parent: CrashedClasses | None = None) -> None:
        self._by_signature: dict[Signature, CrashedClass] = {}
        self._by_new: dict[int, list[CrashedClass]] = {}
        self._sets: dict[Signature, CrashedClass] = {}
        self._parent = parent
        self._dropped: set[Signature] = set()
        self._count = 0 if parent is None else len(parent)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[CrashedClass]:
        self._take_over(list(self._parent._by_signature) if self._parent is not None else [])
        return iter(self._by_signature.values())

    def of(self, kind: int, expected: int, new: int) -> CrashedClass:
        """The class of such operations; a new one when there is none."""
        signature = (kind, expected, new)
        self._take_over([signature])
        found = self._by_signature.get(signature)
        if found is None:
            found = CrashedClass(*signature)
            self._add(found)
            self._count += 1
        return found

    def drop(self, one: CrashedClass) -> None:
        """Forget a class."""
        signature = one.signature
        del self._by_signature[signature]
        self._sets.pop(signature, None)
        same = self._by_new[one.new]
        same.remove(one)
        if not same:
            del self._by_new[one.new]
        self._count -= 1
        if self._parent is not None:
            self._dropped.add(signature)

    def leading_to(self, values: Iterable[int]) -> list[CrashedClass]:
        """Classes that could have a part in the state's becoming one of ``values``."""
        found: list[CrashedClass] = []
        if not self._count:
            return found
        seen = set(values)
        todo = list(seen)
        while todo:
            new = todo.pop()
            if self._parent is not None:
                self._take_over([one.signature for one in self._parent._by_new.get(new, ())])
            for one in self._by_new.get(new, ()):
                found.append(one)
                if one.kind == CAS and one.expected not in seen:
                    seen.add(one.expected)
                    todo.append(one.expected)
        return found

    def sets(self) -> list[CrashedClass]:
        """The classes of compare-and-sets."""
        if self._parent is not None:
            self._take_over(list(self._parent._sets))
        return list(self._sets.values())

    def numbers(self) -> Iterator[int]:
        """Every value that some class speaks of."""
        for one in self:
            yield one.expected
            yield one.new

    def _add(self, one: CrashedClass) -> None:
        self._by_signature[one.signature] = one
        self._by_new.setdefault(one.new, []).append(one)
        if one.kind == CAS:
            self._sets[one.signature] = one

    def _take_over(self, signatures: Sequence[Signature]) -> None:
        """Copy these classes from the parent, where it has them and that was not done yet."""
        if self._parent is None:
            return
        for signature in signatures:
            theirs = self._parent._by_signature.get(signature)
            if (
                theirs is not None
                and signature not in self._by_signature
                and signature not in self._dropped
            ):
                self._add(theirs.copy())
