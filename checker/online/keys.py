"""The keys of a run: those in use with all that follows them, the others as what they hold."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

from checker.online.follower import Follower
from checker.online.limits import Limits
from checker.online.record import Record

SWEEP_EVENTS = 1 << 14
"""Events between looks at which keys are in use; a key idle for that long is laid to rest."""


class Keys:
    """Keys by name. ``make`` gives the follower of a new key.

    Memory: ``kept_all_max`` operations for explanations over all keys, some kilobytes for
    each key in use, and some hundred bytes for one at rest, whose past is not kept.
    """

    def __init__(self, make: Callable[[], Follower], limits: Limits) -> None:
        self.untracked = 0
        """Invocations on keys that were one too many."""
        self._make = make
        self._limits = limits
        self._records: dict[Hashable, Record] = {}
        self._resting: dict[Hashable, tuple[Any, Callable[[], Follower]]] = {}
        self._next_sweep = SWEEP_EVENTS
        self._kept = 0

    def __len__(self) -> int:
        return len(self._records) + len(self._resting)

    def __iter__(self) -> Iterator[Record]:
        """The records of keys not at rest: about those that are nothing is open or wrong."""
        return iter(self._records.values())

    @property
    def kept(self) -> int:
        """Operations kept for explanations."""
        return self._kept

    def get(self, name: Hashable) -> Record | None:
        """The record of a key that is not at rest."""
        return self._records.get(name)

    def use(self, name: Hashable, key: Any) -> Record | None:
        """The record of a key, woken or new; None when there are too many keys."""
        record = self._records.get(name)
        if record is not None:
            return record
        if (resting := self._resting.pop(name, None)) is not None:
            record = Record(resting[0], resting[1]())
            record.whole = False
        elif len(self) < self._limits.keys_max:
            record = Record(key, self._make())
        else:
            self.untracked += 1
            return None
        self._records[name] = record
        return record

    def keep(self, record: Record, attempt: Any, events: int) -> None:
        """Keep an operation of the key, which is the ``events``-th event's."""
        record.touched = events
        self._kept += record.keep(attempt, self._limits.kept_max)
        if events >= self._next_sweep or self._kept > self._limits.kept_all_max:
            self._sweep(events)

    def _sweep(self, events: int) -> None:
        idle = events - SWEEP_EVENTS
        for name, record in list(self._records.items()):
            if record.touched < idle and not record.accused and not record.fresh:
                frozen = record.follower.rest()
                if frozen is not None:
                    self._kept -= len(record.kept)
                    self._resting[name] = record.key, frozen
                    del self._records[name]
                else:
                    self._kept += record.forget()
        if self._kept > self._limits.kept_all_max:
            for record in self._records.values():
                self._kept += record.forget()
        # Looking at all of them must not become what a run with many keys is busy with.
        self._next_sweep = events + max(SWEEP_EVENTS, len(self._records))
