"""The time a plan takes: waits that nothing needs, and moments with more digits than matter.

A script is points on a line: operations, and begins and ends of faults. Whoever moves one
point moves all that comes after it, so that order and all other distances stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nemesis.fault import SymbolicFault
from splitbrain.plan import Plan
from splitbrain.shrinking.scripted import with_script

Fails = Callable[[Plan], bool]

MS = 1_000_000
SHARES = (0, 8, 2)
"""A wait is tried as none, an eighth and half of what it was (0: none)."""
SHORT_NS = 20 * MS
"""Waits up to this are left alone: nobody would notice that they are gone."""
ROUND_NS = (1_000 * MS, 100 * MS, 10 * MS, MS)


def shorter(plan: Plan, fails: Fails) -> Plan:
    """Shorten the waits between the points of a script, the longest first, then round times."""
    assert plan.script is not None
    points = _points(plan)
    waits = [after - before for before, after in zip((0, *points), points, strict=False)]
    for number in sorted(range(len(waits)), key=lambda at: (-waits[at], at)):
        if waits[number] <= SHORT_NS:
            continue
        for share in SHARES:
            tried = waits.copy()
            tried[number] = waits[number] // share if share else 0
            less = _moved(plan, points, tried)
            if fails(less):
                plan, waits = less, tried
                points = [sum(waits[: at + 1]) for at in range(len(waits))]
                break
    return _rounded(plan, fails)


def _points(plan: Plan) -> list[int]:
    assert plan.script is not None
    script = plan.script
    times = {operation.at_ns for operation in script.operations}
    times |= {at for fault in script.faults for at in (fault.start_ns, fault.end_ns)}
    return sorted(times)


def _moved(plan: Plan, points: list[int], waits: list[int]) -> Plan:
    """The plan with its points so far apart."""
    times, now = {}, 0
    for point, wait in zip(points, waits, strict=True):
        now += wait
        times[point] = now
    return _timed(plan, times.__getitem__)


def _timed(plan: Plan, time_of: Callable[[int], int]) -> Plan:
    assert plan.script is not None

    def held(fault: SymbolicFault) -> SymbolicFault:
        return replace(fault, start_ns=time_of(fault.start_ns), end_ns=time_of(fault.end_ns))

    operations = [replace(one, at_ns=time_of(one.at_ns)) for one in plan.script.operations]
    return with_script(plan, operations, [held(fault) for fault in plan.script.faults])


def _rounded(plan: Plan, fails: Fails) -> Plan:
    """The roundest times with which it still fails; they only ever get earlier."""
    for unit in ROUND_NS:
        less = _timed(plan, lambda at, unit=unit: at // unit * unit)  # type: ignore[misc]
        if less != plan and fails(less):
            return less
    return plan
