"""What arguments about an operation have in common: its key's history, and when things were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checker.linearizability.relaxation import Relaxer
from checker.wording import noun, precise_seconds
from histories.event import Operation
from histories.table import NEVER


@dataclass(frozen=True, slots=True)
class Finding:
    """An argument: its kind, its sentence, and the operations it speaks of."""

    kind: str
    sentence: str
    context: tuple[Operation, ...]


class Telling:
    """The culprit among the operations of its key.

    ``whole``: these are all of them. Otherwise they are what sound relaxations left, and
    sentences claim no more than that. ``others`` are those that assert something and had begun
    when the culprit returned; only they can have to do with it.
    """

    def __init__(
        self, culprit: Operation, operations: Sequence[Operation], relaxer: Relaxer, whole: bool
    ) -> None:
        assert culprit.ret is not None
        self.culprit = culprit
        self.all = operations
        self.relaxer = relaxer
        self.whole = whole
        self.ret: int = culprit.ret
        self.timeless = not any(o.call_ns or o.ret_ns for o in operations)
        self.others = [
            o
            for o in operations
            if o.call != culprit.call
            and o.call <= self.ret
            and o.process >= 0
            and relaxer.effect(o) is not None
        ]

    def finding(self) -> Finding | None:
        """The simplest argument against the culprit, if there is one."""
        return None

    def began(self, operation: Operation) -> str:
        """When an operation was called: a time, or in a history without times an event."""
        return self._moment(operation.call, operation.call_ns)

    def ended(self, operation: Operation) -> str:
        """When an operation returned; only for those that did."""
        return self._moment(operation.ret or 0, operation.ret_ns or 0)

    def did(self, operation: Operation) -> str:
        """``process 1's enqueue of 7 (acknowledged at 0.41 s)``, or what else became of it."""
        end = f"acknowledged at {self.ended(operation)}"
        if operation.ret is None:
            end = f"begun at {self.began(operation)}, outcome unknown"
        return f"process {operation.process}'s {noun(operation)} ({end})"

    def at(self) -> str:
        """When and where the culprit returned: ``at 2.81 s on n2``."""
        node = f" on {self.culprit.node}" if self.culprit.node else ""
        return f"at {self.ended(self.culprit)}{node}"

    def _moment(self, index: int, time_ns: int) -> str:
        if self.timeless:
            return f"event {index}"
        # Enough decimals to tell it from the culprit's own times.
        return precise_seconds(time_ns, self.culprit.call_ns, self.culprit.ret_ns or 0)[0]


def end(operation: Operation) -> int:
    """The event at which an operation returned, NEVER for one that did not."""
    return NEVER if operation.ret is None else operation.ret
