"""Which session guarantee is decided how, by the model of the history."""

from __future__ import annotations

from checker.consistency.causal_registers import causal_by_registers
from checker.consistency.causal_sets import causal_by_sets
from checker.consistency.kept import Kept
from checker.consistency.promise import CAUSAL
from checker.consistency.session_counters import kept_by_counters
from checker.consistency.session_registers import kept_by_registers
from checker.consistency.session_sets import kept_by_sets
from checker.consistency.sessions import Sessions
from checker.consistency.writes import Writes


def guarantee(sessions: Sessions, promise: str) -> Kept:
    """Whether a session guarantee, or causality, is kept, with what breaks it or why that cannot
    be said."""
    model, causal = sessions.model, promise == CAUSAL
    if model.family == "register":
        writes = Writes.of(sessions)
        return causal_by_registers(writes) if causal else kept_by_registers(writes, promise)
    if model.name == "set":
        return causal_by_sets(sessions) if causal else kept_by_sets(sessions, promise)
    if model.name == "counter":
        return kept_by_counters(sessions, promise)
    return Kept(
        (),
        f"what a session saw of others is told apart in registers, sets and counters, not in "
        f"the model {model.name!r}",
    )
