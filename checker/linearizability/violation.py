"""A refuted key, told: the operation that cannot be placed and the few that show why."""

from __future__ import annotations

import json
import time
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from checker.linearizability.aspect import Unsound
from checker.linearizability.broken import BrokenSearch
from checker.linearizability.clustering import Clustering
from checker.linearizability.exhaustive import some_order
from checker.linearizability.finding import find
from checker.linearizability.nearby import rows_to_argue
from checker.linearizability.obstacle import THINGS, state_text
from checker.linearizability.possible import possible_states
from checker.linearizability.refutation import RefutedPart, exclude_each_other, told
from checker.linearizability.relaxation import Relaxer, Start
from checker.linearizability.shrinking import Refuted, Shrinker
from checker.linearizability.telling import Finding
from checker.models import Model
from checker.reading import Reading
from checker.verdict import Violation
from checker.wording import describe, plural, show
from histories.event import Operation
from histories.table import NEVER, Operations, Table, table_of

Clusters = tuple[tuple[int | None, ...], ...]

SHRINK_SECONDS_MAX = 3.0
SHOWN_MAX = 16
POSSIBLE_MAX = 400
POSSIBLE_SECONDS = 0.3
POSSIBLE_SHOWN_MAX = 6
"""More states than this are not listed: the sentence would help nobody."""


def explain(
    key: Any,
    operations: Sequence[Operation] | Table,
    culprit: Operation,
    model: Model,
    reading: Reading,
    refuted: Refuted,
    *,
    full: bool = True,
    clusters: Sequence[int] = (),
    deadline: float | None = None,
) -> Violation:
    """The violation of one key whose prefix up to ``culprit``'s return has no linearization.

    ``refuted`` decides a history by search. ``clusters``: calls of operations that a monitor
    names as evidence; of a register three of one cluster and three of another, as
    ``registers/monitor.py`` says, -1 where there is none. ``deadline`` is a reading of
    ``time.perf_counter()``; shrinking takes
    three seconds at most in any case. ``operations`` of the violation are those of a sound
    argument (``finding.py``) or, where none is simple, the witness. ``details``:
    ``witness``, the calls left after sound relaxations (``relaxation.py``); ``exhaustive``,
    whether all its orders were tried once more, without the search; ``possible``, the states
    the object can have been in when ``culprit`` took effect (None: not known); ``refutation``,
    a part of a ``Refutation`` as JSON, where it is exhaustive. Not ``full``: the witness is
    the culprit alone, and proves nothing.
    """
    table = table_of(operations)
    relaxer = Relaxer(model, reading)
    finding = None
    if (rows := rows_to_argue(table, culprit, relaxer)) is not None:
        finding = find(culprit, list(Operations(table.take(rows))), relaxer)
    if not full:
        return _violation(key, culprit, finding, [culprit], {})
    groups = _groups(table, relaxer, clusters)
    if finding is None:
        finding = _conflict(table, culprit, relaxer, groups)
    late = time.perf_counter() + SHRINK_SECONDS_MAX
    limit = late if deadline is None else min(late, deadline)
    telling = [] if finding is None else [operation.call for operation in finding.context]
    shrinker = Shrinker(
        table, culprit, relaxer, refuted, lambda: time.perf_counter() > limit, telling
    )
    shrunk = shrinker.shrunk([call for call in clusters if call >= 0])
    answer = some_order(shrunk.operations, model, reading)
    if answer:
        raise BrokenSearch(
            f"the witness against key {key!r} has a legal order after all: "
            f"{[describe(operation) for operation in shrunk.operations]}. "
            "This is an error in splitbrain, not in the system tested."
        )
    details: dict[str, Any] = {"exhaustive": answer is False}
    if answer is False:
        witness = tuple(told(operation) for operation in shrunk.operations)
        part = RefutedPart(key, culprit.call, shrunk.steps, witness, groups)
        details["refutation"] = part.to_json()
    wanted = finding is None or model.family == "register"
    states = _possible(table, culprit, relaxer) if wanted else None
    if states is not None and model.family == "register":
        details["possible"] = _values(states)
    if finding is None:
        finding = find(culprit, shrunk.operations, relaxer, whole=False)
        details["held"] = _held(relaxer, culprit, states)
    return _violation(key, culprit, finding, shrunk.operations, details)


def _violation(
    key: Any,
    culprit: Operation,
    finding: Finding | None,
    witness: Sequence[Operation],
    details: dict[str, Any],
) -> Violation:
    """The argument's operations and sentence; without one those of the witness, and what is known.

    A witness that time did not allow to shrink is no use to a reader: its last operations.
    """
    held = details.pop("held", None)
    own = [o for o in witness if o.process >= 0]
    shown = {o.call for o in (finding.context if finding else own[-SHOWN_MAX:])} | {culprit.call}
    if finding is not None:
        kind, sentence = finding.kind, finding.sentence
    else:
        kind = "not linearizable"
        sentence = _general(culprit, held, len(shown))
    return Violation(
        kind=kind,
        sentence=sentence if key is None else f"key {show(key)}: {sentence}",
        operations=tuple(sorted(shown)),
        culprit=culprit.call,
        key=key,
        details={"possible": None, "exhaustive": False}
        | details
        | {"witness": [operation.call for operation in own]},
    )


