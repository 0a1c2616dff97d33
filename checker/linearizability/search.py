"""Decides linearizability of a history: an engine, its evidence, and one result."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from checker.linearizability.broken import BrokenSearch
from checker.linearizability.certificate import Certificate
from checker.linearizability.decision import MEMORY_BYTES_MAX, Budget, Decision, Status
from checker.linearizability.fit import check_fit
from checker.linearizability.recheck import recheck
from checker.linearizability.refutation import Refutation
from checker.linearizability.violation import explain
from checker.models import MODELS, Model
from checker.reading import SPLITBRAIN, Reading
from checker.verdict import Result, Verdict, Violation
from checker.wording import describe, plural, show
from histories.event import Operation
from histories.table import FAIL, INFO, Operations, Table, table_of

if TYPE_CHECKING:
    Engine = Callable[[Table, Model, Reading, Budget], Decision]

WITNESS_FUEL = 20_000
"""Configurations a candidate witness gets; one that is not refuted by then is not used."""
_REFUTED, _LINEARIZED = int(Status.REFUTED), int(Status.LINEARIZED)
"""Looking up a member of an enumeration costs as much as comparing a hundred keys."""
EXPLAINED_MAX = 5
"""Refuted keys whose witness is shrunk; the others are only named."""


def linearizable(
    operations: Sequence[Operation] | Table,
    model: str | Model = "cas-register",
    *,
    reading: Reading = SPLITBRAIN,
    time_limit_s: float | None = None,
    memory_limit_mb: float | None = None,
    max_configurations: int | None = None,
    jobs: int = 1,
    explained: bool = True,
    tick: Callable[[int, int, int], None] | None = None,
) -> Result:
    """Decide whether some legal order of ``operations`` respects the order of real time.

    VALID carries a certificate that ``verify`` accepts; INVALID a violation for each refuted
    key and the few operations that prove it (``explained=False`` leaves both out); UNKNOWN
    says which keys are undecided, why, and how far each was verified. ``reading`` says how
    outcomes are read where tools differ (``checker/reading.py``). ``time_limit_s`` bounds the
    search; ``memory_limit_mb`` what it keeps (2 GiB unless given), ``max_configurations`` what
    it expands for one key. ``jobs`` threads share the keys of registers from 50,000 operations
    on, in the first round of the search; all else is one thread's. ``tick(keys done, completions
    verified, configurations)`` is called now and then.

    Locality (Herlihy & Wing 1990, section 3.3): a history is linearizable iff that of each
    key is, unless the model says that its keys belong together. Keys take turns with growing
    budgets, so a hard one starves no other, and one refuted key settles the verdict.

    ``search_seconds`` of the result runs from the columns to the verdict and, when it is
    VALID, to a certificate that was checked once more; telling what a refutation means comes
    after that, as ``explain_seconds``. Raises HistoryError for operations that the model does
    not have, KeyError for an unknown model.

    >>> from histories.event import Operation, Outcome
    >>> def did(call, ret, process, f, value=None, answer=None):
    ...     return Operation(call, ret, process, f, "x", value, answer, Outcome.OK, 0, 0)
    >>> linearizable([did(0, 2, 0, "write", 1), did(1, 3, 1, "read", answer=1)]).verdict
    <Verdict.VALID: 'valid'>
    >>> linearizable([did(0, 1, 0, "write", 1), did(2, 3, 1, "read")]).verdict
    <Verdict.INVALID: 'invalid'>
    """
    definition = MODELS[model] if isinstance(model, str) else model
    table = table_of(operations)
    check_fit(table, definition)
    engine = _engine(definition)
    memory = MEMORY_BYTES_MAX if memory_limit_mb is None else int(memory_limit_mb * 2**20)
    started = time.perf_counter()
    deadline = None if time_limit_s is None else started + time_limit_s
    budget = Budget(deadline, memory, max_configurations, jobs, tick)
    decision = engine(table, definition, reading, budget)
    status = decision.status
    certificate: Certificate | Refutation | None = None
    if np.count_nonzero(status == _LINEARIZED) == len(status):
        certificate = Certificate.of(table, decision, definition, reading)
        problem = recheck(table, decision, certificate, definition, reading, budget)
        if problem is not None:
            raise _broken(problem)
    search_seconds = time.perf_counter() - started - budget.compiling_seconds
    refuted = np.flatnonzero(status == _REFUTED)
    undecided = np.flatnonzero((status != _REFUTED) & (status != _LINEARIZED))
    keys = int(np.count_nonzero(np.bincount(table.key, minlength=1)))
    violations: list[Violation] = []
    reason: str | None = None
    if len(refuted):
        verdict = Verdict.INVALID
        if explained:
            violations = _violations(table, decision, refuted, definition, reading, engine)
            certificate = Refutation.of(definition, reading, violations)
            reason = violations[0].sentence
            if len(refuted) > 1:
                reason += f" ({plural(len(refuted), 'key')} of {keys:,} are refuted)"
    elif len(undecided):
        verdict = Verdict.UNKNOWN
        told = [_undecided(table, decision, key, definition, budget) for key in undecided[:3]]
        reason = "; ".join(told)
        if len(undecided) > 3:
            reason += f"; and {len(undecided) - 3:,} keys more"
    else:
        verdict = Verdict.VALID
    return Result(
        verdict=verdict,
        model=definition.name,
        algorithm=", ".join(decision.algorithms),
        operations=len(table),
        keys=keys,
        reason=reason,
        search_seconds=search_seconds,
        explain_seconds=time.perf_counter() - started - search_seconds - budget.compiling_seconds,
        violations=tuple(violations),
        certificate=certificate,
        statistics={
            "configurations": int(decision.expanded.sum()),
            "indeterminate": int(np.count_nonzero(table.outcome == INFO)),
            "failed": int(np.count_nonzero(table.outcome == FAIL)),
            "reading": reading.name,
            "undecided_keys": len(undecided),
            "refuted_keys": len(refuted),
        },
    )


def _engine(model: Model) -> Engine:
    """The engine of a model's family; each is imported when it is needed."""
    if model.family == "register":
        from checker.linearizability.registers.decide import decide

        return decide
    from checker.linearizability.objects.decide import decide as decide_object

    return decide_object


