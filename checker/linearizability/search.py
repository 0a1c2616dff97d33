"""Decides linearizability of a history, key by key, under one budget."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from checker.linearizability import kernels
from checker.linearizability.broken import BrokenSearch
from checker.linearizability.certificate import certificate, verify
from checker.linearizability.engine import (
    Search,
    Status,
    compiled_kernels,
    compiled_kernels_loaded,
)
from checker.linearizability.part import compile_part
from checker.linearizability.violation import explain
from checker.models import MODELS, Model
from checker.reading import SPLITBRAIN, Reading
from checker.verdict import Result, Verdict, Violation
from checker.wording import describe, plural
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.event import Operation, Outcome
from histories.table import table_of

ALGORITHM = "just-in-time depth-first"
MEMORY_BYTES_MAX = 2 << 30
"""What the configurations of all keys together may take."""
PLAIN_FUEL = 4_000
"""Configurations worth expanding in plain Python before numba is worth loading (0.3 s)."""
PLAIN_OPERATIONS_MAX = 5_000
FIRST_FUEL = 100_000
"""Configurations a key gets in the first round; four times as many in each later one."""
WITNESS_FUEL = 20_000
"""Configurations a candidate witness gets; one that is not refuted by then is not used."""
HARD = 5_000
"""Configurations after which a part with open operations is tried with these unlimited."""
UNLIMITED_FUEL = 50_000
CHUNK = 20_000
"""Configurations between looks at the clock."""
EXPLAINED_MAX = 5
"""Refuted keys whose witness is shrunk; the others are only named."""


def linearizable(
    operations: Sequence[Operation],
    model: str = "cas-register",
    *,
    reading: Reading = SPLITBRAIN,
    time_limit_s: float | None = None,
    max_configurations: int | None = None,
) -> Result:
    """Decide whether some legal order of ``operations`` respects the order of real time.

    VALID carries a certificate, re-checked by ``certificate.verify`` before it is returned;
    INVALID one violation a refuted key; UNKNOWN says which keys are undecided, why, and how
    far each was verified. ``reading`` says how outcomes are read where tools differ
    (``checker/reading.py``).
    ``time_limit_s`` bounds the search, ``max_configurations`` what is expanded for one key;
    memory is always bounded (2 GiB).

    Locality (Herlihy & Wing 1990, section 3.3): a history is linearizable iff that of
    each key is. Keys take turns with growing budgets, so a hard one starves no other, and
    rounds end once a key is refuted. Raises HistoryError for operations the model does
    not have, KeyError for an unknown model.
    """
    definition = MODELS[model]
    _check_fit(operations, definition)
    compiled_wanted = len(operations) > PLAIN_OPERATIONS_MAX or compiled_kernels_loaded()
    functions = compiled_kernels() if compiled_wanted else kernels
    started = time.perf_counter()
    run = _Run(
        definition,
        reading,
        started,
        None if time_limit_s is None else started + time_limit_s,
        max_configurations,
        functions,
    )
    operations = sorted(operations, key=lambda operation: operation.call)
    table = table_of(operations)
    for key, rows in zip(table.keys, table.rows_by_key(), strict=True):
        chosen = [operations[row] for row in rows.tolist()]
        if not chosen:
            continue
        run.parts.append(_Part(key, chosen))
    run.decide()
    return run.result(operations)


@dataclass(slots=True)
class _Part:
    """A key, its operations, and what is known of it so far."""

    key: Any
    operations: list[Operation]
    search: Search | None = None
    status: Status = Status.OPEN
    why: str = ""
    order: list[Operation] | None = None
    stuck: Operation | None = None
    verified: int = 0
    expanded: int = 0
    relaxed: bool = False

    def close(self) -> None:
        """Keep what was learned, and let go of the search's memory."""
        assert self.search is not None
        self.expanded = self.search.expanded
        self.stuck = self.search.stuck
        self.verified = self.search.deepest
        if self.status is Status.LINEARIZED:
            self.order = self.search.order()
        self.search = None


