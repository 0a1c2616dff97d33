"""A run over time in a few lines of text: rate, slowest answer, faults and findings, in columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from splitbrain.quantities import duration_text
from splitbrain.record import RunRecord
from splitbrain.report.plots.draw import found_s
from splitbrain.report.plots.series import Floats, series_of

_LEVELS = "▁▂▃▄▅▆▇█"
HEAD, ASIDE = 14, 24
COLUMNS_MAX = 64


def sparks(record: RunRecord, width: int = 100) -> Iterator[str]:
    """The lines; none of a run without operations."""
    ends = [fault.healed_ns for fault in record.faults if fault.healed_ns is not None]
    columns = max(10, min(COLUMNS_MAX, width - HEAD - ASIDE))
    whole = series_of(record.operations, max(ends, default=0), columns, points_max=0)
    if not whole.kinds:
        return
    step_s = whole.bin_s
    ok = np.sum([kind.rates[0] for kind in whole.kinds], axis=0)
    bad = np.sum([kind.rates[1] + kind.rates[2] for kind in whole.kinds], axis=0)
    slow = np.full(len(ok), np.nan)
    for kind in whole.kinds:
        if kind.bands is not None:
            slow = np.fmax(slow, kind.bands[-1])
    yield f"Over time   each column is {duration_text(round(step_s, 6))} s"
    yield _row("ok", _bars(ok), f"{ok.max():,.0f}/s at most")
    if bad.any():
        yield _row("not ok", _bars(bad), f"{bad.max():,.0f}/s at most")
    if not np.isnan(slow).all():
        # The logarithm: a stall is a thousand times what is usual.
        yield _row("slowest", _bars(np.log10(slow / np.nanmin(slow)) + 0.2), _ms(np.nanmax(slow)))
    middle = whole.edges_s[:-1]
    if record.faults:
        hurt = np.zeros(len(ok), bool)
        for fault in record.faults:
            end_s = np.inf if fault.healed_ns is None else fault.healed_ns / 1e9
            hurt |= (middle + step_s > fault.start_ns / 1e9) & (middle < end_s)
        yield _row("faults", "".join("█" if one else "·" for one in hurt), "")
    found = found_s(record)
    if found:
        places = {min(int(time_s / step_s), len(ok) - 1) for time_s in found}
        signs = "".join("▲" if place in places else "·" for place in range(len(ok)))
        yield _row("violation", signs, "")


def _row(name: str, bars: str, aside: str) -> str:
    return f"  {name:<{HEAD - 4}}  {bars}  {aside}".rstrip()


def _bars(values: Floats) -> str:
    most = float(np.nanmax(values)) if not np.isnan(values).all() else 0.0
    return "".join(_bar(float(value), most) for value in values)


def _bar(value: float, most: float) -> str:
    # Nothing is nothing: the lowest bar stands for little.
    if most <= 0 or not value > 0:
        return "·"
    return _LEVELS[min(len(_LEVELS) - 1, int(value / most * len(_LEVELS)))]


def _ms(ms: float) -> str:
    return f"{ms:,.0f} ms at most" if ms < 10_000 else f"{ms / 1000:,.1f} s at most"
