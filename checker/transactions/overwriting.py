"""Who overwrote whom, where one that wrote a register had read from another that did, too.

If T2 read anything that T1 wrote, T2 depends on T1; and if both wrote one register, T2's version is
the later one, for else T1 would depend on T2 as well (ww), which read committed rules out. So
whoever read T1's version there was overwritten unseen by T2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.transactions.columns import WRITE
from checker.transactions.edges import RW
from checker.transactions.inferred import Edges, Inferred

PAIRS_MAX = 20_000_000
"""More are not looked at: what follows from them is left out."""


def with_overwriters(inferred: Inferred) -> Edges:
    """The edges, and those rw that follow so. Near linear while transactions are short."""
    c, owner = inferred.transactions, inferred.owner
    assert inferred.writer is not None
    keys = np.int64(max(len(c.keys), 1))
    read = np.flatnonzero(inferred.writer >= 0)
    nodes = np.int64(max(len(c), 1))
    pair = np.unique(owner[inferred.writer[read]] * nodes + owner[read])
    first, second = pair // nodes, pair % nodes
    written = np.flatnonzero((c.kind == WRITE) & (inferred.happened[owner] == 1))
    # By transaction and key, the last write of each pair; they are in order of steps.
    code = owner[written] * keys + c.key[written]
    known, last = np.unique(code[::-1], return_index=True)
    step = written[len(written) - 1 - last]
    starts = np.searchsorted(known, second * keys)
    ends = np.searchsorted(known, (second + 1) * keys)
    if int((ends - starts).sum()) > PAIRS_MAX:
        return inferred.edges
    which, place = _spread(starts, ends)
    key = known[place] % keys
    at = np.searchsorted(known, first[which] * keys + key)
    at = np.minimum(at, max(len(known) - 1, 0))
    both = known[at] == first[which] * keys + key if len(known) else np.zeros(0, np.bool_)
    version, later, key = step[at[both]], second[which[both]], key[both]
    # Whoever read those versions.
    by_version = read[np.argsort(inferred.writer[read], kind="stable")]
    seen = inferred.writer[by_version]
    starts, ends = np.searchsorted(seen, version), np.searchsorted(seen, version, "right")
    if int((ends - starts).sum()) > PAIRS_MAX:
        return inferred.edges
    which, place = _spread(starts, ends)
    reader = owner[by_version[place]]
    other = reader != later[which]
    source, target = reader[other], later[which[other]].astype(np.int32)
    return inferred.edges.joined(
        source.astype(np.int32), target, RW, key[which[other]].astype(np.int32)
    )


def _spread(starts: Any, ends: Any) -> tuple[Any, Any]:
    """For ranges the number of each, as often as it is long, and all places in them."""
    sizes = ends - starts
    which = np.repeat(np.arange(len(sizes)), sizes)
    begins = np.cumsum(sizes) - sizes
    return which, np.arange(len(which)) - begins[which] + starts[which]
