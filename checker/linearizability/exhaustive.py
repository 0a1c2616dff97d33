"""Refutes a small history by trying every order: evidence that needs no trust in the search."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from checker.models.model import Model
from checker.reading import Reading
from histories.event import Operation
from histories.table import NEVER

OPERATIONS_MAX = 12
CONFIGURATIONS_MAX = 200_000


def some_order(
    operations: Sequence[Operation],
    model: Model,
    reading: Reading,
    configurations_max: int = CONFIGURATIONS_MAX,
) -> bool | None:
    """Whether some order of one key's operations is legal; None when there is too much to try.

    Follows the definition: an operation may come next when no other one left has returned
    before it began; the open ones may be left over. Remembers what was left in which state.
    Of open operations with equal effects the one called first goes first, for it can stand in
    for the others. Exponential in what overlaps.
    """
    effects = [(o, e) for o in operations if (e := model.effect(o, reading)) is not None]
    effects.sort(key=lambda one: one[0].call)
    calls = [o.call for o, _ in effects]
    rets = [NEVER if o.ret is None else o.ret for o, _ in effects]
    by_return = sorted((ret, i) for i, ret in enumerate(rets) if ret != NEVER)
    completed = sum(1 << i for _, i in by_return)
    twin = _twins(effects)
    start = (1 << len(effects)) - 1
    known: set[tuple[int, Hashable]] = {(start, model.init)}
    todo: list[tuple[int, Hashable]] = [(start, model.init)]
    while todo:
        left, state = todo.pop()
        if not left & completed:
            return True
        earliest = next(ret for ret, i in by_return if left >> i & 1)
        for i, (_, effect) in enumerate(effects):
            if calls[i] > earliest:
                break
            if not left >> i & 1 or left & twin[i]:
                continue
            for after in model.step(state, effect):
                reached = (left & ~(1 << i), after)
                if reached not in known:
                    known.add(reached)
                    todo.append(reached)
        if len(known) > configurations_max:
            return None
    return False


def _twins(effects: Sequence[tuple[Operation, Any]]) -> list[int]:
    """For each operation the bit of the open one before it with the same effect, 0 if none."""
    latest: dict[Any, int] = {}
    twins = []
    for i, (operation, effect) in enumerate(effects):
        twins.append(1 << latest[effect] if operation.ret is None and effect in latest else 0)
        if operation.ret is None:
            latest[effect] = i
    return twins
