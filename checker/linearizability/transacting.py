"""Lists in transactions, told: an answer that lacks what had been acknowledged before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checker.linearizability.telling import Finding, Telling, end
from checker.wording import show, show_name
from histories.canonical import canonical
from histories.event import Operation, Outcome


class Transacting(Telling):
    """A transaction over lists, and an answer that cannot be."""

    def finding(self) -> Finding | None:
        """The first element that a read of the culprit lacks, though it had been acknowledged."""
        for name, seen in _reads(self.culprit):
            elements = {canonical(one) for one in seen}
            for other in sorted(self.others, key=end):
                if other.outcome is not Outcome.OK or end(other) > self.culprit.call:
                    continue
                for value in _appended(other, name):
                    if canonical(value) not in elements:
                        return self._missing(name, seen, other, value)
        return None

    def _missing(self, name: Any, seen: Any, other: Operation, value: Any) -> Finding:
        sentence = (
            f"process {self.culprit.process} read {show(seen)} from {show_name(name)} "
            f"{self.at()}, without {show(value)}, which had been acknowledged: process "
            f"{other.process}'s transaction that appended it ended at {self.ended(other)}, before "
            "that began"
        )
        return Finding(self._stale_or_lost(name, value, other), sentence, (other, self.culprit))

    def _stale_or_lost(self, name: Any, value: Any, source: Operation) -> str:
        """Lost when nobody who looks afterwards finds it, on a second node either."""
        element, lacking = canonical(value), set()
        for one in self.all:
            if one.outcome is not Outcome.OK or one.call < end(source):
                continue
            for what, seen in _reads(one):
                if canonical(what) != canonical(name):
                    continue
                if element not in {canonical(other) for other in seen}:
                    lacking.add(one.node)
                elif one.call > self.culprit.call and end(one) > self.ret:
                    return "stale read"
        several = len(lacking) > 1 or None in lacking or len({o.node for o in self.all}) == 1
        return "lost write" if several else "stale read"


def _reads(operation: Operation) -> Iterator[tuple[Any, Any]]:
    """The lists an operation was told, and what of each."""
    for f, name, value in operation.output or ():
        if f != "append" and value is not None:
            yield name, value


def _appended(operation: Operation, name: Any) -> Iterator[Any]:
    for f, what, value in operation.output or operation.input:
        if f == "append" and canonical(what) == canonical(name):
            yield value
