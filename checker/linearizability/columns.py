"""Finding values among those of a table without decoding them all."""

from __future__ import annotations

from collections.abc import Collection, Hashable

import numpy as np
import numpy.typing as npt

from histories.canonical import canonical
from histories.values import INTEGER, NIL, OTHER, TEXT, Values


def numbers_of_values(
    values: Values, wanted: Collection[Hashable], among: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """The numbers of those of ``values`` that are among ``wanted`` (canonical).

    ``among``: bool[V], numbers that matter. Of these integers are compared as a column, texts
    are decoded if their length fits, and the rest (lists, floats …) always.
    """
    kinds = values.kinds
    found = [np.flatnonzero((kinds == NIL) & among)] if None in wanted else []
    integers = [v for v in wanted if type(v) is int and -(2**63) <= v < 2**63]
    if integers:
        equal = np.isin(values.numbers, np.array(integers, np.int64))
        found.append(np.flatnonzero(equal & (kinds == INTEGER) & among))
    lengths = {len(v.encode("utf-8", "surrogatepass")) for v in wanted if isinstance(v, str)}
    maybe = kinds == OTHER
    if lengths:
        maybe |= (kinds == TEXT) & np.isin(np.diff(values.offsets), list(lengths))
    decoded = np.flatnonzero(maybe & among).tolist()
    found.append(np.array([n for n in decoded if canonical(values[n]) in wanted], np.int64))
    return np.concatenate(found)
