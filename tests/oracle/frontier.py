"""An independent engine without any pruning, for histories too long for brute force.

Breadth first over events: the set of all (linearized open operations, state) pairs that
are possible after each event. Every completed and every open operation is tracked for
itself, so a dozen open ones is the most it can take.
"""

from __future__ import annotations

from collections.abc import Sequence

import semantics
from brute import DEAF

from checker.reading import SPLITBRAIN, Reading
from histories.event import Operation


class TooLarge(Exception):
    """More configurations than the oracle was allowed to keep."""


def is_linearizable(
    operations: Sequence[Operation],
    mismatch_observes: bool = True,
    *,
    model: str = "cas-register",
    reading: Reading = SPLITBRAIN,
    configurations_max: int | None = None,
) -> bool:
    """Whether one part's history has a linearization. Raises TooLarge when it is let to."""
    stuck = first_stuck(
        operations,
        mismatch_observes,
        model=model,
        reading=reading,
        configurations_max=configurations_max,
    )
    return stuck is None


def first_stuck(
    operations: Sequence[Operation],
    mismatch_observes: bool = True,
    *,
    model: str = "cas-register",
    reading: Reading = SPLITBRAIN,
    configurations_max: int | None = None,
) -> Operation | None:
    """The first completion no prefix can place, None when the history is linearizable."""
    if not mismatch_observes:
        reading = DEAF
    kept = [o for o in operations if semantics.relevant(model, o, reading)]
    events = sorted(
        [(o.call, 0, o) for o in kept] + [(o.ret, 1, o) for o in kept if o.ret is not None],
        key=lambda event: event[:2],
    )
    open_: dict[int, Operation] = {}
    configurations = {(frozenset[int](), semantics.INIT[model])}
    for _, returns, operation in events:
        if not returns:
            open_[operation.call] = operation
            continue
        seen = set(configurations)
        todo = list(configurations)
        while todo:
            placed, state = todo.pop()
            for call, other in open_.items():
                if call not in placed:
                    for after in semantics.apply(model, state, other, reading):
                        successor = (placed | {call}, after)
                        if successor not in seen:
                            seen.add(successor)
                            todo.append(successor)
                if configurations_max is not None and len(seen) > configurations_max:
                    raise TooLarge
        me = operation.call
        configurations = {(placed - {me}, state) for placed, state in seen if me in placed}
        del open_[me]
        if not configurations:
            return operation
    return None
