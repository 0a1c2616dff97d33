"""A grow-only set: unique elements are added, whole sets are read.

An element is *known* from the moment its add was acknowledged or some read returned it;
every read that begins later must contain it. What a read lacks is

    lost    when no read that ends later has it again, and a second node lacks it, too
    stale   when a later read does, or all that lack it were answered by one of several nodes:
            that one may only lag behind

and what a read has too much is *unexpected* (never added by then), *resurrected* (its
add failed definitely), or a *duplicate*. Sound for a linearizable set; an element added
by an indeterminate operation may be there or not until it is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import replace
from typing import Any

from checker.added import judge_added
from checker.elements import Account, Element, account_text, elements_of
from checker.verdict import Result, Verdict, Violation
from checker.wording import describe, plural, seconds, show
from histories.canonical import canonical
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.event import Operation, Outcome

MODEL = "set"
FUNCTIONS = ("add", "read")


def check_set(operations: Sequence[Operation]) -> Result:
    """Judge a history of ``add`` (value: an element) and ``read`` (answers a list).

    One violation a kind and key, told by its first instance; ``details["elements"]`` has
    all. VACUOUS when no read succeeded, or there was nothing to read. Raises HistoryError
    for other operations. Reads times elements in the worst case, by set difference.
    """
    return _checked(operations, stale=True, lagging=True)


def check_set_full(operations: Sequence[Operation]) -> Result:
    """The same as Jepsen's ``set-full``: what is stale is counted, what is lost is a violation.

    ``statistics["elements"]`` says what became of all (``elements.py``), and so does, in a
    sentence, the reason of what is VALID.
    """
    return _checked(operations, stale=False, lagging=False)


def check_set_full_linearizable(operations: Sequence[Operation]) -> Result:
    """The same with ``:linearizable? true``: what is stale is a violation, too."""
    return _checked(operations, stale=True, lagging=False)


def _checked(operations: Sequence[Operation], *, stale: bool, lagging: bool) -> Result:
    """``lagging``: what one of several nodes alone lacks is taken for stale, not for lost."""
    _check_fit(operations)
    sets: list[_Set] = []

    def violations_of(key: Any, own: list[Operation]) -> list[Violation]:
        sets.append(_Set(key, own, stale=stale, lagging=lagging))
        return sets[-1].violations()

    result = judge_added(operations, violations_of, model=MODEL, algorithm="known elements")
    acknowledged = sum(one.f == "add" and one.outcome is Outcome.OK for one in operations)
    elements = [(one.shown[name], what) for one in sets for name, what in one.elements.items()]
    timeless = not any(one.call_ns or one.ret_ns for one in operations)
    told = Account(elements, acknowledged, timeless).to_json()
    statistics = {**result.statistics, "elements": told}
    if result.verdict is Verdict.VALID and not lagging:
        return replace(result, statistics=statistics, reason=account_text(told))
    return replace(result, statistics=statistics)


class _Set:
    """One key's adds and reads, indexed by element.

    ``stale``: whether what is missing for a while is a violation.
    """

    def __init__(
        self, key: Any, operations: Sequence[Operation], *, stale: bool = True, lagging: bool = True
    ) -> None:
        self.key = key
        self.stale = stale
        self.lagging = lagging
        self.nodes = {operation.node for operation in operations}
        self.shown: dict[Hashable, Any] = {}
        self.adds: dict[Hashable, list[Operation]] = {}
        self.reads: list[tuple[Operation, Counter[Hashable]]] = []
        for operation in sorted(operations, key=lambda operation: operation.call):
            if operation.f == "add":
                element = canonical(operation.input)
                self.shown[element] = operation.input
                self.adds.setdefault(element, []).append(operation)
            elif operation.outcome is Outcome.OK:
                for value in operation.output:
                    self.shown.setdefault(canonical(value), value)
                self.reads.append((operation, Counter(canonical(v) for v in operation.output)))
        self.elements = elements_of(self.adds, self.reads)

    def violations(self) -> list[Violation]:
        found = [*self._missing(), *self._too_much()]
        order = ("lost write", "duplicate", "resurrected", "unexpected", "stale read")
        return sorted(found, key=lambda violation: order.index(violation.kind))

    def _missing(self) -> list[Violation]:
        """Known elements that a read lacks."""
        lost: dict[Hashable, tuple[Operation, Operation]] = {}
        stale: dict[Hashable, tuple[Operation, Operation]] = {}
        for element, one in self.elements.items():
            if one.source is None or one.first_without is None or one.last_without is None:
                continue
            if one.lost:
                lost[element] = one.source, self._first_without(element, one)
            elif self.stale:
                stale[element] = one.source, one.first_without
        alone = {}
        if self.lagging:
            alone = {name: pair for name, pair in lost.items() if self._one_lacks(name, *pair)}
        lost = {element: pair for element, pair in lost.items() if element not in alone}
        behind = stale | alone
        found = []
        if lost:
            found.append(self._absent("lost write", lost, alone))
        if behind:
            found.append(self._absent("stale read", behind, alone))
        return found

    def _first_without(self, element: Hashable, one: Element) -> Operation:
        """The first read without what was lost after which no read that ended has it."""
        assert one.last_without is not None and one.source is not None
        since = max(one.seen, one.source.ret or 0)
        return next(
            read for read, contents in self.reads if read.call > since and element not in contents
        )

    def _one_lacks(self, element: Hashable, source: Operation, read: Operation) -> bool:
        """Whether of several nodes one alone lacks an element that no later read has."""
        if len(self.nodes) == 1 or read.node is None:
            return False
        since = source.ret or 0
        return all(
            one.node == read.node or one.call <= since or element in contents
            for one, contents in self.reads
        )

    def _absent(
        self,
        kind: str,
        absent: dict[Hashable, tuple[Operation, Operation]],
        alone: Collection[Hashable],
    ) -> Violation:
        element = min(absent, key=lambda element: absent[element][0].call)
        source, read = absent[element]
        after = "no read that ended later has it"
        if element in alone:
            after += f", but only {read.node} is known to lack it"
        elif kind == "stale read":
            after = "a later read has it again"
        value = show(self.shown[element])
        if source.f == "add":
            origin = (
                f"process {source.process}'s add of {value} was acknowledged at "
                f"{seconds(source.ret_ns or 0)}{_at(source)}"
            )
        else:
            origin = (
                f"process {source.process} read {value} at {seconds(source.ret_ns or 0)}"
                f"{_at(source)}"
            )
        sentence = (
            f"{origin}, but process {read.process}'s read that began at "
            f"{seconds(read.call_ns)}{_at(read)} does not contain it, and {after}"
        )
        return self._violation(kind, sentence, absent, (source, read), read)

    def _too_much(self) -> list[Violation]:
        """Elements a read has that it should not have, or has twice."""
        duplicate: dict[Hashable, Operation] = {}
        unexpected: dict[Hashable, Operation] = {}
        resurrected: dict[Hashable, Operation] = {}
        for read, contents in self.reads:
            assert read.ret is not None
            for element, count in contents.items():
                if count > 1:
                    duplicate.setdefault(element, read)
                before = [add for add in self.adds.get(element, ()) if add.call < read.ret]
                if not before:
                    unexpected.setdefault(element, read)
                elif all(add.outcome is Outcome.FAIL for add in before):
                    resurrected.setdefault(element, read)
        found = []
        for kind, elements in (
            ("duplicate", duplicate),
            ("resurrected", resurrected),
            ("unexpected", unexpected),
        ):
            if elements:
                found.append(self._excess(kind, elements))
        return found

    def _excess(self, kind: str, elements: dict[Hashable, Operation]) -> Violation:
        element = min(elements, key=lambda element: elements[element].call)
        read = elements[element]
        value = show(self.shown[element])
        where = f"process {read.process}'s read at {seconds(read.ret_ns or 0)}{_at(read)}"
        adds = self.adds.get(element, [])
        if kind == "duplicate":
            count = sum(canonical(v) == element for v in read.output)
            asked = plural(len(adds), "time") if adds else "never"
            sentence = f"{where} contains {value} {count} times; it was added {asked}"
        elif kind == "resurrected":
            sentence = (
                f"{where} contains {value}, but its only add failed: {describe(adds[0])}, "
                "and a failed add must never take effect"
            )
        elif adds:
            sentence = (
                f"{where} contains {value}, which was added only later, from "
                f"{seconds(adds[0].call_ns)} on"
            )
        else:
            sentence = f"{where} contains {value}, which nobody ever added"
        return self._violation(kind, sentence, elements, (*adds[:2], read), read)

    def _violation(
        self,
        kind: str,
        sentence: str,
        elements: dict[Hashable, Any],
        witness: Sequence[Operation],
        culprit: Operation,
    ) -> Violation:
        if len(elements) > 1:
            sentence += f" (so it is with {plural(len(elements), 'element')})"
        return Violation(
            kind=kind,
            sentence=sentence,
            operations=tuple(sorted({operation.call for operation in witness})),
            culprit=culprit.call,
            key=self.key,
            details={"elements": [self.shown[element] for element in elements]},
        )


def _at(operation: Operation) -> str:
    return f" on {operation.node}" if operation.node else ""


def _check_fit(operations: Sequence[Operation]) -> None:
    problems: list[Problem] = []
    for operation in operations:
        if operation.f not in FUNCTIONS:
            seen = f"'{operation.f}' is no operation of the model 'set' (add, read)."
        elif operation.f == "read" and operation.outcome is Outcome.OK:
            if isinstance(operation.output, list):
                continue
            seen = f"a read of the set answered {show(operation.output)}."
        else:
            continue
        expected = "A set has 'add' of one element, and 'read' that answers a list."
        problems.append(Problem(f"event {operation.call}", seen, expected))
        if len(problems) >= PROBLEMS_MAX:
            break
    if problems:
        raise HistoryError(problems)
