"""Whether the system served again after the last fault was undone: from history and ledger.

Linearizability asks nothing of a system that never answers. So this is a finding of its own,
beside the verdict: a mutation that somebody was told is done, within a stated time of the
last heal. Some mutation, of some client: which nodes came back how soon is in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from histories.event import Operation, Outcome
from nemesis.fault import Fault


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The system did not serve in time. Seconds of the run's clock.

    ``served_s`` is when it did at last; None: not while it was watched, until ``watched_s``.
    """

    healed_s: float
    within_s: float
    served_s: float | None
    watched_s: float

    def sentence(self, system: str) -> str:
        """It, for a person."""
        told = f"UNAVAILABLE: {system} did not serve again within {self.within_s:g} s of the last "
        told += f"heal, at {self.healed_s:.2f} s: "
        if self.served_s is None:
            return told + (
                f"no mutation was acknowledged in the {self.watched_s - self.healed_s:.1f} s "
                "that were watched."
            )
        return told + (
            f"the first mutation was acknowledged {self.served_s - self.healed_s:.1f} s later."
        )


LOOKS = ("read", "drained")
"""Operations that change nothing."""


def unavailable(
    operations: Sequence[Operation], faults: Sequence[Fault], within_s: float, end_ns: int
) -> Unavailable | None:
    """Whether the system failed to serve in time; None when it did, or when nobody can tell.

    It cannot be told of a run without faults, of one that ended (at ``end_ns``) before the time
    was up, and of a system that had acknowledged nothing before: that tested nothing.
    """
    healed_ns = last_healed_ns(faults)
    if healed_ns is None:
        return None
    done = _acknowledged_ns(operations)
    if min(done, default=healed_ns) >= healed_ns:
        return None
    served_ns = min((time_ns for time_ns in done if time_ns >= healed_ns), default=None)
    limit_ns = healed_ns + round(within_s * 1e9)
    if (end_ns if served_ns is None else served_ns) <= limit_ns:
        return None
    served_s = None if served_ns is None else served_ns / 1e9
    return Unavailable(healed_ns / 1e9, within_s, served_s, end_ns / 1e9)


def last_healed_ns(faults: Sequence[Fault]) -> int | None:
    """When the last fault was undone; None when there was none, or one never was undone.

    A fault whose moment never came did nothing, so there was nothing of it to undo.
    """
    healed = [fault.healed_ns for fault in faults if fault.resolved.get("came") is not False]
    if None in healed:
        return None
    return max((time_ns for time_ns in healed if time_ns is not None), default=None)


def served_after_s(operations: Sequence[Operation], faults: Sequence[Fault]) -> float | None:
    """Seconds from the last heal to the first mutation that was acknowledged after it.

    None when there was no such heal, and when nothing was acknowledged any more.
    """
    healed_ns = last_healed_ns(faults)
    if healed_ns is None:
        return None
    after = (time_ns for time_ns in _acknowledged_ns(operations) if time_ns >= healed_ns)
    served_ns = min(after, default=None)
    return None if served_ns is None else (served_ns - healed_ns) / 1e9


def _acknowledged_ns(operations: Sequence[Operation]) -> list[int]:
    """When mutations were acknowledged."""
    return [
        operation.ret_ns
        for operation in operations
        if operation.outcome is Outcome.OK
        and operation.f not in LOOKS
        and operation.ret_ns is not None
    ]
