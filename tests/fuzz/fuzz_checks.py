"""What is asked of the checker about a history whose truth is known.

Each check gives a sentence when something is wrong, None when nothing is. ``Skipped`` ends a
check that cannot say anything of this history.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import oracle
import semantics
from fuzz_drawing import FRONTIER_MAX, Drawn

from checker import Certificate, Result, Verdict, linearizable, verify
from histories.event import Operation, Outcome

Check = Callable[[Drawn], str | None]
SECONDS_MAX = 10.0
"""What a history of the fuzz may take; the oracle decided it with a few thousand configurations."""


class Skipped(Exception):
    """The check has nothing to say of this history."""


class Undecided(Exception):
    """The checker took too long: no fault, but counted."""


def decided(drawn: Drawn, operations: Sequence[Operation], *, explained: bool = False) -> Result:
    """The checker's result. Raises Undecided."""
    itself = operations is drawn.operations
    result = drawn.kept.get(explained) if itself else None
    if result is None:
        result = linearizable(
            operations,
            drawn.model,
            reading=drawn.reading,
            time_limit_s=SECONDS_MAX,
            explained=explained,
        )
    if itself:
        drawn.kept[explained] = result
    if result.verdict is Verdict.UNKNOWN:
        raise Undecided
    return result


def verdict(drawn: Drawn) -> str | None:
    """The verdict is the truth, and a valid one comes with a certificate that holds."""
    result = decided(drawn, drawn.operations)
    expected = Verdict.VALID if drawn.valid else Verdict.INVALID
    if result.verdict is not expected:
        return f"says {result.verdict} ({result.algorithm}; {result.reason}), but it is {expected}"
    if not drawn.valid:
        return None
    assert isinstance(result.certificate, Certificate)
    return unlawful(drawn, drawn.operations, result.certificate)


def culprit(drawn: Drawn) -> str | None:
    """The completion that is accused ends a prefix that the oracle refutes; so does the witness."""
    if drawn.valid:
        raise Skipped
    result = decided(drawn, drawn.operations, explained=True)
    if not result.violations:
        return f"says {result.verdict} without a violation"
    for violation in result.violations:
        accused = [o for o in drawn.operations if o.call == violation.culprit]
        if len(accused) != 1:
            return f"accuses call {violation.culprit}, which is no operation"
        if (wrong := premature(drawn, accused[0])) is not None:
            return wrong
        if not violation.sentence.strip():
            return "gives no sentence"
    return None


def premature(drawn: Drawn, accused: Operation) -> str | None:
    """What is wrong with saying that nothing linearizes all up to the return of ``accused``."""
    end = accused.ret
    if end is None:
        return f"accuses call {accused.call}, which never completed"
    # What had been called by then. What was still open may or may not have happened yet, but
    # if it did, then it did what it is known to have done.
    prefix = [
        o if o.ret is not None and o.ret <= end else replace(o, ret=None, ret_ns=None)
        for o in drawn.operations
        if o.call <= end
    ]
    if is_linearizable(drawn, prefix):
        return f"accuses call {accused.call}, but all up to its return is linearizable"
    return None


def opened(operation: Operation) -> Operation:
    """The operation as it is known before it completes."""
    return replace(operation, ret=None, ret_ns=None, outcome=Outcome.INFO, output=None, error=None)


def tampering(drawn: Drawn) -> str | None:
    """A certificate that was changed is rejected, or what it says now is true as well."""
    if not drawn.valid:
        raise Skipped
    result = decided(drawn, drawn.operations)
    assert isinstance(result.certificate, Certificate)
    document = json.loads(json.dumps(result.certificate.to_json()))
    problem = verify(drawn.operations, drawn.model, document, reading=drawn.reading)
    if problem is not None:
        return f"its certificate, written and read back, is rejected: {problem}"
    parts = [part for part in document["parts"] if part["order"]]
    if not parts:
        raise Skipped
    order, rng = drawn.rng.choice(parts)["order"], drawn.rng
    for _ in range(rng.choice((1, 1, 2))):
        at, other = rng.randrange(len(order)), rng.randrange(len(order))
        way = rng.randrange(4)
        if way == 0:
            order[at], order[other] = order[other], order[at]
        elif way == 1 and len(order) > 1:
            del order[at]
        elif way == 2:
            order.insert(at, order[other])
        else:
            order.insert(other if other <= at else other - 1, order.pop(at))
    if verify(drawn.operations, drawn.model, document, reading=drawn.reading) is None:
        changed = Certificate.from_json(document)
        if (wrong := unlawful(drawn, drawn.operations, changed)) is not None:
            return f"a certificate that was tampered with is accepted, although it {wrong}"
    return None


