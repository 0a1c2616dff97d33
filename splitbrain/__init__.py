"""splitbrain: could this system have behaved as it promises, given all that its clients saw?

The public names; each is imported when it is first used, so that the command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from splitbrain.plan import Plan
    from splitbrain.record import Health, RunRecord, Timings

__version__ = "0.1.0"

__all__ = ["Health", "Plan", "RunRecord", "Timings", "__version__"]

_HOMES = {
    "Health": "splitbrain.record",
    "Plan": "splitbrain.plan",
    "RunRecord": "splitbrain.record",
    "Timings": "splitbrain.record",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'splitbrain' has no attribute {name!r}")
