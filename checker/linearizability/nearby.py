"""Which operations of a long history an argument about one of them can need."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from checker.linearizability.columns import rows_naming
from checker.linearizability.relaxation import Relaxer
from histories.canonical import canonical
from histories.event import Operation
from histories.table import NEVER, Table

ALL_MAX = 4_000
"""Operations up to which all of them are taken."""
NEAR_MAX = 8_000
AFTER = 4_000
"""Operations after the culprit that are looked at: who saw what later only names a violation."""
ARGUED_MAX = 150_000
"""More operations than this are not all made into objects for an argument (0.6 s)."""


def rows_to_argue(
    table: Table, culprit: Operation, relaxer: Relaxer, *, all_max: int = ALL_MAX
) -> npt.NDArray[np.int64] | None:
    """Rows of one key among which ``find`` says what it would say of all; None: too many.

    Of a register these are all that name the culprit's value; what was not over when the last of
    those that could have written it began; and, because an argument may ask where a value
    seen there came from, all that name a value of these.
    """
    everything = np.arange(len(table))
    if len(table) <= all_max:
        return everything
    if relaxer.model.family == "register":
        rows = _about_a_value(table, culprit, relaxer)
        if len(rows) <= ARGUED_MAX:
            return rows
    return everything if len(table) <= ARGUED_MAX else None


def _about_a_value(table: Table, culprit: Operation, relaxer: Relaxer) -> npt.NDArray[np.int64]:
    effect = relaxer.effect(culprit)
    own = {effect.expected}
    same = rows_naming(table, own)
    begun = [
        o
        for o in (table.operation(row) for row in np.flatnonzero(same).tolist())
        if o.call != culprit.call
        and o.call <= (culprit.ret or NEVER)
        and (e := relaxer.effect(o)) is not None
        and not relaxer.model.observes(e)
        and e.new == effect.expected
    ]
    if not begun and effect.expected is not None:
        return np.flatnonzero(same)
    since = max((o.call for o in begun), default=-1)
    near = (table.ret >= since) & (table.call <= (culprit.ret or NEVER))
    at = int(np.searchsorted(table.call, culprit.call))
    near[at : at + AFTER] = True
    if np.count_nonzero(near) > NEAR_MAX:
        return np.arange(len(table))
    values = {
        canonical(value)
        for row in np.flatnonzero(near).tolist()
        for value in relaxer.aspect.values(table.operation(row))
    }
    return np.flatnonzero(near | same | rows_naming(table, values | own))
