"""The few transactions that an anomaly rests on, as a history that shows it by itself.

Leaving something out proves nothing unless a history that keeps its level keeps it without that,
too. Four things may be left out (*relaxations*), with why:

* **A read.** It only says something of the others.
* **A write that no read shows**, and with its last step a transaction. Take it out of whatever
  order the history had, of commits or of versions: no read sees anything else for it. Who had come
  before it came before whoever came after it already, by dependencies of the same kinds, so there
  is no cycle that had not been there.
* **The reads that show a write, and then the write**: the two above.
* **An element of a list, in every read** (levels that ask for an order of commits alone). Take it
  out of what the lists held at every moment of that order: every read shows what is left. Levels
  that look at cycles without ww are another matter: who had read from the one who appended it
  reads from somebody else now.

What was done to processes, and when, stays as it was: fewer transactions are ordered by it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from checker.transactions.levels import SERIAL, SNAPSHOTS
from histories.canonical import canonical
from histories.event import Operation, Outcome

READS = ("r", "read")
Place = tuple[int, int]
"""A call index, and a step of that transaction."""


class Relaxed:
    """A history of which some has been left out."""

    def __init__(self, operations: Sequence[Operation], *, lists: bool, forgetting: bool) -> None:
        """``forgetting``: elements of lists may be left out of reads."""
        self._operations = {one.call: one for one in operations}
        self._lists, self._forgetting = lists, lists and forgetting
        self.kept: dict[int, list[int]] = {
            call: list(range(len(_steps(one)))) for call, one in self._operations.items()
        }
        self._forgotten: set[Any] = set()

    def copy(self) -> Relaxed:
        """The same, of which more can be left out apart."""
        other = object.__new__(Relaxed)
        other._operations = self._operations
        other._lists, other._forgetting = self._lists, self._forgetting
        other.kept = {call: list(steps) for call, steps in self.kept.items()}
        other._forgotten = set(self._forgotten)
        return other

    def places(self) -> list[Place]:
        """Every step that is left."""
        return [(call, at) for call, steps in self.kept.items() for at in steps]

    def leave_out(self, *places: Place) -> None:
        """Leave steps out, and first whatever reads show those of them that write."""
        gone = set()
        for call, at in places:
            f, key, value = self._told(call, at)
            if f not in READS:
                gone.add((key, value))
        cut = set(places)
        if gone and self._forgetting:
            self._forgotten |= gone
            # Whoever wrote the same wrote what no read shows any more.
            cut |= {place for place in self.places() if self._writes(place) in gone}
        elif gone:
            cut |= {place for place in self.places() if gone.intersection(self._shows(place))}
        for call in {call for call, _ in cut}:
            self.kept[call] = [at for at in self.kept[call] if (call, at) not in cut]
            if not self.kept[call]:
                del self.kept[call]

    def keep(self, calls: Collection[int]) -> None:
        """Leave all other transactions out."""
        self.leave_out(*(place for place in self.places() if place[0] not in calls))

    def writers(self, calls: Collection[int]) -> set[int]:
        """Who wrote what these transactions read."""
        shown = {one for call in calls for at in self.kept[call] for one in self._shows((call, at))}
        return {call for call, at in self.places() if self._writes((call, at)) in shown}

    def operations(self) -> list[Operation]:
        """What is left, in the order in which it was asked for."""
        return [
            replace(
                one,
                input=[one.input[at] for at in steps],
                output=None
                if one.output is None
                else [self._left(one.output[at], (call, at)) for at in steps],
            )
            for call, steps in sorted(self.kept.items())
            for one in (self._operations[call],)
        ]

    def _told(self, call: int, at: int) -> tuple[str, Any, Any]:
        one = self._operations[call]
        f, name, *rest = _steps(one)[at]
        return f, (canonical(one.key), canonical(name)), canonical(rest[0]) if rest else None

    def _writes(self, place: Place) -> Any:
        """What a step writes, as (key, value); None for a read."""
        f, key, value = self._told(*place)
        return None if f in READS else (key, value)

    def _shows(self, place: Place) -> list[Any]:
        """What a read shows, as (key, value)s."""
        f, key, value = self._told(*place)
        one = self._operations[place[0]]
        if f not in READS or one.outcome is not Outcome.OK or value is None:
            return []
        if not self._lists:
            return [(key, value)]
        raw = _steps(one)[place[1]][2]
        return [(key, canonical(element)) for element in raw or ()]

    def _left(self, step: list[Any], place: Place) -> list[Any]:
        """A step without what was forgotten."""
        if not self._forgotten or step[0] not in READS or not step[2:] or step[2] is None:
            return step
        _, key, _ = self._told(*place)
        left = [one for one in step[2] if (key, canonical(one)) not in self._forgotten]
        return [*step[:2], left]


def _steps(one: Operation) -> Sequence[Any]:
    known = one.outcome is Outcome.OK and one.output is not None
    found: Sequence[Any] = one.output if known else one.input
    return found


def shown_by_few(
    operations: Sequence[Operation],
    level: str,
    calls: Collection[int],
    *,
    lists: bool,
    refuted: Callable[[list[Operation]], bool],
) -> list[Operation] | None:
    """The transactions ``calls`` made fewer and shorter as long as the level stays ``refuted``.

    None where they do not show it by themselves, nor with those whose writes they read. No step
    can be left out alone of what is given back.
    """
    whole = Relaxed(operations, lists=lists, forgetting=level in SERIAL or level in SNAPSHOTS)
    wanted = set(calls)
    for _ in range(3):
        best = whole.copy()
        best.keep(wanted)
        if refuted(best.operations()):
            break
        wanted |= whole.writers(wanted)
    else:
        return None
    going = True
    while going:
        going = False
        for call in list(best.kept):
            if call not in best.kept:
                continue
            parts = [[(call, at) for at in best.kept[call]]]
            parts += [[place] for place in parts[0]]
            for part in parts:
                if not all(at in best.kept.get(one, ()) for one, at in part):
                    continue
                less = best.copy()
                less.leave_out(*part)
                if refuted(less.operations()):
                    best, going = less, True
    return best.operations()


def named_by(evidence: Any) -> set[int]:
    """The call indexes of all transactions that some evidence names (``evidence.py``)."""
    found: set[int] = set()
    for name, value in evidence.items():
        if name in ("cycle", "seen"):
            for one in value:
                found |= named_by(one)
        elif name in ("from", "to", "read", "transaction"):
            found.add(value)
        elif name in ("transactions", "reads"):
            found.update(value)
    return found
