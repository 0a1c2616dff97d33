"""Has every order that a search finds checked once more before anybody is told of it."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from checker.linearizability import retracing
from checker.linearizability.certificate import Certificate
from checker.linearizability.decision import Budget, Decision
from checker.linearizability.verifier import verify
from checker.models.model import Model
from checker.reading import Reading
from histories.table import Table

PLAIN_MAX = 20_000
"""Operations up to which numba is not loaded for this alone: columns do it in milliseconds."""

_compiled: Any = None


def recheck(
    table: Table,
    decision: Decision,
    certificate: Certificate,
    model: Model,
    reading: Reading,
    budget: Budget,
) -> str | None:
    """What is wrong with the orders of ``decision``, in a sentence; None when nothing is.

    ``certificate`` is made of it. Registers are retraced by a compiled kernel where numba is
    loaded already or the history is long (10 µs for 170 operations, 20 ms for a million), all
    else by ``verify``, which also has the word when the kernel finds something wrong. What
    compiling takes is noted in ``budget``.
    """
    if model.family == "register" and (len(table) > PLAIN_MAX or "numba" in sys.modules):
        code = _retraced(_kernel(budget), table, decision, reading)
        if code == retracing.FINE:
            return None
        problem = verify(table, model, certificate, reading=reading)
        if code != retracing.UNSUITED and problem is None:
            return f"the kernel stops at {code}, where the verifier sees nothing wrong"
        return problem
    return verify(table, model, certificate, reading=reading)


def _retraced(retrace: Any, table: Table, decision: Decision, reading: Reading) -> int:
    kinds = [("read", "write", "cas").index(name) for name in table.functions]
    observes = [reading.observes_mismatch(error) for error in table.errors]
    code: int = retrace(
        np.array(kinds, np.int64),
        np.array(observes, np.bool_),
        reading.nil_read == "nil",
        table.f,
        table.outcome,
        table.input,
        table.input2,
        table.output,
        table.output2,
        table.error,
        table.call,
        table.ret,
        table.key,
        decision.order,
        decision.starts,
        np.zeros(len(table), np.int8),
    )
    return code


def _kernel(budget: Budget) -> Any:
    """The compiled kernel; the first time in a process it is loaded, or compiled (0.5 s)."""
    global _compiled
    if _compiled is None:
        began = time.perf_counter()
        from checker.linearizability.compilation import compiled

        retrace = compiled([retracing], [retracing.retrace]).retrace
        nothing = [np.empty(0, dtype) for dtype in _COLUMNS]
        retrace(
            np.empty(0, np.int64),
            np.empty(0, np.bool_),
            True,
            *nothing,
            np.empty(0, np.int64),
            np.zeros(1, np.int64),
            np.empty(0, np.int8),
        )
        _compiled = retrace
        budget.compiled(time.perf_counter() - began)
    return _compiled


_COLUMNS = (
    *(np.int16, np.int8, np.int32, np.int32, np.int32, np.int32, np.int32),
    *(np.int64, np.int64, np.int32),
)
