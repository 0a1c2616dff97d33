"""The plainest possible oracle: try every order of every choice of operations.

Rests on ``semantics.py``, which restates the models from scratch, and shares nothing with
the checker. Exponential; meant for up to eight operations or so.
"""

from __future__ import annotations

from collections.abc import Sequence

import semantics

from checker.reading import SPLITBRAIN, Reading
from histories.event import Operation

DEAF = Reading("deaf", "never", "nil")
"""Nothing that failed says anything."""


def is_linearizable(
    operations: Sequence[Operation],
    mismatch_observes: bool = True,
    *,
    model: str = "cas-register",
    reading: Reading = SPLITBRAIN,
) -> bool:
    """Whether some order works. One part: one key, or all of a model that is not by key."""
    if not mismatch_observes:
        reading = DEAF
    rest = [o for o in operations if semantics.relevant(model, o, reading)]
    return _some_order(model, reading, semantics.INIT[model], rest)


def _some_order(model: str, reading: Reading, state: object, rest: list[Operation]) -> bool:
    if all(operation.ret is None for operation in rest):
        return True
    for operation in rest:
        others = [other for other in rest if other is not operation]
        if any(other.ret is not None and other.ret < operation.call for other in others):
            continue
        for after in semantics.apply(model, state, operation, reading):
            if _some_order(model, reading, after, others):
                return True
    return False
