"""Every order of a few transactions, where inference leaves it open which there are."""

from __future__ import annotations

from collections.abc import Hashable

from checker.transactions.columns import READ, WRITE, Transactions
from checker.transactions.edges import PROCESS, REALTIME
from histories.table import FAIL, INFO, OK

TRANSACTIONS_MAX = 64
STATES_MAX = 100_000
"""States looked at before it is given up: a second or two."""


State = dict[int, tuple[int, ...]]
"""What each key holds: of a list its elements, of a register its value alone."""


class TooMany(Exception):
    """It is not known: there are more states than may be looked at."""


def find_order(
    columns: Transactions, within: int, states_max: int = STATES_MAX
) -> list[int] | None:
    """An order of rows that explains every answer, or None if there is none.

    ``within``: PROCESS, REALTIME, or 0 for any order. What is of unknown outcome may be in it or
    not. Depth first over what was done so far and what every key holds. Raises TooMany.
    """
    rows = [t for t in range(len(columns)) if columns.outcome[t] != FAIL]
    if len(rows) > TRANSACTIONS_MAX:
        raise TooMany
    before = _before(columns, rows, within)
    needed = sum(1 << i for i, t in enumerate(rows) if columns.outcome[t] == OK)
    dead: set[tuple[int, Hashable]] = set()
    path: list[int] = []

    def go(done: int, state: State) -> bool:
        if done & needed == needed:
            return True
        name = (done, frozenset(state.items()))
        if name in dead:
            return False
        for i, t in enumerate(rows):
            if done >> i & 1 or before[i] & ~done:
                continue
            new = _run(columns, t, state)
            if new is None:
                continue
            path.append(t)
            if go(done | 1 << i, new):
                return True
            path.pop()
        dead.add(name)
        if len(dead) > states_max:
            raise TooMany
        return False

    return path if go(0, {}) else None


def _before(columns: Transactions, rows: list[int], within: int) -> list[int]:
    """For each, as bits, those that have to come before it."""
    masks = []
    for t in rows:
        mask = 0
        for i, one in enumerate(rows):
            if one == t or columns.outcome[one] == INFO:
                continue
            if within == REALTIME:
                ahead = columns.ret[one] < columns.call[t]
            elif within == PROCESS:
                ahead = (
                    columns.process[one] == columns.process[t]
                    and columns.call[one] < columns.call[t]
                )
            else:
                ahead = False
            mask |= bool(ahead) << i
        masks.append(mask)
    return masks


def _run(columns: Transactions, t: int, state: State) -> State | None:
    """The state after a transaction, None where it cannot have answered as it did."""
    new = state
    for s in columns.steps(t):
        k = int(columns.key[s])
        if columns.kind[s] == WRITE:
            value = int(columns.value[s])
            held = (*new.get(k, ()), value) if columns.lists else (value,)
            new = {**new, k: held}
        elif columns.kind[s] == READ:
            if columns.lists:
                if new.get(k, ()) != tuple(columns.seen(s)):
                    return None
            elif new.get(k, (0,)) != (int(columns.value[s]),):
                return None
    return new
