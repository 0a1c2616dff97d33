"""Evidence against a history: relaxations that cannot lie, witnesses that no order makes legal."""

from __future__ import annotations

import copy
import json
from typing import Any

import oracle
from fuzz_checks import Skipped, decided, is_linearizable
from fuzz_drawing import SMALL_MAX, Drawn

from checker import MODELS
from checker.linearizability.aspect import Unsound
from checker.linearizability.refutation import Refutation, verify_refutation
from checker.linearizability.relaxation import Cut, Drop, Only, Relaxation, Relaxer, Start
from histories.event import Operation, Outcome

STEPS_MAX = 4


def refutation(drawn: Drawn) -> str | None:
    """The refutation holds, also read back; its witness is refuted by the oracles as well."""
    if drawn.valid:
        raise Skipped
    result = decided(drawn, drawn.operations, explained=True)
    if result.certificate is None:
        # Nothing small enough was found in the time there is.
        raise Skipped
    if not isinstance(result.certificate, Refutation):
        return "proves an invalid history linearizable"
    document = json.loads(json.dumps(result.certificate.to_json()))
    problem = verify_refutation(drawn.operations, drawn.model, document, reading=drawn.reading)
    if problem is not None:
        return f"its refutation, written and read back, is rejected: {problem}"
    for part in document["parts"]:
        if _linearizable(drawn, [_operation(one) for one in part["witness"]]):
            return f"the witness against key {part['key']!r} is linearizable: {part['witness']}"
    return None


def forgery(drawn: Drawn) -> str | None:
    """No refutation of another history, or one with steps left out, is accepted of a valid one."""
    if not drawn.valid:
        raise Skipped
    other = oracle.falsified(drawn.rng, drawn.operations, 1)
    found = decided(drawn, other, explained=True)
    if not isinstance(found.certificate, Refutation):
        raise Skipped
    document = copy.deepcopy(found.certificate.to_json())
    part = drawn.rng.choice(document["parts"])
    if drawn.rng.random() < 0.5:
        del part["steps"][drawn.rng.randrange(len(part["steps"]))]
    problem = verify_refutation(drawn.operations, drawn.model, document, reading=drawn.reading)
    if problem is None:
        return f"accepts a refutation of a valid history: {json.dumps(document)}"
    return None


def relaxations(drawn: Drawn) -> str | None:
    """No sequence of relaxations leads from a valid history to one that is not."""
    if not drawn.valid:
        raise Skipped
    model, rng = MODELS[drawn.model], drawn.rng
    keys = sorted({repr(o.key) for o in drawn.operations}) or ["None"]
    key = rng.choice(keys)
    relaxer = Relaxer(model, drawn.reading)
    current = [o for o in drawn.operations if not model.by_key or repr(o.key) == key]
    current = relaxer.relaxed(current, ())
    taken: list[dict[str, Any]] = []
    for _ in range(rng.randint(1, STEPS_MAX)):
        if not current:
            break
        step = _step(drawn, current, relaxer)
        try:
            current = step.apply(current, relaxer)
        except Unsound:
            continue
        taken.append(step.to_json())
        if not _linearizable(drawn, current):
            return f"valid, and not linearizable any more after {taken}: {current}"
    return None


def _step(drawn: Drawn, operations: list[Operation], relaxer: Relaxer) -> Relaxation:
    rng = drawn.rng
    some = rng.choice(operations)
    way = rng.randrange(4)
    if way == 0:
        return Cut(some.ret if some.ret is not None and rng.random() < 0.8 else some.call)
    if way == 1:
        return Start(some.call)
    if way == 2:
        values = [v for o in operations for v in _values(o)]
        return Only(tuple(rng.sample(values, min(len(values), rng.choice((1, 2, 3, 5))))))
    calls = [o.call for o in operations]
    wanted = rng.sample(calls, rng.randint(1, len(calls)))
    if rng.random() < 0.7:
        wanted = list(relaxer.droppable(operations, wanted)) or wanted
    return Drop(frozenset(wanted))


def _values(operation: Operation) -> list[Any]:
    found: list[Any] = []
    for told in (operation.input, operation.output):
        found += told if isinstance(told, list) else [told]
    return found


def _linearizable(drawn: Drawn, operations: list[Operation]) -> bool:
    if len(operations) <= SMALL_MAX:
        return oracle.is_linearizable(drawn.model, operations, drawn.reading, exhaustive=True)
    return is_linearizable(drawn, operations)


def _operation(told: dict[str, Any]) -> Operation:
    told = {**told, "outcome": Outcome(told["outcome"])}
    return Operation(key=None, call_ns=0, ret_ns=None, **told)
