"""A script: a run's operations and faults one by one, in place of what the seed would deal.

A plan without a script is a pure function of its seed, so nothing can be left out of it
without moving what remains. In a script every operation has a time and a client of its own
and every fault is written out: any part of it is a script again, and what stays in it stays
where it was. The seed still fixes all the rest: latencies, elections, what a symbol leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from nemesis.fault import SymbolicFault

OPERATIONS_MAX = 10_000_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScriptedOperation:
    """``client`` invokes ``f`` at ``at_ns`` after the start, or as soon as it is free then.

    Client i works on node i mod n.
    """

    at_ns: int
    client: int
    f: str
    key: Any = field(default=None, hash=False)
    value: Any = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Script:
    """All that clients do and faults do, in order of time. ``shrunk_from`` names a run."""

    operations: tuple[ScriptedOperation, ...]
    faults: tuple[SymbolicFault, ...] = ()
    shrunk_from: str = ""

    @property
    def end_ns(self) -> int:
        """When nothing more is planned. Faults that wait for a moment end when they stop to."""
        ends = [operation.at_ns for operation in self.operations]
        return max(ends + [fault.end_ns for fault in self.faults], default=0)

    @property
    def clients(self) -> list[int]:
        """The clients that do anything."""
        return sorted({operation.client for operation in self.operations})

    @property
    def keys(self) -> int:
        """How many keys there are; at least one."""
        return max(1, len({repr(operation.key) for operation in self.operations}))

    @classmethod
    def from_json(cls, data: Any) -> Script:
        """A script from what ``dataclasses.asdict`` made of it. Raises ValueError."""
        if not isinstance(data, dict):
            raise ValueError(f"a script is a JSON object, not {type(data).__name__}")
        if unknown := sorted(set(data) - {one.name for one in fields(cls)}):
            raise ValueError(f"this version does not know these members of a script: {unknown}")
        try:
            operations = tuple(ScriptedOperation(**one) for one in data["operations"])
            faults = tuple(SymbolicFault(**one) for one in data.get("faults", ()))
        except (KeyError, TypeError) as error:
            raise ValueError(f"a script's operations or faults are damaged: {error}") from None
        return cls(operations, faults, str(data.get("shrunk_from", "")))

    def problems(self, nodes: int, concurrency: int) -> Iterator[str]:
        """Why this cannot be run by so many clients on so many nodes, a phrase each."""
        from nemesis.aim import AIMS, split_target
        from nemesis.kinds import FAULTS, FaultTargetError, targets_of
        from nemesis.moments import names_a_moment

        for number, operation in enumerate(self.operations):
            if not _whole(operation.at_ns) or not isinstance(operation.f, str):
                yield f"operation {number} of the script has no time, or no function"
            if not _whole(operation.client) or not operation.client < concurrency:
                yield (
                    f"operation {number} of the script is done by client {operation.client!r}, "
                    f"and there are clients 0 to {concurrency - 1}"
                )
        seen: set[int] = set()
        for fault in self.faults:
            told = f"fault {fault.id!r} of the script"
            if fault.kind not in FAULTS:
                yield f"{told} is of the kind {fault.kind!r}; there is {', '.join(FAULTS)}"
                continue
            if fault.id in seen:
                yield f"{told} is there twice"
            seen.add(fault.id)
            held = 0 if fault.hold_ns is None else fault.hold_ns
            if not all(map(_whole, (fault.start_ns, fault.end_ns, fault.delay_ns, held))):
                yield f"{told} has no times"
            elif fault.start_ns > fault.end_ns:
                yield f"{told} ends before it starts"
            if type(fault.choice) is not float:
                yield f"{told} has no choice, which is a number from 0 to 1"
            if fault.trigger and not names_a_moment(fault.trigger):
                yield f"{told} waits for {fault.trigger!r}, which is no moment"
            try:
                targets = targets_of((fault.kind,), (), nodes)[fault.kind]
                aims = AIMS if fault.trigger else ()
                aim = split_target(str(fault.target))[1] if fault.trigger else fault.target
                if aim not in (*aims, *targets):
                    yield f"{told} aims at {fault.target!r}, which {nodes} nodes do not have"
            except FaultTargetError as error:
                yield f"{told}: {error}"


def _whole(number: Any) -> bool:
    return type(number) is int and number >= 0
