"""What state an object can have been in when an operation took effect, if it had been possible."""

from __future__ import annotations

import time
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
    seconds_max: float,
) -> list[Hashable] | None:
    """The states of the object at all points where ``culprit`` could have taken effect.

    That is: in all linearizations of the other operations of its key, as far as they had
    returned before it did. None when finding them all would take longer than ``seconds_max``. The
    states are in the order they are found.
    """
    assert culprit.ret is not None
    others = [
        (o, e)
        for o in operations
        if o.call != culprit.call
        and o.call <= culprit.ret
        and (e := model.effect(o, reading)) is not None
    ]
    others.sort(key=lambda one: (NEVER if one[0].ret is None else one[0].ret, one[0].call))
    rets = [NEVER if o.ret is None else o.ret for o, _ in others]
    due = sum(1 << i for i, ret in enumerate(rets) if ret <= culprit.ret)
    before = sum(1 << i for i, ret in enumerate(rets) if ret < culprit.call)
    may_follow = [sum(1 << i for i, (o, _) in enumerate(others) if o.call <= ret) for ret in rets]
    start: tuple[int, Hashable] = ((1 << len(others)) - 1, model.init)
    parents: dict[tuple[int, Hashable], list[tuple[int, Hashable]]] = {start: []}
    todo = [start]
    ends: list[tuple[int, Hashable]] = []
    deadline = time.perf_counter() + seconds_max
    while todo:
        here = left, state = todo.pop()
        if not left & due:
            ends.append(here)
        candidates = left & may_follow[(left & -left).bit_length() - 1] if left else 0
        while candidates:
            bit = candidates & -candidates
            candidates ^= bit
            for after in model.step(state, others[bit.bit_length() - 1][1]):
                reached = (left ^ bit, after)
                if reached not in parents:
                    parents[reached] = []
                    todo.append(reached)
                parents[reached].append(here)
        if time.perf_counter() > deadline:
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
