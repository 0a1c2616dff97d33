"""The latest events of one key: calls wait here until it is known how they ended.

    process 0   |-- write 1 --|
    process 1        |------------ read …           its answer decides what it asserts
    process 2             |-- write 2 --|
                     ^ the frontier stands here; what follows is in the window

An event leaves the window when every operation called before it has ended, so a frontier
knows of each operation it takes up what it returned, and when. What a window holds is
judged meanwhile by a copy of the frontier, for which open operations are indeterminate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from checker.online.attempt import Attempt
from histories.event import Outcome


class Window:
    """Calls and returns in order of event; an attempt is in it once for each."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: deque[Attempt] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, attempt: Attempt) -> None:
        """Note its call, or later its return."""
        self._entries.append(attempt)

    def settled(self) -> Iterator[tuple[Attempt, bool]]:
        """Take out what is settled: (attempt, whether this is its return), in order."""
        entries = self._entries
        while entries:
            attempt = entries[0]
            if attempt.outcome is None:
                return
            entries.popleft()
            returns, attempt.entered = attempt.entered, True
            yield attempt, returns

    def give_up_on_first(self) -> Attempt:
        """Count the operation that holds up all others as one that never returns."""
        attempt = self._entries[0]
        attempt.outcome = Outcome.INFO
        return attempt

    def ahead(self) -> list[tuple[Attempt, bool]]:
        """All that is in the window, in order, as ``settled`` would give it."""
        called: set[int] = set()
        found = []
        for attempt in self._entries:
            returns = attempt.entered or attempt.call in called
            called.add(attempt.call)
            found.append((attempt, returns))
        return found
