"""A counter: numbers are added, the sum is read; every read has bounds.

With only increments (Jepsen's bounds):

    adds acknowledged before the read began  <=  value  <=  adds begun before it returned

An add that may be negative moves the other bound, so each bound takes the adds that *must*
count, and those of the right sign that *may*. The same holds for the difference of two
reads, one after the other; that bound is narrower, and points at the few adds between them:

    read 10 |--|      |- add 1 -|      |--| read 13      at most 11
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from checker.added import judge_added
from checker.verdict import Result, Violation
from checker.wording import plural, seconds, show
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.event import Operation, Outcome
from histories.table import NEVER

MODEL = "counter"
FUNCTIONS = ("add", "read")
WITNESS_MAX = 8


def check_counter(operations: Sequence[Operation]) -> Result:
    """Judge a history of ``add`` (value: an integer) and ``read`` (answers an integer).

    A violation a key, by its first read out of bounds; ``details["reads"]`` counts them.
    VACUOUS when no read succeeded, or no add and no read but of 0. Raises HistoryError for
    other operations. Sound, not complete: bounds can be kept by a counter that is broken.
    Linear but for the adds that overlap each pair of reads.
    """
    _check_fit(operations)
    return judge_added(
        operations,
        _violations,
        model=MODEL,
        algorithm="bounds",
    )


def _violations(key: Any, operations: list[Operation]) -> list[Violation]:
    violation = _Counter(key, operations).violation()
    return [] if violation is None else [violation]


class _Counter:
    """One key's adds, with running sums by the order they began and were acknowledged in."""

    def __init__(self, key: Any, operations: Sequence[Operation]) -> None:
        self.key = key
        self.adds = sorted(
            (o for o in operations if o.f == "add" and o.outcome is not Outcome.FAIL),
            key=lambda add: add.call,
        )
        self.failed = [o for o in operations if o.f == "add" and o.outcome is Outcome.FAIL]
        self.reads = sorted(
            (o for o in operations if o.f == "read" and o.outcome is Outcome.OK),
            key=lambda read: read.call,
        )
        self.calls = [add.call for add in self.adds]
        acknowledged = sorted(
            (add for add in self.adds if add.ret is not None), key=lambda add: _ret(add)
        )
        self.returns = [_ret(add) for add in acknowledged]
        self.begun = {sign: _sums(self.adds, sign) for sign in (1, -1)}
        self.done = {sign: _sums(acknowledged, sign) for sign in (1, -1)}

    def bounds(self, read: Operation) -> tuple[int, int]:
        """The least and the most that ``read`` may answer."""
        done = bisect_left(self.returns, read.call)
        begun = bisect_right(self.calls, _ret(read))
        return (
            self.done[1][done] + self.begun[-1][begun],
            self.begun[1][begun] + self.done[-1][done],
        )

    def between(self, earlier: Operation, later: Operation) -> tuple[int, int]:
        """The least and the most by which ``later`` may exceed ``earlier``, which precedes it."""
        # May count: begun before the later returned, not acknowledged before the earlier began.
        done = bisect_left(self.returns, earlier.call)
        begun = bisect_right(self.calls, _ret(later))
        may = {sign: self.begun[sign][begun] - self.done[sign][done] for sign in (1, -1)}
        # Must count: wholly between the two reads.
        first, last = bisect_right(self.calls, _ret(earlier)), bisect_left(self.calls, later.call)
        must = {1: 0, -1: 0}
        for add in self.adds[first:last]:
            if _ret(add) < later.call:
                must[1 if add.input > 0 else -1] += add.input
        return must[1] + may[-1], may[1] + must[-1]

    def violation(self) -> Violation | None:
        """The first read out of bounds, told with the narrowest evidence there is."""
        found: list[tuple[Operation, Operation | None, int, int]] = []
        by_return = sorted(self.reads, key=_ret)
        returned = [_ret(read) for read in by_return]
        for read in self.reads:
            before = bisect_left(returned, read.call)
            if before:
                earlier = by_return[before - 1]
                low, high = self.between(earlier, read)
                if not low <= read.output - earlier.output <= high:
                    found.append((read, earlier, low, high))
                    continue
            low, high = self.bounds(read)
            if not low <= read.output <= high:
                found.append((read, None, low, high))
        if not found:
            return None
        # A jump between two reads says more than a read that is still wrong because of it.
        first = next((one for one in found if one[1] is not None), found[0])
        return self._told(*first, reads=len(found))

    def _told(
        self, read: Operation, earlier: Operation | None, low: int, high: int, reads: int
    ) -> Violation:
        node = f" on {read.node}" if read.node else ""
        who = f"process {read.process} read {read.output} at {seconds(read.ret_ns or 0)}{node}"
        base = earlier.output if earlier else 0
        least, most = base + low, base + high
        amount = read.output
        kind = "counter too high" if amount > most else "counter too low"
        bound = f"at most {most}" if amount > most else f"at least {least}"
        if earlier is not None:
            overlapping = [
                add for add in self.adds if add.call <= _ret(read) and _ret(add) >= earlier.call
            ]
            settled = sum(add.ret is not None for add in overlapping)
            sentence = (
                f"{who}, but process {earlier.process} had read {earlier.output} by "
                f"{seconds(earlier.ret_ns or 0)}, and with the "
                f"{plural(len(overlapping), 'add')} that could count between the two "
                f"({len(overlapping) - settled} of unknown outcome) it must be {bound}"
            )
        else:
            overlapping = [add for add in self.adds if add.call <= _ret(read)]
            acknowledged = sum(_ret(add) < read.call for add in overlapping)
            sentence = (
                f"{who}, but it must be {bound}: {plural(acknowledged, 'add')} had been "
                f"acknowledged before that read began, and {plural(len(overlapping), 'add')} begun "
                "before it returned"
            )
        if kind == "counter too high":
            sentence += "; some add took effect twice"
            if any(add.call <= _ret(read) for add in self.failed):
                sentence += ", or one that failed took effect"
        else:
            sentence += "; some add that was acknowledged is not in it"
        if reads > 1:
            sentence += f" ({plural(reads, 'read')} out of bounds in all)"
        shown = [*overlapping[-(WITNESS_MAX - 2) :], read, *([earlier] if earlier else [])]
        return Violation(
            kind=kind,
            sentence=sentence,
            operations=tuple(sorted(operation.call for operation in shown)),
            culprit=read.call,
            key=self.key,
            details={"read": amount, "least": least, "most": most, "reads": reads},
        )


def _ret(operation: Operation) -> int:
    return NEVER if operation.ret is None else operation.ret


def _sums(adds: Sequence[Operation], sign: int) -> list[int]:
    """Running sums of the adds of one sign: entry i covers the first i."""
    return list(accumulate((a.input if a.input * sign > 0 else 0 for a in adds), initial=0))


def _check_fit(operations: Sequence[Operation]) -> None:
    problems: list[Problem] = []
    for operation in operations:
        if operation.f not in FUNCTIONS:
            seen = f"'{operation.f}' is no operation of the model 'counter' (add, read)."
        elif operation.f == "add" and type(operation.input) is not int:
            seen = f"an add of {show(operation.input)}."
        elif (
            operation.f == "read"
            and operation.outcome is Outcome.OK
            and type(operation.output) is not int
        ):
            seen = f"a read of the counter answered {show(operation.output)}."
        else:
            continue
        expected = "A counter has 'add' of an integer, and 'read' that answers an integer."
        problems.append(Problem(f"event {operation.call}", seen, expected))
        if len(problems) >= PROBLEMS_MAX:
            break
    if problems:
        raise HistoryError(problems)
