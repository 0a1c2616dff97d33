"""Queues, told: elements lost, taken twice, out of thin air, or out of order."""

from __future__ import annotations

from collections.abc import Hashable

from checker.linearizability.telling import Finding, Telling, end
from checker.wording import plural, show
from histories.canonical import canonical
from histories.event import Operation, Outcome


class Queueing(Telling):
    """A queue, first in first out or not, and a dequeue that cannot be."""

    def finding(self) -> Finding | None:
        """Why the culprit's answer is impossible, when a few others show it."""
        if self.culprit.f != "dequeue":
            return None
        self.puts: dict[Hashable, list[Operation]] = {}
        self.takes: dict[Hashable, list[Operation]] = {}
        self.unknown: list[Operation] = []
        for operation in self.others:
            if operation.f == "enqueue":
                self.puts.setdefault(canonical(operation.input), []).append(operation)
            elif operation.outcome is Outcome.INFO:
                self.unknown.append(operation)
            elif operation.outcome is Outcome.OK and operation.output is not None:
                self.takes.setdefault(canonical(operation.output), []).append(operation)
        if self.culprit.outcome is not Outcome.OK or self.culprit.output is None:
            return self._not_empty()
        self.element = canonical(self.culprit.output)
        return self._never_put() or self._taken_twice() or self._overtaken()

    def _claim(self) -> str:
        culprit = self.culprit
        if culprit.outcome is not Outcome.OK or culprit.output is None:
            return f"process {culprit.process} found the queue empty {self.at()}"
        return f"process {culprit.process} dequeued {show(culprit.output)} {self.at()}"

    def _never_put(self) -> Finding | None:
        if self.element in self.puts or not self.whole:
            return None
        value = show(self.culprit.output)
        later = [o for o in self.all if o.f == "enqueue" and canonical(o.input) == self.element]
        failed = [o for o in later if o.outcome is Outcome.FAIL]
        if not later:
            sentence = f"{self._claim()}, but nobody ever enqueued {value}"
            return Finding("element out of thin air", sentence, (self.culprit,))
        if len(failed) == len(later):
            error = f" ({failed[0].error})" if failed[0].error else ""
            sentence = (
                f"{self._claim()}, but the only attempt to enqueue {value}, by process "
                f"{failed[0].process} at {self.ended(failed[0])}, failed{error}, and what failed "
                "must never take effect"
            )
            return Finding("aborted enqueue", sentence, (failed[0], self.culprit))
        first = next(o for o in later if o.outcome is not Outcome.FAIL)
        sentence = (
            f"{self._claim()}, before anybody began to enqueue {value}: the first to do so was "
            f"process {first.process}, at {self.began(first)}"
        )
        return Finding("element out of thin air", sentence, (self.culprit,))

    def _taken_twice(self) -> Finding | None:
        puts = self.puts.get(self.element, [])
        takes = [o for o in self.takes.get(self.element, []) if end(o) <= self.ret]
        if not puts or len(takes) < len(puts):
            return None
        value = show(self.culprit.output)
        once = f"was enqueued only {'once' if len(puts) == 1 else plural(len(puts), 'time')}"
        others = ", and ".join(
            f"process {o.process} dequeued it too, at {self.ended(o)}" for o in takes[: len(puts)]
        )
        sentence = f"{self._claim()}, but {others}, and {value} {once}, by " + " and ".join(
            f"process {o.process}" for o in puts
        )
        return Finding("dequeued twice", sentence, (*puts, *takes[: len(puts)], self.culprit))

    def _not_empty(self) -> Finding | None:
        """|- enqueue 7 -|     |- dequeue: empty -|    and no dequeue that can have taken 7."""
        left = [
            o
            for value, puts in self.puts.items()
            for o in puts
            if end(o) < self.culprit.call and not self.takes.get(value)
        ]
        if len(left) <= len(self.unknown):
            return None
        put = min(left, key=end)
        sentence = (
            f"{self._claim()}, but {show(put.input)} was in it: {self.did(put)} had ended before "
            f"that began, and nobody had begun to take {show(put.input)} out again"
        )
        if self.unknown:
            sentence += (
                f"; there were {plural(len(left), 'such element')}, and only "
                f"{plural(len(self.unknown), 'dequeue')} of unknown outcome"
            )
        return Finding("lost element", sentence, (*left[: len(self.unknown) + 1], self.culprit))

    def _overtaken(self) -> Finding | None:
        """|- enqueue 5 -|  |- enqueue 7 -|  |- dequeue 7 -|   and none has begun to take 5."""
        if self.relaxer.model.name != "fifo-queue" or self.unknown:
            return None
        puts = self.puts.get(self.element, [])
        if len(puts) != 1:
            return None
        for value, earlier in self.puts.items():
            if value == self.element or self.takes.get(value):
                continue
            first = min(earlier, key=end)
            if end(first) < puts[0].call:
                mine, other = show(self.culprit.output), show(first.input)
                sentence = (
                    f"{self._claim()}, but {other} had been enqueued before {mine}: "
                    f"{self.did(first)} had ended before process {puts[0].process} began its "
                    f"enqueue of {mine} at {self.began(puts[0])}, and nobody had begun to take "
                    f"{other} out"
                )
                return Finding("order inverted", sentence, (first, puts[0], self.culprit))
        return None
