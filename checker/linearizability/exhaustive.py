"""Refutes a small history by trying every order: evidence that needs no trust in the search."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from checker.models.model import Model
from checker.reading import Reading
from histories.event import Operation

OPERATIONS_MAX = 12


def some_order(operations: Sequence[Operation], model: Model, reading: Reading) -> bool:
    """Whether some order of one key's operations is legal. Exponential; for OPERATIONS_MAX or so.

    Follows the definition: an operation may come next when no other one left has returned
    before it began; the open ones may be left over. Remembers (what is left, state).
    """
    effects = [(o, model.effect(o, reading)) for o in operations]
    relevant = [(o, effect) for o, effect in effects if effect is not None]
    hopeless: set[tuple[int, Hashable]] = set()

    def reachable(left: int, state: Hashable) -> bool:
        rest = [i for i in range(len(relevant)) if left >> i & 1]
        if all(relevant[i][0].ret is None for i in rest):
            return True
        if (left, state) in hopeless:
            return False
        returns = [ret for i in rest if (ret := relevant[i][0].ret) is not None]
        for i in rest:
            operation, effect = relevant[i]
            if operation.call > min(returns):
                continue
            after = model.step(state, effect)
            if any(reachable(left & ~(1 << i), state_after) for state_after in after):
                return True
        hopeless.add((left, state))
        return False

    return reachable((1 << len(relevant)) - 1, model.init)
