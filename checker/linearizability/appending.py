"""Sets, and what is appended to, told: answers without what was there, or with too much."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from checker.linearizability.telling import Finding, Telling, end
from checker.wording import show
from histories.canonical import canonical
from histories.event import Operation, Outcome


class Collecting(Telling):
    """A set, or appends without a put, and an answer that cannot be."""

    def finding(self) -> Finding | None:
        """Why the culprit's answer is impossible, when one or two others show it."""
        if self.culprit.f not in ("get", "read") or any(o.f == "put" for o in self.others):
            return None
        self.adds = [o for o in self.others if o.f in ("append", "add")]
        self.looks = [o for o in self.others if o.f in ("get", "read")]
        return self._missing() or self._too_much() or self._disagreeing()

    def _claim(self) -> str:
        culprit = self.culprit
        return f"process {culprit.process}'s {culprit.f} answered {_answer(culprit)} {self.at()}"

    def _missing(self) -> Finding | None:
        has = _Content(self.culprit.output)
        lacking = [
            o
            for o in self.adds
            if o.outcome is Outcome.OK
            and end(o) < self.culprit.call
            and o.input != ""
            and o.input not in has
        ]
        if not lacking:
            return None
        first = min(lacking, key=end)
        verb = "append" if first.f == "append" else "add"
        sentence = (
            f"{self._claim()} without {show(first.input)}, which had been acknowledged: process "
            f"{first.process}'s {verb} ended at {self.ended(first)}, before that {self.culprit.f} "
            "began"
        )
        if len(lacking) > 1:
            sentence += f" (so it is with {len(lacking)} of them)"
        return Finding(self._stale_or_lost(first), sentence, (first, self.culprit))

    def _stale_or_lost(self, add: Operation) -> str:
        """Lost when nobody who looks afterwards finds it, on a second node either.

        One of several nodes alone cannot show that, for it may be the one that lags behind:

            |- add 7 -|   |- read 7 -| on n1   |- read nothing -| on n3   |- read nothing -| on n3
        """
        lacking = set()
        for one in self.all:
            if one.f not in ("get", "read") or one.outcome is not Outcome.OK or one.call < end(add):
                continue
            if add.input not in _Content(one.output):
                lacking.add(one.node)
            elif one.call > self.culprit.call and end(one) > self.ret:
                return "stale read"
        several = len(lacking) > 1 or None in lacking or len({o.node for o in self.all}) == 1
        return "lost write" if several else "stale read"

    def _too_much(self) -> Finding | None:
        output = self.culprit.output
        if isinstance(output, str) or output is None or not self.whole:
            return None
        known: dict[Hashable, int] = {}
        for add in self.adds:
            name = canonical(add.input)
            known[name] = known.get(name, 0) + 1
        is_set = self.relaxer.model.name == "set"
        seen: dict[Hashable, int] = {}
        for element in output:
            name = canonical(element)
            seen[name] = seen.get(name, 0) + 1
            if name not in known:
                return Finding("unexpected", self._unexpected(element), (self.culprit,))
            if seen[name] > (1 if is_set else known[name]):
                sentence = f"{self._claim()}, which contains {show(element)} once too often"
                adds = [a for a in self.adds if canonical(a.input) == name]
                return Finding("duplicate", sentence, (*adds[:3], self.culprit))
        return None

    def _unexpected(self, element: Any) -> str:
        verb = "add" if self.relaxer.model.name == "set" else "append"
        attempts = [o for o in self.all if o.f == verb and canonical(o.input) == canonical(element)]
        begun = [o for o in attempts if o.call <= self.ret]
        shown = show(element)
        if begun:
            return (
                f"{self._claim()} with {shown}, but the only attempt to {verb} it, by process "
                f"{begun[0].process} at {self.ended(begun[0])}, failed, and what failed must never "
                "take effect"
            )
        if attempts:
            return (
                f"{self._claim()} with {shown}, before anybody began to {verb} it: the first to "
                f"do so was process {attempts[0].process}, at {self.began(attempts[0])}"
            )
        ed = "added" if verb == "add" else "appended"
        return f"{self._claim()} with {shown}, which nobody ever {ed}"

    def _disagreeing(self) -> Finding | None:
        """Two answers neither of which the other can have grown into; or the wrong one grew."""
        mine = self.culprit.output
        for other in sorted(self.looks, key=end):
            if other.ret is None or other.ret > self.ret:
                continue
            theirs = other.output
            if mine and theirs and isinstance(mine, str) != isinstance(theirs, str):
                continue
            if _grew(mine, theirs, self.relaxer.model.name):
                continue
            back = _grew(theirs, mine, self.relaxer.model.name)
            if back and other.ret >= self.culprit.call:
                continue
            who = f"process {other.process}"
            seen = f"{who}'s {other.f} had answered {_answer(other)} by {self.ended(other)}"
            if back:
                sentence = f"{self._claim()}, but {seen}, before that began, and nothing is removed"
                return Finding("stale read", sentence, (other, self.culprit))
            sentence = f"{self._claim()}, but {seen}, and neither can have grown into the other"
            return Finding("diverging reads", sentence, (other, self.culprit))
        return None


def _answer(operation: Operation) -> str:
    return show(operation.output)


class _Content:
    """What an answer contains."""

    def __init__(self, answer: Any) -> None:
        self.text = answer if isinstance(answer, str) else ""
        self.names = set() if isinstance(answer, str) else _names(answer)

    def __contains__(self, piece: Any) -> bool:
        return canonical(piece) in self.names or (isinstance(piece, str) and piece in self.text)


def _grew(late: Any, early: Any, model: str) -> bool:
    """Whether what answered ``early`` can answer ``late`` after some more has been added."""
    if not early:
        return True
    if isinstance(early, str):
        return isinstance(late, str) and late.startswith(early)
    if model == "set":
        return _names(early) <= _names(late)
    first, second = [canonical(one) for one in early], [canonical(one) for one in late or ()]
    return second[: len(first)] == first


def _names(elements: Sequence[Any] | None) -> set[Hashable]:
    return {canonical(one) for one in elements or ()}