def unlawful(drawn: Drawn, operations: Sequence[Operation], certificate: Certificate) -> str | None:
    """Why the certificate's orders are no linearizations, by the oracle's semantics."""
    by_call = {o.call: o for o in operations}
    placed: set[int] = set()
    for number in range(len(certificate)):
        key, calls = certificate.part(number)
        order = [by_call[call] for call in calls.tolist()]
        states = [semantics.INIT[drawn.model]]
        latest_call = -1
        for operation in order:
            if operation.call in placed:
                return f"has call {operation.call} twice"
            placed.add(operation.call)
            if semantics.BY_KEY[drawn.model] and repr(operation.key) != repr(key):
                return f"has call {operation.call} in the part of another key"
            if operation.ret is not None and operation.ret < latest_call:
                return f"has call {operation.call} after one that began when it had returned"
            latest_call = max(latest_call, operation.call)
            # An indeterminate operation may have done any of several things.
            states = list(
                dict.fromkeys(
                    after
                    for state in states
                    for after in semantics.apply(drawn.model, state, operation, drawn.reading)
                )
            )
            if not states:
                return f"has call {operation.call} where it is impossible"
    for operation in operations:
        asserts = semantics.relevant(drawn.model, operation, drawn.reading)
        if asserts and operation.ret is not None and operation.call not in placed:
            return f"lacks call {operation.call}"
    return None


def budgets(drawn: Drawn) -> str | None:
    """With a small budget, or several threads, the verdict is the same or unknown with a reason."""
    options: dict[str, Any] = drawn.rng.choice(
        (
            {"max_configurations": drawn.rng.choice((1, 2, 5, 20, 100))},
            {"memory_limit_mb": drawn.rng.choice((0.01, 0.1, 1))},
            {"time_limit_s": 0.0},
            {"jobs": 2, "time_limit_s": SECONDS_MAX},
        )
    )
    result = linearizable(
        drawn.operations, drawn.model, reading=drawn.reading, explained=False, **options
    )
    if result.verdict is Verdict.UNKNOWN:
        return None if result.reason else f"is undecided with {options}, and does not say why"
    if (result.verdict is Verdict.VALID) != drawn.valid:
        return f"says {result.verdict} with {options}, but it is {truth(drawn)}"
    return None


def renaming(drawn: Drawn) -> str | None:
    """Other process numbers, times and spread-out indexes change nothing.

    Locks belong to processes, so numbers are exchanged one for one.
    """
    rng = drawn.rng
    processes = sorted({o.process for o in drawn.operations})
    names = dict(zip(processes, rng.sample(range(1000), len(processes)), strict=True))
    gap, start = rng.choice((1, 3, 1_000_003)), rng.choice((0, 7, 1 << 40))
    moved = [
        replace(
            o,
            process=names[o.process],
            call=start + gap * o.call,
            ret=None if o.ret is None else start + gap * o.ret,
            call_ns=0,
            ret_ns=None if o.ret is None else 0,
        )
        for o in drawn.operations
    ]
    rng.shuffle(moved)
    result = decided(drawn, moved)
    if (result.verdict is Verdict.VALID) != drawn.valid:
        return f"is {truth(drawn)}, but {result.verdict} under other numbers"
    return None


def widening(drawn: Drawn) -> str | None:
    """A valid history stays valid when intervals widen and completions are lost."""
    if not drawn.valid:
        raise Skipped
    rng = drawn.rng
    last = max((o.ret or o.call for o in drawn.operations), default=0)
    wider = []
    for operation in drawn.operations:
        way = rng.randrange(6)
        if way == 0 and operation.ret is not None:
            operation = replace(operation, ret=rng.randint(operation.ret, last + 3))
        elif way == 1 and operation.f in ("write", "add", "append", "enqueue"):
            if operation.outcome is Outcome.OK:
                operation = opened(operation)
        elif way == 2 and operation.f in ("read", "get"):
            continue
        wider.append(operation)
    result = decided(drawn, wider)
    if result.verdict is Verdict.INVALID:
        return "is valid, but invalid once intervals are wider, reads gone and answers lost"
    return None


def is_linearizable(
    drawn: Drawn, operations: Sequence[Operation], configurations_max: int = 4 * FRONTIER_MAX
) -> bool:
    """The oracle's answer on another history of the same model. Raises Skipped if too hard."""
    try:
        return oracle.is_linearizable(
            drawn.model, operations, drawn.reading, configurations_max=configurations_max
        )
    except oracle.TooLarge:
        raise Skipped from None


def truth(drawn: Drawn) -> str:
    """What the history is."""
    return "valid" if drawn.valid else "invalid"
