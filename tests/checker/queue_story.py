"""Operations on a queue, one after another unless they are said to overlap."""

from __future__ import annotations

from checker.delivery.judging import check_total_queue
from histories.event import Operation, Outcome

OK, FAIL, INFO = Outcome.OK, Outcome.FAIL, Outcome.INFO


class Story:
    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.at = 0

    def _add(self, f, value, output, outcome, span, by, error="timeout") -> Story:
        call, ret = span or (self.at, self.at + 1)
        self.at = max(self.at, ret + 1)
        done = None if outcome is INFO else ret
        process = len(self.operations) + 100 if by is None else by
        self.operations.append(
            Operation(
                *(call, done, process, f, None, value, output, outcome),
                *(call * 10**6, None if done is None else done * 10**6, "n1"),
                None if outcome is OK else error,
            )
        )
        return self

    def enqueue(self, value, outcome=OK, span=None, by=None) -> Story:
        return self._add("enqueue", value, value, outcome, span, by)

    def receive(self, value=None, outcome=OK, span=None, by=None, hold=None) -> Story:
        if hold is not None:
            value = {"element": value, "invisible_ms": hold}
        return self._add("receive", None, value, outcome, span, by)

    def dequeue(self, value=None, outcome=OK, span=None, by=None, error="timeout") -> Story:
        return self._add("dequeue", None, value, outcome, span, by, error)

    def acknowledge(self, value=None, outcome=OK, span=None, by=None, named=True) -> Story:
        return self._add("acknowledge", value if named else None, value, outcome, span, by)

    def drain(self, *values, outcome=OK, span=None) -> Story:
        return self._add("drain", None, list(values), outcome, span, None)

    def drained(self, outcome=OK, span=None) -> Story:
        return self._add("drained", None, None, outcome, span, None)

    def verdicts(self) -> tuple[str, str]:
        """Of at least once, and of exactly once."""
        return tuple(str(row.verdict) for row in check_total_queue(self.operations).promises)

    def kinds(self) -> list[str]:
        return [one.kind for one in check_total_queue(self.operations).violations]
