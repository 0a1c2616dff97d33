"""Decides sequential consistency: some order of all operations keeps each process's own.

Unlike linearizability it is not local: an order of each key's operations is not one of all
(Herlihy & Wing 1990, section 3.3). So:

1. A linearization is an order of all, woven together (``order.py``).
2. Registers whose writes can be told apart: inference, then a search for an order that keeps
   what is inferred (``saturation.py``, ``weaving.py``). Sets and counters: exactly.
3. One key without an order leaves the whole without one; so does a session that was denied what
   sequential consistency implies.
4. Every order, while they are few enough (``interleaving.py``).

Every order that is found is replayed by ``replay.py`` before anybody is told of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checker.consistency.counting import decide_counter
from checker.consistency.growing import decide_set, projected
from checker.consistency.interleaving import Interleaving, interleave
from checker.consistency.order import SequentialOrder
from checker.consistency.promise import GUARANTEES
from checker.consistency.refutation import (
    Rule,
    SequentialRefutation,
    elements_that_matter,
    verify_sequential_refutation,
)
from checker.consistency.registers import Found, decide_registers, refutes
from checker.consistency.replay import verify_order
from checker.consistency.saturation import MEMORY_BYTES_MAX
from checker.consistency.sessions import Sessions
from checker.consistency.shrinking import shrunk
from checker.consistency.telling import tell
from checker.consistency.violated import guarantee
from checker.consistency.writes import Writes
from checker.linearizability.broken import BrokenSearch
from checker.models.interruption import OutOfTime, within
from checker.verdict import Verdict, Violation
from checker.wording import plural

CONFIGURATIONS_MAX = 100_000
SECONDS_MAX = 60.0
"""What inference and a search may take where no time limit is given."""
KEYS_MAX = 200
"""Keys that are tried one by one."""
WHOLE_MAX = 60
"""Operations of which all orders may be worth trying for the sake of a certificate."""


@dataclass(frozen=True, slots=True)
class Sequential:
    """A verdict of VALID with its order, INVALID with what has none, or UNKNOWN with a reason."""

    verdict: Verdict
    algorithm: str
    reason: str | None = None
    certificate: SequentialOrder | SequentialRefutation | None = None
    violations: tuple[Violation, ...] = ()


def decide_sequential(
    sessions: Sessions,
    *,
    time_limit_s: float | None = None,
    memory_limit_mb: float | None = None,
    linearized: Callable[[], SequentialOrder | None] = lambda: None,
) -> Sequential:
    """Decide it. The time limit is for the search, not for the telling, the memory limit for the
    clocks of registers (``saturation.py``), 1 GiB unless given.

    ``linearized`` is asked for an order, made of a linearization, when the cheaper ways have
    not decided; it has limits of its own.
    """
    limit = SECONDS_MAX if time_limit_s is None else time_limit_s
    deadline = time.perf_counter() + limit
    memory = MEMORY_BYTES_MAX if memory_limit_mb is None else int(memory_limit_mb * 2**20)
    found, algorithm = _of_model(sessions, deadline, memory)
    rule: Rule = "elements" if sessions.model.name == "set" else "reads-from"
    if found is not None and found.order is not None:
        return _valid(sessions, found.order, algorithm)
    if found is not None and found.refuted is not None:
        if sessions.model.name == "counter":
            return _refuted_counter(sessions, found.refuted, algorithm)
        return _refuted(sessions, found.refuted, rule, algorithm)
    if (order := linearized()) is not None:
        return woven(sessions, order)
    for promise in GUARANTEES:
        kept = guarantee(sessions, promise)
        if kept.violations:
            return _broken(sessions, promise, kept.violations[0])
    try:
        # A step of a user's model need not return.
        with within(lambda: deadline - time.perf_counter()):
            return _by_every_order(sessions, found, deadline, limit)
    except OutOfTime:
        tried = Interleaving(None, False, 0, 0)
        reason = _undecided(sessions, found, tried, limit)
        return Sequential(Verdict.UNKNOWN, "every order", reason)


def woven(sessions: Sessions, order: SequentialOrder) -> Sequential:
    """The verdict on a history of which a linearization is known."""
    _recheck(sessions, order)
    return Sequential(Verdict.VALID, "linearization", None, order)


def _of_model(sessions: Sessions, deadline: float, memory: int) -> tuple[Found | None, str]:
    if sessions.model.family == "register":
        writes = Writes.of(sessions)
        found = decide_registers(sessions, writes, deadline=deadline, memory_bytes=memory)
        return found, "inference"
    if sessions.model.name == "set":
        return decide_set(sessions), "chains of reads"
    if sessions.model.name == "counter":
        return decide_counter(sessions), "slots"
    return None, ""


def _valid(sessions: Sessions, order: list[int], algorithm: str) -> Sequential:
    certificate = SequentialOrder.of_steps(sessions, order)
    _recheck(sessions, certificate)
    return Sequential(Verdict.VALID, algorithm, None, certificate)


def _recheck(sessions: Sessions, order: SequentialOrder) -> None:
    problem = verify_order(sessions.table, sessions.model, order, reading=sessions.reading)
    if problem is not None:
        raise BrokenSearch(
            f"an order was found that the verifier rejects: {problem}. This is an error in "
            "splitbrain, not in the system tested; please report it with the history."
        )


def _refuted(sessions: Sessions, steps: list[int], rule: Rule, algorithm: str) -> Sequential:
    writes = Writes.of(sessions) if rule == "reads-from" else None
    witness = shrunk(steps, lambda some: _is_witness(sessions, writes, some))
    certificate = SequentialRefutation.of_steps(sessions, witness, rule)
    problem = verify_sequential_refutation(
        sessions.table, sessions.model, certificate, reading=sessions.reading
    )
    if problem == "the witness has a legal order":
        raise BrokenSearch(
            f"operations {certificate.witness.tolist()} were refuted, and have a legal order. "
            "This is an error in splitbrain, not in the system tested; please report it with the "
            "history."
        )
    violation = tell(sessions, witness, exhaustive=problem is None)
    proof = certificate if problem is None else None
    return Sequential(Verdict.INVALID, algorithm, violation.sentence, proof, (violation,))


def _is_witness(sessions: Sessions, writes: Writes | None, steps: list[int]) -> bool:
    """Whether some steps are a smaller witness, as far as that can be told quickly."""
    if writes is not None:
        closed = writes.closed(steps) == set(steps)
        return closed and refutes(sessions, steps) is not None
    matter = elements_that_matter(sessions, set(steps))
    found = decide_set(projected(sessions.of_steps(steps), matter))
    return found is not None and found.refuted is not None


def _broken(sessions: Sessions, promise: str, violation: Violation) -> Sequential:
    """A session was denied what an order of all would give it; all operations show it, if few."""
    proof = None
    if len(sessions) <= WHOLE_MAX:
        tried = interleave(sessions, configurations_max=CONFIGURATIONS_MAX)
        if tried.complete:
            everything = range(len(sessions))
            proof = SequentialRefutation.of_steps(sessions, everything, "everything")
    told = violation.sentence
    return Sequential(Verdict.INVALID, f"{promise} is broken", told, proof, (violation,))


def _refuted_counter(sessions: Sessions, steps: list[int], algorithm: str) -> Sequential:
    """Of one counter all operations are the witness, while they are few."""
    everything = range(len(sessions))
    certificate = None
    found = interleave(
        sessions, configurations_max=CONFIGURATIONS_MAX if len(sessions) <= WHOLE_MAX else 0
    )
    if found.complete:
        certificate = SequentialRefutation.of_steps(sessions, everything, "key")
    kept = [v for p in GUARANTEES for v in guarantee(sessions, p).violations]
    violation = kept[0] if kept else tell(sessions, steps, exhaustive=found.complete, whole=False)
    return Sequential(Verdict.INVALID, algorithm, violation.sentence, certificate, (violation,))


def _by_every_order(
    sessions: Sessions, found: Found | None, deadline: float, limit: float
) -> Sequential:
    keys = sorted(set(sessions.key))
    if len(keys) > 1:
        for key in keys[:KEYS_MAX]:
            own = [step for step in range(len(sessions)) if sessions.key[step] == key]
            part = sessions.of_steps(own)
            tried = interleave(part, configurations_max=CONFIGURATIONS_MAX // 10, deadline=deadline)
            if tried.complete and tried.order is None:
                return _without_order(sessions, own, "key")
    tried = interleave(sessions, configurations_max=CONFIGURATIONS_MAX, deadline=deadline)
    if tried.order is not None:
        return _valid(sessions, tried.order, "every order")
    if tried.complete:
        return _without_order(sessions, list(range(len(sessions))), "everything")
    return Sequential(Verdict.UNKNOWN, "every order", _undecided(sessions, found, tried, limit))


def _without_order(sessions: Sessions, steps: Sequence[int], rule: Rule) -> Sequential:
    certificate = SequentialRefutation.of_steps(sessions, steps, rule)
    violation = tell(sessions, steps, exhaustive=True)
    told = violation.sentence
    return Sequential(Verdict.INVALID, "every order", told, certificate, (violation,))


def _undecided(sessions: Sessions, found: Found | None, tried: Interleaving, limit: float) -> str:
    completed = sum(sessions.certain)
    reason = (
        f"neither an order of all {plural(len(sessions), 'operation')} nor a proof that there is "
        f"none was found in {plural(tried.tried, 'configuration')} (at most {limit:g} s); the "
        f"longest legal order has {max(tried.furthest, found.furthest if found else 0):,} of "
        f"{completed:,} completed operations"
    )
    if found is not None and found.too_large:
        reason += f"; with {len(sessions.steps):,} processes inference needs more memory"
    if sessions.model.family == "register" and (blurred := Writes.of(sessions).blurred):
        key, value = next(iter(blurred.items()))
        reason += (
            f"; it is decided soon where every value is written once to a key, and key "
            f"{sessions.table.keys[key]!r} was given {value!r} more than once"
        )
    return reason
