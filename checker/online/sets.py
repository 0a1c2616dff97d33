"""A set that grows, followed event by event: what checker.sets looks for, as it happens.

An element is known from the moment its add was acknowledged or a read returned it; every
read that begins later must contain it, and no read may contain what nobody can have added.
Sound, not complete. Memory is that of the set itself: every read answers with all of it.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import islice

from checker.online.attempt import Attempt
from checker.wording import show
from histories.canonical import canonical
from histories.event import Outcome


class SetKey:
    """Follows one set (``follower.py``); ``complaint`` says what is wrong with the culprit."""

    exact = False

    def __init__(self) -> None:
        self.culprit: Attempt | None = None
        self.trouble: str | None = None
        self.complaint: str | None = None
        self._adds: dict[Hashable, list[int]] = {}
        """For each element the calls of adds that have not failed."""
        self._known: dict[Hashable, None] = {}
        """Elements in the order in which they became known."""
        self._first_seen: dict[Hashable, Attempt] = {}
        """The first read to contain an element while an add of it was still open."""
        self._known_at_call: dict[int, int] = {}
        self._open = 0

    def call(self, attempt: Attempt) -> None:
        """An add or a read is invoked."""
        self._open += 1
        if attempt.f == "add":
            self._adds.setdefault(canonical(attempt.input), []).append(attempt.call)
        else:
            self._known_at_call[attempt.call] = len(self._known)

    def complete(self, attempt: Attempt) -> None:
        """It ended."""
        self._open -= 1
        if self.culprit is not None:
            return
        if attempt.f == "read":
            known = self._known_at_call.pop(attempt.call)
            if attempt.outcome is Outcome.OK:
                self._answered(attempt, known)
            return
        element = canonical(attempt.input)
        if attempt.outcome is Outcome.OK:
            self._known.setdefault(element)
            read = self._first_seen.get(element)
            if read is not None and attempt.call < (read.ret or 0):
                del self._first_seen[element]
        elif attempt.outcome is Outcome.FAIL:
            calls = self._adds[element]
            calls.remove(attempt.call)
            read = self._first_seen.get(element)
            if read is not None and not any(call < (read.ret or 0) for call in calls):
                self._accuse(read, f"contains {show(attempt.input)}, whose add failed")

    def _answered(self, read: Attempt, known: int) -> None:
        contents = [canonical(value) for value in read.output]
        present = set(contents)
        if len(present) < len(contents):
            self._accuse(read, "contains an element twice")
            return
        if not present.issuperset(islice(self._known, known)):
            lacking = next(one for one in islice(self._known, known) if one not in present)
            self._accuse(read, f"lacks {_shown(lacking)}, which was known before it began")
            return
        for element in present - self._known.keys():
            calls = self._adds.get(element)
            if not calls:
                self._accuse(
                    read, f"contains {_shown(element)}, which nobody can have added by then"
                )
                return
            self._known[element] = None
            self._first_seen[element] = read

    def _accuse(self, read: Attempt, complaint: str) -> None:
        self.culprit, self.complaint = read, complaint

    def probe(self) -> Attempt | None:
        """Everything is decided as it comes."""
        return self.culprit

    def waiting(self) -> int:
        """Nothing waits."""
        return 0

    def give_up_on_first(self) -> Attempt:
        """Nothing waits, so there is nothing to give up on."""
        raise ValueError("no event of a set waits for another")

    def rest(self) -> None:
        """It holds no more than it must."""

    def configurations(self) -> int:
        """One: what is known."""
        return 1


def _shown(element: Hashable) -> str:
    """An element by its canonical name, which for all but scalars is tagged JSON."""
    if isinstance(element, tuple):
        return str(element[1])
    return show(element)
