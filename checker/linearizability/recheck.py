"""Has every order that a search finds checked once more before anybody is told of it."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from checker.linearizability import retracing, retracing_texts
from checker.linearizability.certificate import Certificate
from checker.linearizability.decision import Budget, Decision
from checker.linearizability.verifier import verify
from checker.models.append import APPEND
from checker.models.model import Model
from checker.reading import SPLITBRAIN, Reading
from histories.table import Table, table_of

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

    ``certificate`` is made of it. Registers and appends to texts are retraced by a compiled
    kernel where numba is loaded already or the history is long (4 µs for 170 operations, some
    milliseconds for a million), all else by ``verify``, which also has the word when the kernel
    finds something wrong. What compiling takes is noted in ``budget``.
    """
    code = retracing.UNSUITED
    if len(table) > PLAIN_MAX or "numba" in sys.modules:
        if model.family == "register":
            code = _retraced(_kernels(budget).retrace, table, decision, reading)
        elif model is APPEND:
            code = _texts_retraced(_kernels(budget).retrace_texts, table, decision, reading)
    if code == retracing.FINE:
        return None
    problem = verify(table, model, certificate, reading=reading)
    if code != retracing.UNSUITED and problem is None:
        return f"the kernel stops at {code}, where the verifier sees nothing wrong"
    return problem


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


def _texts_retraced(retrace: Any, table: Table, decision: Decision, reading: Reading) -> int:
    kinds = [{"append": 1, "put": 2}.get(name, 0) for name in table.functions]
    values = table.values
    lengths = values.offsets[1:] - values.offsets[:-1]
    # Some readers hand out bytes that cannot be written; to a kernel that is another type.
    blob = values.blob.view()
    blob.flags.writeable = False
    code: int = retrace(
        np.array(kinds, np.int64),
        reading.nil_read == "nil",
        table.f,
        table.outcome,
        table.input,
        table.input2,
        table.output,
        table.output2,
        table.call,
        table.ret,
        table.key,
        values.kinds,
        values.offsets,
        blob,
        decision.order,
        decision.starts,
        np.zeros(len(table), np.int8),
        np.empty(int(lengths[table.input].sum()), np.uint8),
    )
    return code


def _kernels(budget: Budget) -> Any:
    """The compiled kernels; the first time in a process they are loaded, or compiled (1 s)."""
    global _compiled
    if _compiled is None:
        began = time.perf_counter()
        from checker.linearizability.compilation import compiled

        kernels = compiled(
            [retracing, retracing_texts],
            [retracing.retrace, retracing_texts.retrace_texts],
            allocating=False,
        )
        nothing = table_of([])
        empty = np.empty(0, np.int64)
        none = Decision(np.empty(0, np.int8), empty, np.zeros(1, np.int64), empty, empty, empty)
        _retraced(kernels.retrace, nothing, none, SPLITBRAIN)
        _texts_retraced(kernels.retrace_texts, nothing, none, SPLITBRAIN)
        _compiled = kernels
        budget.compiled(time.perf_counter() - began)
    return _compiled
