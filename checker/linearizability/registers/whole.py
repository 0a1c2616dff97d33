"""A whole history in one call, from the columns of its table to its order. A kernel."""

from __future__ import annotations

from checker.linearizability.registers.columns import fill_effects, group
from checker.linearizability.registers.keys import (
    ALLOWED,
    CONTROL,
    DONE,
    END,
    FUEL,
    UNDECIDED,
    decide_keys,
)
from checker.linearizability.registers.layout import CAS, WRITE, Arena, Array, Part
from checker.linearizability.registers.stepping import LINEARIZED, REFUTED

SKIPPED = 5
"""As ``decision.Status``: another key was refuted first."""
ELSEWHERE = -1
"""Nothing was decided; it is for those who have more time, or better evidence."""


def ambiguous(
    kind: Array, expected: Array, new: Array, rows: Array, start: int, end: int, home: Array
) -> bool:
    """Whether some value of a key is produced twice, or the initial one is; or nothing is done.

    ``home`` is -1 throughout, before and after.
    """
    twice, home[0] = start == end, 0
    for p in range(start, end):
        row = rows[p]
        if kind[row] == WRITE or (kind[row] == CAS and expected[row] != new[row]):
            twice = twice or home[new[row]] >= 0
            home[new[row]] = 0
    home[0] = -1
    for p in range(start, end):
        home[new[rows[p]]] = -1
    return twice


def decide_table(
    kinds: Array, observed: Array, nil_answers: bool, key: Array, f: Array, outcome: Array,
    input_: Array, input2: Array, output: Array, output2: Array, error: Array, call: Array,
    ret: Array, kind: Array, expected: Array, new: Array, rows: Array, starts: Array,
    home: Array, part: Part, arena: Arena, spare: Arena, control: Array, fuel: int, allowed: int,
    order: Array, ends: Array, statuses: Array, found: Array,
) -> int:  # fmt: skip
    """Decide all K keys of a table: LINEARIZED, REFUTED, or ELSEWHERE.

    From ``kinds`` to ``ret`` as in ``fill_effects`` and ``decide_keys``. Scratch, for n
    operations: ``kind`` int8[n], ``expected``, ``new`` int32[n], ``rows`` int64[n], ``starts``
    int64[K+2], ``home`` int32, -1 throughout, a place for each value; ``part`` to ``control``
    as in ``decide_keys``. At most ``fuel`` configurations are expanded, and ``allowed`` without
    getting further.

    Out: ``order`` int64[n], rows of key k from ``ends[k]`` to ``ends[k+1]``; ``statuses``
    int8[K]; ``found`` int64[4, K]: counts, stuck, verified and expanded of each.

    A key without a value that is produced twice is for the monitor, whose evidence is better.
    """
    count = len(statuses)
    starts = starts[: count + 2]
    for k in range(count + 2):
        starts[k] = 0
    pairs = fill_effects(
        kinds, observed, nil_answers, f, outcome, input_, input2, output, output2, error,
        kind, expected, new,
    )  # fmt: skip
    if pairs > 0:
        return ELSEWHERE
    group(kind, key, rows, starts)
    for k in range(count):
        if not ambiguous(kind, expected, new, rows, starts[k], starts[k + 1], home):
            return ELSEWHERE
        statuses[k] = UNDECIDED
        found[0, k] = found[2, k] = found[3, k] = 0
        found[1, k] = -1
    for number in range(CONTROL):
        control[number] = 0
    control[FUEL], control[ALLOWED], control[END] = fuel, allowed, count
    code = decide_keys(
        kind, expected, new, call, ret, rows, starts, 0, home, part, arena, spare, control,
        order, found[0], statuses, found[1], found[2], found[3],
    )  # fmt: skip
    if code not in (DONE, REFUTED):
        return ELSEWHERE
    length = 0
    ends[0] = 0
    for k in range(count):
        if statuses[k] == LINEARIZED:
            for i in range(found[0, k]):
                order[length + i] = order[starts[k] + i]
            length += found[0, k]
        elif statuses[k] == UNDECIDED:
            statuses[k] = SKIPPED
        ends[k + 1] = length
    return LINEARIZED if code == DONE else REFUTED
