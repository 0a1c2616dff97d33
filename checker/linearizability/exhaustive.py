"""Refutes a small history by trying every order: evidence that needs no trust in the search."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from checker.models.model import Model
from checker.reading import Reading
from histories.event import Operation
from histories.table import NEVER

OPERATIONS_MAX = 1_000
STEPS_MAX = 2_000_000
"""Steps of the model that are tried before it is too much: two seconds or so."""


def some_order(
    operations: Sequence[Operation],
    model: Model,
    reading: Reading,
    steps_max: int = STEPS_MAX,
) -> bool | None:
    """Whether some order of one key's operations is legal; None when there is too much to try.

    Follows the definition: an operation may come next when no other one left has returned
    before it began; the open ones may be left over. Remembers what was left in which state.
    Of open operations with equal effects the one called first goes first, for it can stand in
    for the others. Exponential in what overlaps.
    """
    if len(operations) > OPERATIONS_MAX:
        return None
    effects = [(o, e) for o in operations if (e := model.effect(o, reading)) is not None]
    # Numbered by return, the open ones last: what returns next is the lowest bit that is left.
    effects.sort(key=lambda one: (NEVER if one[0].ret is None else one[0].ret, one[0].call))
    completed = sum(1 << i for i, (o, _) in enumerate(effects) if o.ret is not None)
    may_follow = [
        sum(1 << i for i, (o, _) in enumerate(effects) if ret is None or o.call <= ret)
        for ret in (o.ret for o, _ in effects)
    ]
    twin = _twins(effects)
    start = ((1 << len(effects)) - 1, model.init)
    known: set[tuple[int, Hashable]] = {start}
    todo: list[tuple[int, Hashable]] = [start]
    steps = 0
    while todo:
        left, state = todo.pop()
        if not left & completed:
            return True
        candidates = left & may_follow[(left & -left).bit_length() - 1]
        while candidates:
            bit = candidates & -candidates
            candidates ^= bit
            i = bit.bit_length() - 1
            if left & twin[i]:
                continue
            steps += 1
            for after in model.step(state, effects[i][1]):
                reached = (left ^ bit, after)
                if reached not in known:
                    known.add(reached)
                    todo.append(reached)
        if steps > steps_max:
            return None
    return False


def _twins(effects: Sequence[tuple[Operation, Any]]) -> list[int]:
    """For each operation the bit of the open one called before it with the same effect, or 0."""
    latest: dict[Any, int] = {}
    twins = []
    for i, (operation, effect) in enumerate(effects):
        twins.append(1 << latest[effect] if operation.ret is None and effect in latest else 0)
        if operation.ret is None:
            latest[effect] = i
    return twins