def _broken(problem: str) -> BrokenSearch:
    return BrokenSearch(
        f"the search found an order that the verifier rejects: {problem}. This is an error in "
        "splitbrain, not in the system tested; please report it with the history."
    )


def _violations(
    table: Table,
    decision: Decision,
    refuted: Any,
    model: Model,
    reading: Reading,
    engine: Engine,
) -> list[Violation]:
    """What is wrong with each refuted key, the earliest impossible completion first."""

    def is_refuted(operations: Sequence[Operation]) -> bool:
        budget = Budget(configurations=WITNESS_FUEL)
        found = engine(table_of(operations), model, reading, budget)
        return bool((found.status == Status.REFUTED).any())

    stuck = decision.stuck[refuted]
    ordered = refuted[np.argsort(table.ret[stuck], kind="stable")]
    rows_of = table.rows_by_key() if model.by_key else [np.arange(len(table))]
    violations = []
    for number, key in enumerate(ordered.tolist()):
        clusters = decision.clusters.get(key, ())
        violations.append(
            explain(
                table.keys[key] if model.by_key else None,
                Operations(table.take(rows_of[key])),
                table.operation(int(decision.stuck[key])),
                model,
                reading,
                is_refuted,
                full=number < EXPLAINED_MAX,
                clusters=[-1 if row < 0 else int(table.call[row]) for row in clusters],
            )
        )
    return violations


def _undecided(table: Table, decision: Decision, key: int, model: Model, budget: Budget) -> str:
    """A sentence: why a key is undecided, and how far it is verified."""
    why = {
        Status.TIME: "the time allowed is used up",
        Status.MEMORY: f"the memory allowed ({budget.memory_bytes >> 20:,} MiB) is used up",
        Status.CONFIGURATIONS: f"the {budget.configurations or 0:,} configurations allowed "
        "are used up",
    }.get(Status(int(decision.status[key])), "another key was refuted first")
    name = f"key {show(table.keys[key])}: " if model.by_key and len(table.keys) > 1 else ""
    own = table.key == key if model.by_key else np.ones(len(table), np.bool_)
    if decision.stuck[key] < 0:
        return f"{name}{why} before its search began"
    completed = int(np.count_nonzero(own & (table.outcome != INFO)))
    stuck = table.operation(int(decision.stuck[key]))
    return (
        f"{name}{why} after {int(decision.expanded[key]):,} configurations; verified are the "
        f"first {int(decision.verified[key]):,} completions of {completed:,}, up to "
        f"{describe(stuck)}"
    )