@dataclass(slots=True)
class _Run:
    """All keys of one history, taking turns."""

    model: Model
    reading: Reading
    started: float
    deadline: float | None
    max_configurations: int | None
    functions: ModuleType
    parts: list[_Part] = field(default_factory=list)
    plain_fuel: int = PLAIN_FUEL
    compiling_seconds: float = 0.0

    def decide(self) -> None:
        """Rounds over the undecided keys with growing fuel, until a verdict or a budget's end."""
        undecided = self.parts
        fuel = FIRST_FUEL
        while undecided:
            for part in undecided:
                self._attempt(part, fuel)
            refuted = any(part.status is Status.REFUTED for part in self.parts)
            for part in undecided:
                if part.search is not None and refuted:
                    part.why = "another key was refuted first"
                    part.close()
            undecided = [part for part in undecided if part.search is not None]
            fuel *= 4

    def _attempt(self, part: _Part, fuel: int) -> None:
        if part.search is None:
            part.search = Search.over(compile_part(part.operations, self.model, self.reading))
        search = part.search
        limit = search.expanded + fuel
        if self.max_configurations is not None:
            limit = min(limit, self.max_configurations)
        part.status = search.status
        while part.status is Status.OPEN and search.expanded < limit and not self._late():
            before = search.expanded
            if before >= HARD and not part.relaxed:
                part.relaxed = True
                if self._refuted_unlimited(part):
                    return
            chunk = min(HARD if before < HARD else CHUNK, limit - before)
            if self.functions is kernels:
                chunk = min(chunk, self.plain_fuel)
            others = sum(
                other.search.memory_bytes
                for other in self.parts
                if other.search is not None and other is not part
            )
            part.status = search.run(self.functions, chunk, MEMORY_BYTES_MAX - others)
            if self.functions is kernels:
                self.plain_fuel -= search.expanded - before
                if self.plain_fuel <= 0:
                    self._compile()
        if part.status is Status.FULL:
            part.why = f"the memory allowed ({MEMORY_BYTES_MAX >> 20} MiB) is used up"
        elif part.status is Status.OPEN:
            if self._late():
                part.why = "the time allowed is used up"
            elif search.expanded == self.max_configurations:
                part.why = f"the {self.max_configurations:,} configurations allowed are used up"
            else:
                return
        part.close()

    def _refuted_unlimited(self, part: _Part) -> bool:
        """Close the part as refuted if it is so even with open operations never used up.

        The completion it is stuck at then need not be the first that cannot be placed, but
        the prefix up to it is refuted all the same.
        """
        assert part.search is not None
        compiled = part.search.compiled
        if not compiled.members:
            return False
        search = Search.over(compiled, unlimited=True)
        spare = MEMORY_BYTES_MAX - part.search.memory_bytes
        if search.run(self.functions, UNLIMITED_FUEL, spare) is not Status.REFUTED:
            return False
        part.search = search
        part.status = Status.REFUTED
        part.close()
        return True

    def _compile(self) -> None:
        """Go over to compiled kernels; the time that takes is not the search's."""
        began = time.perf_counter()
        self.functions = compiled_kernels()
        took = time.perf_counter() - began
        self.compiling_seconds += took
        if self.deadline is not None:
            self.deadline += took

    def _late(self) -> bool:
        return self.deadline is not None and time.perf_counter() >= self.deadline

    def refuted(self, operations: Sequence[Operation]) -> bool:
        """Whether one key's history is surely not linearizable, in a small budget."""
        compiled = compile_part(operations, self.model, self.reading)
        search = Search.over(compiled)
        return search.run(self.functions, WITNESS_FUEL, MEMORY_BYTES_MAX) is Status.REFUTED

    def result(self, operations: Sequence[Operation]) -> Result:
        """What all parts together mean."""
        evidence: dict[str, Any] | None = None
        refuted = [part for part in self.parts if part.status is Status.REFUTED]
        unknown = [
            part
            for part in self.parts
            if part.status is not Status.REFUTED and part.status is not Status.LINEARIZED
        ]
        violations: list[Violation] = []
        reason = None
        if refuted:
            verdict = Verdict.INVALID
            for number, part in enumerate(refuted):
                assert part.stuck is not None
                violations.append(
                    explain(
                        part.key,
                        part.operations,
                        part.stuck,
                        self.model,
                        self.reading,
                        self.refuted,
                        full=number < EXPLAINED_MAX,
                    )
                )
            reason = violations[0].sentence
            if len(refuted) > 1:
                reason += f" ({plural(len(refuted), 'key')} of {len(self.parts)} are refuted)"
        elif unknown:
            verdict = Verdict.UNKNOWN
            reason = "; ".join(_undecided(part) for part in unknown[:3])
            if len(unknown) > 3:
                reason += f"; and {len(unknown) - 3} keys more"
        else:
            verdict = Verdict.VALID
            orders = [(part.key, part.order or []) for part in self.parts]
            evidence = certificate(self.model.name, self.reading, orders)
            problem = verify(operations, self.model.name, evidence, reading=self.reading)
            if problem is not None:
                raise BrokenSearch(
                    f"the search found an order that the verifier rejects: {problem}. "
                    "This is an error in splitbrain, not in the system tested; please report it "
                    "with the history."
                )
        return Result(
            verdict=verdict,
            model=self.model.name,
            algorithm=ALGORITHM,
            operations=len(operations),
            keys=len(self.parts),
            reason=reason,
            search_seconds=time.perf_counter() - self.started - self.compiling_seconds,
            violations=tuple(violations),
            certificate=evidence,
            statistics={
                "configurations": sum(part.expanded for part in self.parts),
                "indeterminate": sum(o.outcome is Outcome.INFO for o in operations),
                "failed": sum(o.outcome is Outcome.FAIL for o in operations),
                "reading": self.reading.name,
                "compiled": self.functions is not kernels,
                "undecided_keys": len(unknown),
                "refuted_keys": len(refuted),
            },
        )


def _undecided(part: _Part) -> str:
    """A sentence: why a key is undecided, and how far it is verified."""
    completed = sum(operation.ret is not None for operation in part.operations)
    if part.stuck is None:
        return f"key {part.key!r}: {part.why} before its search began"
    return (
        f"key {part.key!r}: {part.why} after {part.expanded:,} configurations; verified are "
        f"the first {part.verified} completions of {completed}, up to {describe(part.stuck)}"
    )


def _check_fit(operations: Sequence[Operation], model: Model) -> None:
    problems = []
    for operation in operations:
        if (misfit := model.misfit(operation)) is not None:
            problems.append(
                Problem(
                    f"event {operation.call}",
                    f"{misfit}.",
                    f"The model {model.name!r} has {', '.join(model.functions)}; "
                    "name another model, or mend the history.",
                )
            )
            if len(problems) >= PROBLEMS_MAX:
                break
    if problems:
        raise HistoryError(problems)
