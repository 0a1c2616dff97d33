"""The violations found so far: of each kind the first, which is told."""

from __future__ import annotations

from typing import Any

from checker.verdict import Violation
from checker.wording import precise_seconds, show_name
from histories.event import Operation

TOKEN_REUSED = "token reused"
TOKEN_WENT_BACK = "token went back"
UNGRANTED = "token never granted"
TWO_HOLDERS = "two holders"
STALE_TOKEN = "stale token accepted"
STALE_RENEWAL = "lost lease renewed"
STALE_RELEASE = "release of what is not held"
STALE_READ = "stale read"
UNWRITTEN = "value never written"
FAILED = "aborted read"

ORDER = (
    *(TOKEN_REUSED, TOKEN_WENT_BACK, UNGRANTED, TWO_HOLDERS, STALE_TOKEN),
    *(STALE_RENEWAL, STALE_RELEASE, STALE_READ, UNWRITTEN, FAILED),
)
"""Gravest first: what comes later often follows from what comes before."""
OF_EXCLUSION = frozenset({TWO_HOLDERS, STALE_RENEWAL, STALE_RELEASE})
"""What breaks mutual exclusion; all the rest breaks fencing."""


class Found:
    """Violations by kind."""

    def __init__(self) -> None:
        self._found: dict[str, Violation] = {}

    def add(
        self, kind: str, key: Any, sentence: str, culprit: Operation, *others: Operation
    ) -> None:
        """Note a violation by ``culprit``, which ``others`` show."""
        if kind not in self._found:
            calls = tuple(sorted({culprit.call, *(other.call for other in others)}))
            told = f"Lock {show_name(key)}: {sentence}"
            self._found[kind] = Violation(kind, told, calls, culprit.call, key)

    def take(self, kind: str, violation: Violation) -> None:
        """Note a violation that is told already."""
        self._found.setdefault(kind, violation)

    def violations(self) -> list[Violation]:
        """One a kind, gravest first; kinds of other checkers last."""
        known = [self._found[kind] for kind in ORDER if kind in self._found]
        return known + [v for kind, v in self._found.items() if kind not in ORDER]


def when(operation: Operation) -> str:
    """``2.81 s to 2.83 s, n2``; an open end is left open, and so is a node that is not known."""
    ends_ns = () if operation.ret_ns is None else (operation.ret_ns,)
    times = precise_seconds(operation.call_ns, *ends_ns)
    told = " to ".join(times) if ends_ns else f"from {times[0]}"
    return f"{told}, {operation.node}" if operation.node else told


def who(operation: Operation) -> str:
    """``process 3``."""
    return f"process {operation.process}"
