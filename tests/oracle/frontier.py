"""An independent engine without any pruning, for histories too long for brute force.

Breadth first over events: the set of all (linearized open operations, state) pairs that
are possible after each event. Every completed and every open operation is tracked for
itself, so a dozen open ones is the most it can take.
"""

from __future__ import annotations

from collections.abc import Sequence

from brute import apply, relevant

from histories.event import Operation


def is_linearizable(operations: Sequence[Operation], mismatch_observes: bool = True) -> bool:
    """Whether one key's history, starting at None, has a linearization."""
    return first_stuck(operations, mismatch_observes) is None


def first_stuck(
    operations: Sequence[Operation], mismatch_observes: bool = True
) -> Operation | None:
    """The first completion no prefix can place, None when the history is linearizable."""
    kept = [o for o in operations if relevant(o, mismatch_observes)]
    events = sorted(
        [(o.call, 0, o) for o in kept] + [(o.ret, 1, o) for o in kept if o.ret is not None],
        key=lambda event: event[:2],
    )
    open_: dict[int, Operation] = {}
    configurations: set[tuple[frozenset[int], object]] = {(frozenset(), None)}
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
                    for after in apply(state, other):
                        successor = (placed | {call}, after)
                        if successor not in seen:
                            seen.add(successor)
                            todo.append(successor)
        me = operation.call
        configurations = {(placed - {me}, state) for placed, state in seen if me in placed}
        del open_[me]
        if not configurations:
            return operation
    return None
