"""A refuted key, told: the operation that cannot be placed and the few that show why."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from checker.linearizability.broken import BrokenSearch
from checker.linearizability.exhaustive import OPERATIONS_MAX, some_order
from checker.linearizability.finding import find
from checker.linearizability.relaxation import Relaxer, shrink
from checker.models import Model
from checker.reading import Reading
from checker.verdict import Violation
from checker.wording import describe, plural, show
from histories.canonical import canonical
from histories.event import Operation, Outcome

SHRINK_SECONDS_MAX = 3.0
STATES_SECONDS_MAX = 1.0
SHOWN_MAX = 16
STATES_MAX = 32
"""More values than this are not tried when asking what the register could have held."""


def explain(
    key: Any,
    operations: Sequence[Operation],
    culprit: Operation,
    model: Model,
    reading: Reading,
    refuted: Callable[[Sequence[Operation]], bool],
    *,
    full: bool = True,
) -> Violation:
    """The violation of one key whose prefix up to ``culprit``'s return has no linearization.

    ``refuted`` decides a history by search. ``operations`` of the violation are those of a
    sound argument (``finding.py``) or, where none is simple, the witness. ``details``:
    ``witness``, the calls left after sound relaxations (``relaxation.py``); ``exhaustive``,
    whether it was small enough to be refuted once more by trying every order; ``possible``,
    what the register could have held instead when ``culprit`` returned (None: not known).
    Not ``full``: the witness is the culprit alone, and it proves nothing.
    """
    relaxer = Relaxer(model, reading)
    finding = find(culprit, operations, relaxer)
    argued = finding is not None
    assert culprit.ret is not None
    witness: list[Operation] = [culprit]
    possible: list[Any] | None = None
    exhaustive = False
    if full:
        prefix = relaxer.prefix(operations, culprit.ret)
        deadline = time.perf_counter() + SHRINK_SECONDS_MAX
        witness = shrink(
            prefix,
            relaxer,
            refuted,
            {culprit.call},
            lambda: time.perf_counter() > deadline,
        )
        exhaustive = len(witness) <= OPERATIONS_MAX
        if exhaustive and some_order(witness, model, reading):
            raise BrokenSearch(
                f"the witness against key {key!r} has a legal order after all: "
                f"{[describe(operation) for operation in witness]}. "
                "This is an error in splitbrain, not in the system tested."
            )
        possible = _possible(prefix, culprit, refuted)
        if finding is None:
            finding = find(culprit, witness, relaxer, whole=False)
    # A witness that time did not allow to shrink is no use to a reader: its last operations.
    matter = finding.context if argued and finding else witness[-SHOWN_MAX:]
    shown = {o.call for o in matter} | {culprit.call}
    if finding is not None:
        kind, sentence = finding.kind, finding.sentence
    else:
        kind = "not linearizable"
        sentence = _general(culprit, possible, len(shown))
    return Violation(
        kind=kind,
        sentence=sentence if key is None else f"key {show(key)}: {sentence}",
        operations=tuple(sorted(shown)),
        culprit=culprit.call,
        key=key,
        details={
            "possible": possible,
            "witness": [operation.call for operation in witness],
            "exhaustive": exhaustive,
        },
    )


def _possible(
    prefix: Sequence[Operation],
    culprit: Operation,
    refuted: Callable[[Sequence[Operation]], bool],
) -> list[Any] | None:
    """Every value a read in the culprit's place could have returned; None when not all is known.

    Each candidate is tried on the whole prefix, so the answer is exact, independent of
    what the search pruned.
    """
    values: dict[Any, Any] = {None: None}
    for operation in prefix:
        if operation.f == "write":
            values[canonical(operation.input)] = operation.input
        elif operation.f == "cas" and operation.outcome is not Outcome.FAIL:
            values[canonical(operation.input[1])] = operation.input[1]
    if len(values) > STATES_MAX:
        return None
    deadline = time.perf_counter() + STATES_SECONDS_MAX
    possible = []
    others = [operation for operation in prefix if operation.call != culprit.call]
    for value in values.values():
        if time.perf_counter() > deadline:
            return None
        probe = replace(culprit, f="read", input=None, output=value, outcome=Outcome.OK, error=None)
        if not refuted([*others, probe]):
            possible.append(value)
    return possible


def _general(culprit: Operation, possible: list[Any] | None, count: int) -> str:
    sentence = f"{describe(culprit)} fits into no order of the operations before it"
    if possible:
        held = " or ".join(show(value) for value in possible)
        sentence += f": when it returned, the register can only have held {held}"
    if count > 1:
        sentence += (
            f"; {plural(count - 1, 'other operation')} and this one cannot all have happened as "
            "they were answered"
        )
    return sentence
