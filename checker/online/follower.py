"""What follows one key: the protocol that registers, sets, counters and all others meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from checker.online.attempt import Attempt


class Follower(Protocol):
    """Judges one key event by event.

    ``culprit``: the first completion found that cannot have happened. ``trouble``: why the
    key is not followed any more, in words. Once either is set nothing more is looked at.
    ``exact``: without a culprit, the history is linearizable as far as it went; else some
    violations may go unnoticed. ``complaint``: what is wrong with the culprit, where that
    can be said in words.
    """

    trouble: str | None

    @property
    def exact(self) -> bool:
        """Whether nothing that is wrong can go unnoticed."""

    @property
    def culprit(self) -> Attempt | None:
        """The completion that cannot have happened."""

    @property
    def complaint(self) -> str | None:
        """What is wrong with it."""

    def call(self, attempt: Attempt) -> None:
        """An operation is invoked."""

    def complete(self, attempt: Attempt) -> None:
        """It ended; the attempt knows how."""

    def probe(self) -> Attempt | None:
        """Decide all there is, what is open being indeterminate: the culprit, if there is one.

        May be called at any time, and does not change what will be found later.
        """

    def waiting(self) -> int:
        """Events that wait for an operation to end before they can be decided for good."""

    def give_up_on_first(self) -> Attempt:
        """Decide on without that operation's end: from now on it is indeterminate."""

    def rest(self) -> Callable[[], Follower] | None:
        """What gives a follower that goes on where this one is, in less memory meanwhile.

        None while something is open, wrong, or not worth it.
        """

    def configurations(self) -> int:
        """How many are kept, for a display."""
