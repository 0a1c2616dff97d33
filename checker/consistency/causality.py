"""What comes before what by causality: a session's own order, and who saw whose write.

Lamport's happened-before (CACM 1978) with reads for messages: the *past* of a step is what its
session did before it, whatever that saw, the past of all that, and so on (Ahamad et al., Causal
Memory, Distributed Computing 1995, section 2.1).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from checker.consistency.sessions import Sessions
from histories.table import Int32

CELLS_MAX = 100_000_000
"""Numbers that are kept at once: 400 MB."""


@dataclass(slots=True)
class Causality:
    """``past[i, s]``: how many steps of session s are in the past of step i, itself included: those
    up to a place, for sessions are in order. Of steps on a cycle, or behind one, nothing is known:
    ``torn`` are all of these. ``seen(i)``: the writes that step i saw.
    """

    sessions: Sessions
    taken: Sequence[int]
    seen: Callable[[int], Iterable[int]]
    past: Int32
    torn: list[int] = field(default_factory=list)
    own: dict[int, int] = field(default_factory=dict)
    """Of each step taken the one before it in its session, if there is one."""

    @classmethod
    def of(
        cls, sessions: Sessions, taken: Sequence[int], seen: Callable[[int], Iterable[int]]
    ) -> Causality | None:
        """That of the steps ``taken``, ascending; None where it would take too much memory."""
        many = len(sessions.steps)
        if len(sessions) * many > CELLS_MAX:
            return None
        causality = cls(sessions, taken, seen, np.zeros((len(sessions), many), np.int32))
        causality._walk()
        return causality

    def _walk(self) -> None:
        """Each step once all that comes right before it was met."""
        latest: dict[int, int] = {}
        for step in self.taken:
            session = self.sessions.session[step]
            if session in latest:
                self.own[step] = latest[session]
            latest[session] = step
        waits: dict[int, int] = {}
        after: dict[int, list[int]] = {}
        for step in self.taken:
            before = self.before(step)
            waits[step] = len(before)
            for one in before:
                after.setdefault(one, []).append(step)
        ready = deque(step for step, count in waits.items() if not count)
        met = 0
        while ready:
            step = ready.popleft()
            met += 1
            if before := self.before(step):
                np.max(self.past[before], axis=0, out=self.past[step])
            self.past[step, self.sessions.session[step]] = self.sessions.place[step] + 1
            for other in after.get(step, ()):
                waits[other] -= 1
                if not waits[other]:
                    ready.append(other)
        if met < len(waits):
            self.torn = [step for step, count in waits.items() if count]

    def before(self, step: int) -> list[int]:
        """What comes right before a step: what its session did last, and what it saw."""
        own = self.own.get(step)
        seen = [one for one in self.seen(step) if one != own]
        return seen if own is None else [own, *seen]

    def knew(self, step: int, other: int) -> bool:
        """Whether ``other`` is in the past of ``step``, and not itself."""
        place = self.sessions.place[other]
        return step != other and bool(self.past[step, self.sessions.session[other]] > place)

    def path(self, one: int, other: int) -> list[int]:
        """The fewest steps that lead from one to another that knew it: both, and between them
        those at which what is known passes from session to session."""
        came: dict[int, int] = {other: other}
        ready = deque([other])
        while ready and one not in came:
            step = ready.popleft()
            for before in self._right_before(step):
                if before not in came and (before == one or self.knew(before, one)):
                    came[before] = step
                    ready.append(before)
        steps = [one]
        while steps[-1] != other:
            steps.append(came[steps[-1]])
        return steps

    def _right_before(self, step: int) -> Iterator[int]:
        # Whoever sees is met before whoever merely goes on.
        yield from self.seen(step)
        if step in self.own:
            yield self.own[step]

    def cycle(self) -> list[int]:
        """Steps each of which comes right before the next, and the last before the first."""
        torn = set(self.torn)
        step, met = self.torn[0], {}
        walked: list[int] = []
        while step not in met:
            met[step] = len(walked)
            walked.append(step)
            step = next(one for one in self.before(step) if one in torn)
        return walked[met[step] :][::-1]
