"""Whether clients go on asking after the last heal, without which nobody can be unavailable.

That a system does not serve again is seen by those who ask it to. Leave their requests out,
and any system seems to be gone: so a plan that shows it must keep them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from splitbrain.plan import Plan

SHARE = 10
"""It is enough to ask so many times, evenly spread, while the time to serve again passes."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Mutations come no further apart than ``gap_ns_max`` until the time is up."""

    gap_ns_max: int

    @classmethod
    def of(cls, whole: Plan) -> Asking:
        """What is asked of parts of ``whole``: to ask a tenth of the time apart, or as it does."""
        return cls(max(round(whole.live_within_s * 1e9) // SHARE, _gap_ns(whole)))

    def __call__(self, plan: Plan) -> bool:
        """Whether the plan keeps asking."""
        return _gap_ns(plan) <= self.gap_ns_max


def _gap_ns(plan: Plan) -> int:
    """The longest time in which nobody asks, from the last heal until the system must serve."""
    assert plan.script is not None
    ends = [
        fault.end_ns + (0 if fault.hold_ns is None else fault.delay_ns + fault.hold_ns)
        for fault in plan.script.faults
    ]
    healed_ns = max(ends, default=0)
    limit_ns = healed_ns + round(plan.live_within_s * 1e9)
    asked = [
        one.at_ns
        for one in plan.script.operations
        if one.f != "read" and healed_ns <= one.at_ns <= limit_ns
    ]
    points = [healed_ns, *sorted(asked), limit_ns]
    return max(after - before for before, after in pairwise(points))
