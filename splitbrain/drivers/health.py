"""How well the harness itself did, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from splitbrain.interpreter import Interpreter
from splitbrain.record import Health


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value with at least ``share`` of all at or below it; 0 of no values.

    Nearest rank, so it is always a value that was measured. Cost: one sort.
    """
    if not values:
        return 0.0
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def health(interpreter: Interpreter, lags_s: Sequence[float]) -> Health:
    """The health of a finished run from its loop lags (seconds) and its interpreter."""
    late = interpreter.lateness_ns
    return Health(
        loop_lag_ms_p99=quantile(lags_s, 0.99) * 1e3,
        loop_lag_ms_max=max(lags_s, default=0.0) * 1e3,
        lateness_ms_p50=quantile(late, 0.5) / 1e6,
        lateness_ms_p99=quantile(late, 0.99) / 1e6,
        invocations_dropped=sum(interpreter.dropped.values()),
    )
