"""One key of a run: who follows it, and its latest operations for an explanation."""

from __future__ import annotations

from collections import deque
from typing import Any

from checker.online.attempt import Attempt
from checker.online.follower import Follower


class Record:
    """``whole``: ``kept`` holds every operation of the key. ``known``: the last completion
    up to which everything was found possible."""

    __slots__ = ("accused", "follower", "fresh", "kept", "key", "known", "touched", "whole")

    def __init__(self, key: Any, follower: Follower) -> None:
        self.key = key
        self.follower = follower
        self.kept: deque[Attempt] = deque()
        self.whole = True
        self.fresh = False
        """Whether something came since the last probe."""
        self.touched = 0
        self.known: Attempt | None = None
        self.accused = False

    def keep(self, attempt: Attempt, kept_max: int) -> int:
        """Keep one more operation; by how many the number kept grew."""
        self.kept.append(attempt)
        if len(self.kept) > kept_max:
            self.kept.popleft()
            self.whole = False
            return 0
        return 1

    def last_completed(self) -> Attempt | None:
        """The last operation kept that is over."""
        return next((one for one in reversed(self.kept) if one.ret is not None), None)

    def forget(self) -> int:
        """Keep nothing of what is over; by how many the number kept grew: less than 0."""
        before = len(self.kept)
        self.kept = deque(attempt for attempt in self.kept if attempt.outcome is None)
        if len(self.kept) < before:
            self.whole = False
        return len(self.kept) - before
