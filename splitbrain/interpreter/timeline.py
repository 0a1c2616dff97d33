"""The faults' timeline: which fault is due to begin, which to be undone.

    planned --start--> starting --acknowledged--> active --end--> healing --> healed
                          '------- failed --------^                  '------> lost

A fault that is to be undone before its start is acknowledged is undone right after it. One
whose injection failed may be half in force, so it is healed like the others; one whose
heal failed is lost: the ledger's business, no longer the timeline's. A fault with a hold of
its own (an aimed one, that had to wait for its moment) ends that long after it was
acknowledged, and not at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from nemesis.fault import SymbolicFault


class Stage(Enum):
    """How far a fault has come."""

    PLANNED = "planned"
    STARTING = "starting"
    ACTIVE = "active"
    HEALING = "healing"
    HEALED = "healed"
    LOST = "lost"


class Timeline:
    """The faults of a run. Times are relative to the main phase's start."""

    def __init__(self, faults: Sequence[SymbolicFault]) -> None:
        self._faults = {fault.id: fault for fault in faults}
        if len(self._faults) != len(faults):
            raise ValueError("two faults have the same id")
        for fault in faults:
            if not 0 <= fault.start_ns <= fault.end_ns:
                raise ValueError(f"{fault} ends before it starts, or starts before the run")
        self._planned = sorted(faults, key=lambda fault: (fault.start_ns, fault.id), reverse=True)
        self._stage = {fault.id: Stage.PLANNED for fault in faults}
        self._end_ns = {fault.id: fault.end_ns for fault in faults}
        self._in_force: dict[int, SymbolicFault] = {}
        self._heal_all = False

    @property
    def in_force(self) -> list[SymbolicFault]:
        """Faults begun and not yet undone, oldest first; none that is lost."""
        return list(self._in_force.values())

    @property
    def idle(self) -> bool:
        """Whether nothing is planned or in force, so that time alone changes nothing."""
        return not self._planned and not self._in_force

    def close(self) -> None:
        """No fault begins any more; those that were to come are forgotten."""
        self._planned.clear()

    def heal_all(self, wanted: bool = True) -> None:
        """Undo faults at once from now on, whatever their end."""
        self._heal_all = wanted

    def due(self, elapsed_ns: int) -> tuple[list[SymbolicFault], list[SymbolicFault]]:
        """The faults to inject and those to heal now; each is given once."""
        inject: list[SymbolicFault] = []
        while self._planned and self._planned[-1].start_ns <= elapsed_ns:
            fault = self._planned.pop()
            self._stage[fault.id] = Stage.STARTING
            self._in_force[fault.id] = fault
            inject.append(fault)
        heal: list[SymbolicFault] = []
        for fault in self._in_force.values():
            over = self._heal_all or self._end_ns[fault.id] <= elapsed_ns
            if over and self._stage[fault.id] is Stage.ACTIVE:
                self._stage[fault.id] = Stage.HEALING
                heal.append(fault)
        return inject, heal

    def next_ns(self) -> int | None:
        """When ``due`` will next have something to say, acknowledgements aside."""
        times = [
            self._end_ns[fault.id]
            for fault in self._in_force.values()
            if self._stage[fault.id] is Stage.ACTIVE
        ]
        if self._planned:
            times.append(self._planned[-1].start_ns)
        return min(times, default=None)

    def started(self, fault: int, elapsed_ns: int = 0) -> SymbolicFault:
        """The fault is in force, as far as it ever will be; from now on it is held."""
        self._expect(fault, Stage.STARTING)
        self._stage[fault] = Stage.ACTIVE
        symbolic = self._faults[fault]
        if symbolic.hold_ns is not None:
            self._end_ns[fault] = elapsed_ns + symbolic.hold_ns
        return symbolic

    def healed(self, fault: int) -> SymbolicFault:
        """The fault is undone."""
        self._expect(fault, Stage.HEALING)
        self._stage[fault] = Stage.HEALED
        return self._in_force.pop(fault)

    def failed(self, fault: int) -> SymbolicFault:
        """Injecting or healing it failed: still to be healed, or lost."""
        self._expect(fault, Stage.STARTING, Stage.HEALING)
        if self._stage[fault] is Stage.STARTING:
            self._stage[fault] = Stage.ACTIVE
        else:
            self._stage[fault] = Stage.LOST
            del self._in_force[fault]
        return self._faults[fault]

    def _expect(self, fault: int, *stages: Stage) -> None:
        seen = self._stage.get(fault)
        if seen not in stages:
            expected = " or ".join(stage.value for stage in stages)
            raise ValueError(f"fault {fault} is {seen and seen.value}, expected {expected}")
