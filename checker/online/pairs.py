"""Two followers of one key: a quick one that sees most of what is wrong, and an exact one."""

from __future__ import annotations

from checker.online.attempt import Attempt
from checker.online.follower import Follower


class BothKeys:
    """Feeds both (``follower.py``); the culprit is that of whichever finds one first."""

    def __init__(self, quick: Follower, thorough: Follower) -> None:
        self.quick, self.thorough = quick, thorough
        self.exact = thorough.exact

    @property
    def culprit(self) -> Attempt | None:
        """The first completion found that cannot have happened."""
        return self.quick.culprit or self.thorough.culprit

    @property
    def complaint(self) -> str | None:
        """What is wrong with it, if it was seen at a glance."""
        return self.quick.complaint

    @property
    def trouble(self) -> str | None:
        """Why the exact one stopped; the quick one goes on."""
        return self.thorough.trouble

    @trouble.setter
    def trouble(self, why: str | None) -> None:
        self.thorough.trouble = why

    def call(self, attempt: Attempt) -> None:
        """An operation is invoked."""
        self.quick.call(attempt)
        if self.thorough.trouble is None:
            self.thorough.call(attempt)

    def complete(self, attempt: Attempt) -> None:
        """It ended."""
        self.quick.complete(attempt)
        if self.thorough.trouble is None:
            self.thorough.complete(attempt)

    def probe(self) -> Attempt | None:
        """Decide all there is."""
        culprit = self.quick.probe()
        if culprit is None and self.thorough.trouble is None:
            culprit = self.thorough.probe()
        return culprit

    def waiting(self) -> int:
        """Events that wait in the exact one."""
        return self.thorough.waiting() if self.thorough.trouble is None else 0

    def give_up_on_first(self) -> Attempt:
        """As the exact one."""
        return self.thorough.give_up_on_first()

    def rest(self) -> None:
        """They hold no more than they must."""

    def configurations(self) -> int:
        """As the exact one."""
        return self.thorough.configurations()
