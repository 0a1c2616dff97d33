"""What state an object can have been in when an operation took effect, if it had been possible."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from checker.models.model import Model
from checker.reading import Reading
from histories.event import Operation
from histories.table import NEVER


def possible_states(
    operations: Sequence[Operation],
    culprit: Operation,
    model: Model,
    reading: Reading,
    configurations_max: int,
) -> list[Hashable] | None:
    """The states of the object at all points where ``culprit`` could have taken effect.

    That is: in all linearizations of the other operations of its key, as far as they had
    returned before it did. None when there are more than ``configurations_max`` configurations
    to try. The states are in the order they are found.
    """
    assert culprit.ret is not None
    others = [
        (o, e)
        for o in operations
        if o.call != culprit.call
        and o.call <= culprit.ret
        and (e := model.effect(o, reading)) is not None
    ]
    rets = [NEVER if o.ret is None else o.ret for o, _ in others]
    due = sum(1 << i for i, ret in enumerate(rets) if ret <= culprit.ret)
    before = sum(1 << i for i, ret in enumerate(rets) if ret < culprit.call)
    start = ((1 << len(others)) - 1, model.init)
    parents: dict[tuple[int, Hashable], list[tuple[int, Hashable]]] = {start: []}
    todo, ends = [start], []
    while todo:
        here = left, state = todo.pop()
        if not left & due:
            ends.append(here)
        earliest = min((ret for i, ret in enumerate(rets) if left >> i & 1), default=NEVER)
        for i, (operation, effect) in enumerate(others):
            if not left >> i & 1 or operation.call > earliest:
                continue
            for after in model.step(state, effect):
                reached = (left & ~(1 << i), after)
                if reached not in parents:
                    parents[reached] = []
                    todo.append(reached)
                parents[reached].append(here)
        if len(parents) > configurations_max:
            return None
    complete = set(ends)
    while ends:
        for parent in parents[ends.pop()]:
            if parent not in complete:
                complete.add(parent)
                ends.append(parent)
    # In the order of discovery, which does not depend on how states are hashed.
    found = (state for left, state in parents if not left & before and (left, state) in complete)
    return list(dict.fromkeys(found))
