"""Every order of a few transactions, where inference leaves it open which there are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from checker.transactions.columns import NOTHING, READ, WRITE, Transactions
from checker.transactions.edges import PROCESS, REALTIME
from histories.table import FAIL, INFO, OK

TRANSACTIONS_MAX = 64
STATES_MAX = 100_000
"""States looked at before it is given up: a second or two."""


State = dict[int, tuple[int, ...]]
"""What each key holds: of a list its elements, of a register its value alone."""
Told = tuple[int, int]
"""A key and a value."""


class TooMany(Exception):
    """It is not known: there are more states than may be looked at."""


def find_order(
    columns: Transactions,
    within: int,
    states_max: int = STATES_MAX,
    *,
    among: Sequence[int] | None = None,
    snapshots: bool = False,
) -> list[int] | None:
    """An order of rows that explains every answer, or None if there is none.

    ``within``: PROCESS, REALTIME, or 0 for any order. What is of unknown outcome may be in it or
    not. Depth first over what was done so far and what every key holds. Raises TooMany.

    With ``snapshots`` an order of begins and commits, each row twice: it reads what had committed
    when it began, and nobody else that writes what it writes commits before it has.

    ``among``: of registers, these rows alone, and of their reads those that saw what none but one
    of them wrote, or what was there at first. If they have no order the whole history has none: in
    an order of all, leave the others out, and every such read sees what it saw.
    """
    rows = [t for t in range(len(columns)) if columns.outcome[t] != FAIL]
    known: set[Told] | None = None
    if among is not None:
        elsewhere = set(rows).difference(among)
        known = written(columns, among) - written(columns, elsewhere)
        rows = sorted(among)
    if len(rows) > TRANSACTIONS_MAX:
        raise TooMany
    before = _before(columns, rows, within)
    keys = [{key for key, _ in written(columns, [t])} for t in rows]
    read = [
        {int(columns.key[s]) for s in columns.steps(t) if columns.kind[s] == READ} for t in rows
    ]
    needed = sum(1 << i for i, t in enumerate(rows) if columns.outcome[t] == OK)
    dead: set[Hashable] = set()
    path: list[int] = []

    def go(begun: int, done: int, fresh: int, state: State) -> bool:
        if done & needed == needed:
            return True
        name = (begun, done, fresh, frozenset(state.items()))
        if name in dead:
            return False
        going = begun & ~done
        for i, t in enumerate(rows):
            bit = 1 << i
            if done & bit or before[i] & ~done:
                continue
            begins = snapshots and not begun & bit
            if begins or not snapshots:
                # Whoever began commits, so nobody who writes the same may begin beside it.
                if any(going >> j & 1 and keys[j] & keys[i] for j in range(len(rows))):
                    continue
                new = run(columns, t, state, known)
                if new is None:
                    continue
            elif any(fresh >> j & 1 and not keys[i] & read[j] for j in range(len(rows)) if j != i):
                # It could have begun later: whatever is committed first is nothing that it read.
                continue
            else:
                new = wrote(columns, t, state)
            path.append(t)
            if (
                go(begun | bit, done, fresh | bit, state)
                if begins
                else go(begun | bit, done | bit, 0, new)
            ):
                return True
            path.pop()
        dead.add(name)
        if len(dead) > states_max:
            raise TooMany
        return False

    return path if go(0, 0, 0, {}) else None


def written(columns: Transactions, rows: Iterable[int]) -> set[Told]:
    """Key and value of all that they wrote."""
    return {
        (int(columns.key[s]), int(columns.value[s]))
        for t in rows
        for s in columns.steps(t)
        if columns.kind[s] == WRITE
    }


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


def run(
    columns: Transactions, t: int, state: State, known: set[Told] | None = None
) -> State | None:
    """The state after a transaction, None where it cannot have answered as it did. ``known``: what
    has been read by reads that count, but for nil; None: all do."""
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
                continue
            value = int(columns.value[s])
            if known is not None and value != NOTHING and (k, value) not in known:
                continue
            if new.get(k, (NOTHING,)) != (value,):
                return None
    return new


def wrote(columns: Transactions, t: int, state: State) -> State:
    """The state after what a transaction wrote, whatever it read."""
    new = state
    for s in columns.steps(t):
        if columns.kind[s] == WRITE:
            k, value = int(columns.key[s]), int(columns.value[s])
            new = {**new, k: (*new.get(k, ()), value) if columns.lists else (value,)}
    return new
