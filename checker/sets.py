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
from typing import Any

from checker.added import judge_added
from checker.verdict import Result, Violation
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
    _check_fit(operations)
    return judge_added(
        operations,
        lambda key, own: _Set(key, own).violations(),
        model=MODEL,
        algorithm="known elements",
    )


class _Set:
    """One key's adds and reads, indexed by element."""

    def __init__(self, key: Any, operations: Sequence[Operation]) -> None:
        self.key = key
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

    def violations(self) -> list[Violation]:
        found = [*self._missing(), *self._too_much()]
        order = ("lost write", "duplicate", "resurrected", "unexpected", "stale read")
        return sorted(found, key=lambda violation: order.index(violation.kind))

    def _missing(self) -> list[Violation]:
        """Known elements that a read lacks."""
        known: dict[Hashable, Operation] = {}
        learned: list[tuple[int, Operation, Hashable]] = []
        last_seen: dict[Hashable, int] = {}
        for element, adds in self.adds.items():
            learned += [
                (add.ret, add, element)
                for add in adds
                if add.outcome is Outcome.OK and add.ret is not None
            ]
        for read, contents in self.reads:
            assert read.ret is not None
            for element in contents:
                last_seen[element] = max(last_seen.get(element, -1), read.ret)
        # A read teaches only what was not known before it: its first sight of each element.
        first_seen: dict[Hashable, Operation] = {}
        for read, contents in sorted(self.reads, key=lambda one: one[0].ret or 0):
            for element in contents.keys() - first_seen.keys():
                first_seen[element] = read
        learned += [(read.ret or 0, read, element) for element, read in first_seen.items()]
        learned.sort(key=lambda one: one[0])
        position = 0
        lost: dict[Hashable, tuple[Operation, Operation]] = {}
        stale: dict[Hashable, tuple[Operation, Operation]] = {}
        for read, contents in self.reads:
            while position < len(learned) and learned[position][0] < read.call:
                _, source, element = learned[position]
                known.setdefault(element, source)
                position += 1
            for element in known.keys() - contents.keys():
                if last_seen.get(element, -1) > read.call:
                    stale.setdefault(element, (known[element], read))
                else:
                    lost.setdefault(element, (known[element], read))
        alone = {element: pair for element, pair in lost.items() if self._one_lacks(element, *pair)}
        lost = {element: pair for element, pair in lost.items() if element not in alone}
        behind = stale | alone
        found = []
        if lost:
            found.append(self._absent("lost write", lost, alone))
        if behind:
            found.append(self._absent("stale read", behind, alone))
        return found

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
