"""Which write each read of a register saw, where every value is written once.

Then much can be said in polynomial time that cannot be said otherwise: a read names its write,
and what must have taken effect, though nobody acknowledged it, is known.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from checker.consistency.sessions import Sessions
from checker.models.model import Kind

INITIAL = -1
"""The source of a read that saw the value a register has before anybody writes it."""
NOWHERE = -2
"""The source of a read whose value nobody can have written."""


@dataclass(frozen=True, slots=True)
class Writes:
    """``source[i]``: for a read or compare-and-set the write it saw (INITIAL, NOWHERE); else None.

    ``taken``: steps that took effect, ascending: all that completed, and the indeterminate
    ones whose value was seen by one that took effect. ``spare``: by key the others.
    ``readers[w]``: the taken steps that saw write w; ``initial[k]``: those that saw key k's
    initial value. ``blurred``: keys of which some value can have been written twice; of these
    nothing else is told, and none of their steps is taken or spare.
    """

    sessions: Sessions
    source: list[int | None]
    taken: list[int] = field(default_factory=list)
    spare: dict[int, list[int]] = field(default_factory=dict)
    readers: dict[int, list[int]] = field(default_factory=dict)
    initial: dict[int, list[int]] = field(default_factory=dict)
    blurred: dict[int, Hashable] = field(default_factory=dict)

    @classmethod
    def of(cls, sessions: Sessions) -> Writes:
        """The writes of a history of registers. Linear."""
        init = sessions.model.init
        writer: dict[tuple[int, Hashable], int] = {}
        blurred: dict[int, Hashable] = {}
        for step, effect in enumerate(sessions.effect):
            if effect.kind in (Kind.WRITE, Kind.CAS):
                name = (sessions.key[step], effect.new)
                if effect.new == init or name in writer:
                    blurred.setdefault(sessions.key[step], effect.new)
                writer[name] = step
        source: list[int | None] = []
        for step, effect in enumerate(sessions.effect):
            if effect.kind not in (Kind.READ, Kind.CAS):
                source.append(None)
            elif effect.expected == init:
                source.append(INITIAL)
            else:
                source.append(writer.get((sessions.key[step], effect.expected), NOWHERE))
        writes = cls(sessions, source, blurred=blurred)
        writes._take()
        return writes

    def _take(self) -> None:
        sessions = self.sessions
        clear = [step for step in range(len(sessions)) if sessions.key[step] not in self.blurred]
        certain = [step for step in clear if sessions.certain[step]]
        taken = self.closed(certain)
        self.taken.extend(sorted(taken))
        for step in clear:
            if step not in taken:
                self.spare.setdefault(sessions.key[step], []).append(step)
        for step in self.taken:
            source = self.source[step]
            if source == INITIAL:
                self.initial.setdefault(sessions.key[step], []).append(step)
            elif source is not None and source >= 0:
                self.readers.setdefault(source, []).append(step)

    def closed(self, steps: Iterable[int]) -> set[int]:
        """The steps, and every write that one of them saw, and so on."""
        found = set(steps)
        todo = list(found)
        while todo:
            source = self.source[todo.pop()]
            if source is not None and source >= 0 and source not in found:
                found.add(source)
                todo.append(source)
        return found

    def grounded(self, steps: Iterable[int]) -> set[int]:
        """Taken steps, closed; and of each that nobody acknowledged one that saw it, and so on."""
        found = self.closed(steps)
        certain = self.sessions.certain
        while adrift := found - self.closed(step for step in found if certain[step]):
            came = dict.fromkeys(adrift, -1)
            todo = list(adrift)
            step = next(
                reader
                for one in todo
                for reader in self._unknown_readers(one, came, todo)
                if certain[reader]
            )
            while step >= 0:
                found.add(step)
                step = came[step]
            found = self.closed(found)
        return found

    def _unknown_readers(self, step: int, came: dict[int, int], todo: list[int]) -> list[int]:
        """Who saw a write, of those that were not met before; they are now."""
        fresh = [reader for reader in self.readers.get(step, ()) if reader not in came]
        came.update(dict.fromkeys(fresh, step))
        todo += fresh
        return fresh

    def from_nowhere(self) -> int | None:
        """The first taken step that saw what nobody can have written, if there is one."""
        return next((step for step in self.taken if self.source[step] == NOWHERE), None)

    def writes(self, step: int) -> bool:
        """Whether the step writes its register."""
        return self.sessions.effect[step].kind in (Kind.WRITE, Kind.CAS)
