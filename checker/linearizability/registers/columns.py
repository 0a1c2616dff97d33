"""Columns of a table as effects on a register, by key: kernels over whole columns.

The functions are plain Python; ``checker/linearizability/compilation.py`` gives the same source
to numba.
"""

from __future__ import annotations

from checker.linearizability.registers.layout import (
    CAS,
    DIFFERS,
    NOTHING,
    READ,
    WRITE,
    Array,
)

OK, FAIL = 0, 1
NO_VALUE = -1
"""As in ``histories.table``."""


def fill_effects(
    kinds: Array,
    observed: Array,
    nil_answers: bool,
    f: Array,
    outcome: Array,
    input_: Array,
    input2: Array,
    output: Array,
    output2: Array,
    error: Array,
    kind: Array,
    expected: Array,
    new: Array,
) -> int:
    """Fill ``kind``, ``expected``, ``new``; how many values are pairs, still to be numbered.

    ``kinds`` by function, ``observed`` (whether a failed compare-and-set found another value)
    by error.
    """
    pairs = 0
    for row in range(len(f)):
        what = kinds[f[row]]
        how = outcome[row]
        effect = NOTHING
        before = after = 0
        if what == READ:
            if how == OK and (nil_answers or output[row] != 0 or output2[row] != NO_VALUE):
                effect = READ
                before = output[row]
                pairs += output2[row] != NO_VALUE
        elif what == WRITE:
            if how != FAIL:
                effect = WRITE
                after = input_[row]
                pairs += input2[row] != NO_VALUE
        elif what == CAS:
            before = input_[row]
            if how != FAIL:
                effect = CAS
                after = input2[row]
            elif observed[error[row]]:
                effect = DIFFERS
            else:
                before = 0
        kind[row] = effect
        expected[row] = before
        new[row] = after
    return pairs


def group(kind: Array, key: Array, rows: Array, starts: Array) -> None:
    """Rows that assert or do something, by key, in order of call: a counting sort.

    Those of key k come to lie at ``rows[starts[k]:starts[k+1]]``; ``starts`` is zero at first
    and two longer than there are keys.
    """
    for row in range(len(key)):
        if kind[row] != NOTHING:
            starts[key[row] + 2] += 1
    for one in range(2, len(starts)):
        starts[one] += starts[one - 1]
    for row in range(len(key)):
        if kind[row] != NOTHING:
            at = starts[key[row] + 1]
            rows[at] = row
            starts[key[row] + 1] = at + 1
