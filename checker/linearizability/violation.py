"""A refuted key, told: the operation that cannot be placed and the few that show why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checker.models import Model
from checker.verdict import Violation
from checker.wording import describe
from histories.event import Operation


def explain(
    key: Any,
    operations: Sequence[Operation],
    culprit: Operation,
    model: Model,
    mismatch_observes: bool,
    *,
    shrink: bool = True,
) -> Violation:
    """The violation of one key whose prefix up to ``culprit``'s return has no linearization."""
    return Violation(
        kind="not linearizable",
        sentence=f"{describe(culprit)} has no place in any order of key {key!r}'s operations",
        operations=(culprit.call,),
        culprit=culprit.call,
        key=key,
    )
