"""The kernels of transactions: as plain Python for small histories, compiled for all others."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from checker.transactions import (
    components,
    crossing,
    observing,
    polygraph,
    replaying,
    settling,
    tracing,
    walking,
    weaving,
)

PLAIN_STEPS_MAX = 4_000
"""Steps of a history that plain Python decides sooner than numba is loaded."""

_MODULES = (
    crossing,
    tracing,
    observing,
    components,
    walking,
    weaving,
    polygraph,
    settling,
    replaying,
)
_ENTRIES = (
    tracing.own_lists,
    tracing.bucket,
    tracing.spines,
    tracing.places,
    tracing.trace,
    observing.own_registers,
    observing.sources,
    observing.observe,
    components.link,
    components.components,
    walking.walk,
    walking.reached,
    walking.later,
    weaving.weave,
    weaving.deadlines,
    polygraph.ground,
    settling.hints,
    settling.advance,
    polygraph.relate,
    settling.take_back,
    settling.path,
    replaying.replay_lists,
    replaying.replay_registers,
    replaying.out_of_time,
)


def kernels(steps: int, compiled: bool | None = None, most: int = PLAIN_STEPS_MAX) -> Any:
    """All kernels as attributes of one object, compiled for more than ``most`` steps.

    ``compiled`` overrides what the size suggests.
    """
    if steps > most if compiled is None else compiled:
        return _compiled()
    return SimpleNamespace(**{entry.__name__: entry for entry in _ENTRIES})


@cache
def _compiled() -> Any:
    from checker.linearizability.compilation import compiled

    return compiled(_MODULES, _ENTRIES, allocating=False, inlining=False)