def _groups(table: Table, relaxer: Relaxer, clusters: Sequence[int]) -> Clusters:
    """The two clusters that a monitor named, if they exclude each other; else none."""
    if relaxer.model.family != "register" or len(clusters) < 6:
        return ()
    pair = tuple(_group(clusters[at : at + 3]) for at in (0, 3))
    return pair if exclude_each_other(table, pair, relaxer) else ()


def _group(calls: Sequence[int]) -> tuple[int | None, ...]:
    """The calls of a cluster; None in front for the initial value, which nobody wrote."""
    named = tuple(dict.fromkeys(call for call in calls if call >= 0))
    return named if calls[0] >= 0 else (None, *named)


def _conflict(
    table: Table, culprit: Operation, relaxer: Relaxer, groups: Clusters
) -> Finding | None:
    """The two clusters in words."""
    named = []
    for group in groups:
        calls = [call for call in group if call is not None]
        if len(calls) < len(group):
            return None
        named.append(list(Operations(table.take(np.flatnonzero(np.isin(table.call, calls))))))
    if not named:
        return None
    return Clustering(culprit, [*named[0], *named[1]], relaxer, True).conflict(*named)


def _possible(table: Table, culprit: Operation, relaxer: Relaxer) -> list[Hashable] | None:
    """The states in which ``culprit`` can have found the object; None when that is not known.

    Of a long history only the end is looked at, begun at an operation that pins the state. That
    may allow more states than there were, never less.
    """
    operations: Sequence[Operation] | None
    if len(table) <= POSSIBLE_MAX:
        operations = list(Operations(table))
    else:
        operations = _recent(table, culprit, relaxer)
    if operations is None:
        return None
    return possible_states(operations, culprit, relaxer.model, relaxer.reading, POSSIBLE_SECONDS)


def _recent(table: Table, culprit: Operation, relaxer: Relaxer) -> list[Operation] | None:
    """What happened since an operation that pins the state, some dozens before ``culprit``."""
    assert culprit.ret is not None
    before = np.flatnonzero((table.ret < culprit.call) & (table.ret != NEVER))
    latest = before[np.argsort(-table.ret[before], kind="stable")[16:48]].tolist()
    for row in latest:
        anchor = table.operation(row)
        rows = np.flatnonzero((table.ret >= anchor.call) & (table.call <= culprit.ret))
        if len(rows) <= POSSIBLE_MAX and relaxer.effect(anchor) is not None:
            try:
                return relaxer.relaxed(Operations(table.take(rows)), [Start(anchor.call)])
            except Unsound:
                continue
    return None


def _general(culprit: Operation, held: str | None, count: int) -> str:
    sentence = f"{describe(culprit)} fits into no order of the operations before it"
    if held:
        sentence += f": {held}"
    if count > 1:
        sentence += (
            f"; {plural(count - 1, 'other operation')} and this one cannot all have happened as "
            "they were answered"
        )
    return sentence


def _held(relaxer: Relaxer, culprit: Operation, states: Sequence[Hashable] | None) -> str | None:
    """In words, what the object can have held."""
    model = relaxer.model
    if not states:
        return None
    if model.name == "multi-register":
        return _held_one(relaxer.effect(culprit).reads, states)
    if model.name == "list-append":
        return _held_one(relaxer.effect(culprit).reads, states, ())
    if len(states) > POSSIBLE_SHOWN_MAX or (model.name == "mutex" and len(states) > 1):
        return None
    if model.family == "register":
        held = " or ".join(show(value) for value in _values(states))
        return f"when it returned, the register can only have held {held}"
    thing = THINGS.get(model.name, "state")
    held = " or ".join(state_text(state) for state in states)
    return f"when it took effect, the {thing} can only have been {held}"


def _held_one(
    reads: Iterable[tuple[Any, Any]], states: Sequence[Any], nothing: Hashable = None
) -> str | None:
    """Of several registers, or lists, the first that can never have held what was read."""
    for register, value in sorted(reads, key=repr):
        held = dict.fromkeys(dict(state).get(register, nothing) for state in states)
        if value not in held and len(held) <= POSSIBLE_SHOWN_MAX:
            shown = " or ".join(state_text(one) for one in held)
            return (
                f"it read {state_text(value)} from {state_text(register)}, which can only have "
                f"held {shown} then"
            )
    return None


def _values(states: Sequence[Hashable]) -> list[Any]:
    """A register's states as JSON values."""
    return [_value(state) for state in states]


def _value(state: Any) -> Any:
    if isinstance(state, tuple):
        return json.loads(state[1]) if state[0] == "json" else state[1]
    return state
