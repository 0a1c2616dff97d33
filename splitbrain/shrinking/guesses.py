"""Where the search begins: with the few operations that show what cannot have happened.

To run a plan of many thousands of operations again takes as long as the run did. But those
that the explanation names are known, and more often than not they alone, under the same
faults, fail again. Where they do not, ever more of what happened near them is added, or all
that happened shortly before and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.verdict import Violation
from splitbrain.plan import Plan
from splitbrain.record import RunRecord
from splitbrain.shrinking.scripted import with_script

NEAR_FIRST = 8
TIMES_MORE = 4
WINDOWS_S = (0.5, 2.0, 8.0, 32.0)


def guesses(record: RunRecord, whole: Plan, violation: Violation | None) -> Iterator[Plan]:
    """Parts of ``whole``, the run written out, the smallest first and the whole one last.

    The evidence, and 8, 32, 128 … of the operations begun closest to it or to a fault's start;
    and the operations and faults of the last half second, two seconds … before it was complete.
    Of a system that did not serve again (no ``violation``) the evidence is one mutation before the
    first fault and all that came after the last heal.
    """
    assert whole.script is not None
    operations = list(record.operations)
    if violation is None:
        shown = _that_show_no_service(record)
    else:
        shown = {*violation.operations} | (
            set() if violation.culprit is None else {violation.culprit}
        )
    evidence = [one for one in operations if one.call in shown]
    if evidence:
        end_ns = max(one.call_ns if one.ret_ns is None else one.ret_ns for one in evidence)
        faults = tuple(one for one in whole.script.faults if one.start_ns <= end_ns)
        marks = sorted({one.call_ns for one in evidence} | {fault.start_ns for fault in faults})
        # Written out in the order of the calls, as they are here.
        scripted = dict(zip((one.call for one in operations), whole.script.operations, strict=True))
        before = [one.call for one in operations if one.call_ns <= end_ns]
        near = sorted(
            (call for call in before if call not in shown),
            key=lambda call: _distance(scripted[call].at_ns, marks),
        )
        parts = [(shown | {*near[:count]}, faults) for count in _counts(len(near))]
        for window_s in WINDOWS_S:
            since_ns = end_ns - round(window_s * 1e9)
            late = {call for call in before if scripted[call].at_ns >= since_ns}
            lately = tuple(one for one in faults if one.end_ns >= since_ns)
            parts.append((shown | late, lately))
        for calls, held in sorted(parts, key=lambda part: (len(part[0]), -len(part[1]))):
            yield with_script(whole, [scripted[call] for call in before if call in calls], held)
    yield whole


def _counts(most: int) -> Iterator[int]:
    yield 0
    count = NEAR_FIRST
    while count < most:
        yield count
        count *= TIMES_MORE
    if most:
        yield most


def _distance(at_ns: int, marks: list[int]) -> int:
    return min(abs(at_ns - mark) for mark in marks)


def _that_show_no_service(record: RunRecord) -> set[int]:
    late = record.unavailable
    if late is None:
        return set()
    healed_ns = round(late.healed_s * 1e9)
    done = [one for one in record.operations if one.f != "read" and one.outcome == "ok"]
    before = [one.call for one in done if one.call_ns < healed_ns][:1]
    return {*before, *(one.call for one in record.operations if one.call_ns >= healed_ns)}
