"""Locks, told: two that hold one lock at a time, and releases of what is not held."""

from __future__ import annotations

from collections.abc import Hashable

from checker.linearizability.telling import Finding, Telling, end
from checker.wording import show
from histories.event import Operation


class Holding(Telling):
    """A lock, or a mutex, which anybody may release."""

    def finding(self) -> Finding | None:
        """Why the culprit can neither acquire nor release, when one or two others show it."""
        return self._second_holder() if self.culprit.f == "acquire" else self._not_held()

    def _owner(self, operation: Operation) -> Hashable:
        """Who can release what this acquires; of a mutex, anybody."""
        if self.relaxer.model.name == "mutex":
            return None
        owner: Hashable = self.relaxer.effect(operation).owner
        return owner

    def _named(self, operation: Operation) -> str:
        who = f"process {operation.process}"
        return who if operation.input is None else f"{who} (as {show(operation.input)})"

    def _ends(self, f: str, first: Operation, until: int) -> list[Operation]:
        """Operations ``f`` of the owner of ``first`` that can lie between it and an event."""
        return [
            o
            for o in self.others
            if o.f == f
            and o is not first
            and self._owner(o) == self._owner(first)
            and o.call <= until
            and end(o) >= first.call
        ]

    def _second_holder(self) -> Finding | None:
        """|- acquire -|          |- acquire -|    and no release has begun in between."""
        culprit = self.culprit
        for holder in sorted(self.others, key=end, reverse=True):
            if holder.f != "acquire" or holder.ret is None or holder.ret > self.ret:
                continue
            if self._ends("release", holder, self.ret):
                continue
            # Where the two overlap, the culprit may have been first, and must have released.
            if holder.ret >= culprit.call and self._ends("release", culprit, holder.ret):
                continue
            owner = self._owner(holder)
            who = self._named(holder)
            if owner is not None and owner == self._owner(culprit):
                who = "it"
            unless = "nobody had" if owner is None else "had not"
            sentence = f"{self._named(culprit)} acquired the lock {self.at()}, "
            if holder.ret < culprit.call:
                sentence += f"while {who} had held it since {self.ended(holder)} "
            else:
                sentence += f"and {who} acquired it too, at {self.ended(holder)}, "
            sentence += f"and {unless} begun to release it"
            return Finding("two holders", sentence, (holder, culprit))
        return None

    def _not_held(self) -> Finding | None:
        """A release without an acquisition that it could end."""
        culprit = self.culprit
        mine = [o for o in self.others if self._owner(o) == self._owner(culprit)]
        acquired = [o for o in mine if o.f == "acquire"]
        claim = f"{self._named(culprit)} released the lock {self.at()}"
        whoever = "nobody" if self._owner(culprit) is None else "it"
        if not acquired:
            ever = "had" if whoever == "nobody" else "had never"
            sentence = f"{claim}, but {whoever} {ever} begun to acquire it"
            return Finding("release of what is not held", sentence, (culprit,))
        released = [o for o in mine if o.f == "release" and end(o) < culprit.call]
        for before in sorted(released, key=end, reverse=True):
            if all(end(o) < before.call for o in acquired):
                nobody = "nobody had" if whoever == "nobody" else "it had not"
                sentence = (
                    f"{claim}, but {self._named(before)} had released it by {self.ended(before)}, "
                    f"and {nobody} begun to acquire it again"
                )
                return Finding("release of what is not held", sentence, (before, culprit))
        return None
