"""The numbers behind the drawings: operations by kind, binned over time. Bounded in size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from histories.event import Operation
from histories.table import FAIL, INFO, NEVER, OK, table_of

Floats = NDArray[np.float64]
KINDS_MAX = 6
"""More kinds of operations than this share one panel for the rest."""
BINS_MAX = 160
POINTS_MAX = 3_000
"""Of runs with more operations than this quantiles are drawn, not each operation."""
QUANTILES = (0.50, 0.95, 0.99, 1.0)
_NICE_S = tuple(n * 10.0**power for power in range(-4, 8) for n in (1, 2, 5))
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of operation: times in seconds of the run, latencies in milliseconds.

    ``ok`` and ``fail`` are arrays (n, 2) of call and latency; ``info`` is when those were called
    that were never answered. ``rates`` (3, bins) are operations a second by outcome, in order ok,
    fail, info; ``bands`` (4, bins) the quantiles of the ok ones, NaN where there was none, or
    None where each is drawn.
    """

    f: str
    ok: Floats
    fail: Floats
    info: Floats
    rates: Floats
    bands: Floats | None


@dataclass(frozen=True, slots=True)
class Whole:
    """All kinds, most frequent first; ``edges_s`` are the bins' edges, ``end_s`` the last time."""

    kinds: tuple[Series, ...]
    edges_s: Floats
    end_s: float

    @property
    def bin_s(self) -> float:
        """Seconds a bin is wide."""
        return float(self.edges_s[1] - self.edges_s[0])


def series_of(
    operations: Sequence[Operation] | Any,
    last_ns: int = 0,
    bins_max: int = BINS_MAX,
    points_max: int = POINTS_MAX,
) -> Whole:
    """The series of a run; ``last_ns`` is a time the axis has to reach, a heal for one."""
    table = table_of(operations)
    call_s = np.clip(table.call_ns / 1e9, 0.0, 365 * _DAY_S)
    answered = table.ret_ns != NEVER
    ret_s = np.where(answered, np.clip(table.ret_ns / 1e9, 0.0, 365 * _DAY_S), call_s)
    latency_ms = np.maximum(ret_s - call_s, 1e-6) * 1e3
    end_s = max([1e-3, last_ns / 1e9, *(float(a.max()) for a in (call_s, ret_s) if len(a))])
    bin_s = next((n for n in _NICE_S if end_s / n <= bins_max), end_s)
    edges_s: Floats = np.arange(int(np.ceil(end_s / bin_s)) + 1).astype(np.float64) * bin_s
    counts = np.bincount(table.f, minlength=len(table.functions))
    order = [int(f) for f in np.argsort(-counts, kind="stable") if counts[f]]
    groups = [(str(table.functions[f]), table.f == f) for f in order[:KINDS_MAX]]
    if len(order) > KINDS_MAX:
        groups[KINDS_MAX - 1 :] = [
            (f"{len(order) - KINDS_MAX + 1} other kinds", np.isin(table.f, order[KINDS_MAX - 1 :]))
        ]
    each = len(table.call) <= points_max
    kinds = []
    for name, mine in groups:
        of = {code: mine & (table.outcome == code) for code in (OK, FAIL, INFO)}
        ok, fail = (np.column_stack([call_s[of[c]], latency_ms[of[c]]]) for c in (OK, FAIL))
        ends = (ret_s[of[OK]], ret_s[of[FAIL]], call_s[of[INFO]])
        rates = np.array([np.histogram(end, edges_s)[0] for end in ends]) / bin_s
        bands = None if each else _bands(ok, edges_s)
        kinds.append(Series(name, ok, fail, call_s[of[INFO]], rates, bands))
    return Whole(tuple(kinds), edges_s, end_s)


def _bands(points: Floats, edges_s: Floats) -> Floats:
    """Quantiles (nearest rank) of the latencies called in each bin."""
    bands = np.full((len(QUANTILES), len(edges_s) - 1), np.nan)
    place = np.clip(np.searchsorted(edges_s, points[:, 0], "right") - 1, 0, bands.shape[1] - 1)
    order = np.lexsort((points[:, 1], place))
    latencies = points[order, 1]
    counts = np.bincount(place, minlength=bands.shape[1])
    starts = np.cumsum(counts) - counts
    full = counts > 0
    for row, q in enumerate(QUANTILES):
        rank = np.maximum(np.ceil(q * counts[full]).astype(int) - 1, 0)
        bands[row, full] = latencies[starts[full] + rank]
    return bands


def thinned(points: Floats, cell: float, most: int) -> Floats:
    """Of points (n, 2) in pixels the first in each cell: what lies on it would hide it anyway.

    Cells grow until at most ``most`` points are left.
    """
    kept = points
    while len(kept):
        _, first = np.unique(np.round(points / cell).astype(np.int64), axis=0, return_index=True)
        kept = points[np.sort(first)]
        if len(kept) <= most:
            break
        cell *= 1.5
    return kept
