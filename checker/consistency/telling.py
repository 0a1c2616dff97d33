"""A history that is not sequential, told: the few operations that have no order, and why."""

from __future__ import annotations

from collections.abc import Sequence

from checker.consistency.interleaving import interleave
from checker.consistency.promise import GUARANTEES
from checker.consistency.saturation import Saturation
from checker.consistency.sessions import Sessions
from checker.consistency.violated import guarantee
from checker.consistency.wording import FROM_NOWHERE, Words
from checker.consistency.writes import NOWHERE, Writes
from checker.models.model import Kind
from checker.verdict import Violation
from checker.wording import plural, show

SHOWN_MAX = 16
CYCLE_MAX = 8
KIND = "not sequential"


def tell(
    sessions: Sessions, steps: Sequence[int], *, exhaustive: bool, whole: bool = True
) -> Violation:
    """The violation that a witness shows.

    ``whole``: the witness has no order by itself; otherwise its steps are only where it shows.
    ``details``: ``witness``, its calls; ``exhaustive``, whether all its orders were tried.
    """
    ordered = sorted(steps)
    part = sessions.of_steps(ordered)
    details = {
        "witness": [sessions.call(step) for step in ordered],
        "exhaustive": exhaustive,
    }
    if not whole:
        told = "no order of all operations that keeps each process's own gives every read its sum"
        return _violation(part, KIND, told, details)
    if (alone := _from_nowhere(sessions, ordered)) is not None:
        return _violation(part, FROM_NOWHERE, alone, details)
    for promise in GUARANTEES:
        kept = guarantee(part, promise)
        if kept.violations:
            first = kept.violations[0]
            return Violation(
                first.kind, first.sentence, first.operations, first.culprit, first.key, details
            )
    return _violation(part, KIND, _general(part), details)


def _violation(part: Sessions, kind: str, sentence: str, details: dict[str, object]) -> Violation:
    shown = [part.call(step) for step in range(len(part))][-SHOWN_MAX:]
    keys = set(part.key)
    key = part.key_name(0) if len(keys) == 1 and len(part) else None
    told = sentence if key is None else f"key {show(key)}: {sentence}"
    return Violation(kind, told, tuple(shown), None, key, details)


def _from_nowhere(sessions: Sessions, steps: Sequence[int]) -> str | None:
    if len(steps) != 1:
        return None
    words = Words(sessions, steps)
    (step,) = steps
    if sessions.model.family == "register":
        if Writes.of(sessions).source[step] != NOWHERE:
            return None
        saw = f"{words.process(step)} saw {words.seen(step)} {words.at(step)}"
        return f"{saw}, which nobody can have written"
    if sessions.model.name != "set":
        return None
    elements = sessions.effect[step].elements
    if elements is None:
        return f"{words.process(step)} read a set with one element twice {words.at(step)}"
    key = sessions.key[step]
    added = {
        element
        for at, effect in enumerate(sessions.effect)
        if effect.f == "add" and sessions.key[at] == key
        for element in effect.elements
    }
    odd = min(elements - added, key=repr, default=None)
    return f"{words.process(step)} read {show(odd)} {words.at(step)}, which nobody can have added"


def _general(part: Sessions) -> str:
    count = plural(len(part), "operation")
    sentence = (
        f"these {count} have no order that keeps each process's own and in which each sees what "
        "came before it"
    )
    chain = _chain(part) if part.model.family == "register" else None
    if chain is not None:
        sentence += f": {chain}"
    keys = sorted(set(part.key))
    if len(keys) > 1 and all(_has_order(part, key) for key in keys):
        sentence += f"; each of the {len(keys)} keys alone has one"
    return sentence


def _has_order(part: Sessions, key: int) -> bool:
    own = [step for step in range(len(part)) if part.key[step] == key]
    return interleave(part.of_steps(own), configurations_max=1_000).order is not None


def _chain(part: Sessions) -> str | None:
    """The cycle in words: each before the next, and why; None if there is none, or a long one."""
    writes = Writes.of(part)
    if writes.blurred or len(writes.taken) < len(part):
        return None
    saturation = Saturation(writes)
    cycle = saturation.cycle
    if not cycle or len(cycle) > CYCLE_MAX:
        return None
    words = Words(writes, range(len(part)))
    told: list[str] = []
    for one, other in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
        why = _why(saturation, words, one, other)
        begin = words.did(one) if not told else "that"
        told.append(f"{begin} comes before {words.did(other)} ({why})")
    return "; ".join(told)


def _why(saturation: Saturation, words: Words, one: int, other: int) -> str:
    writes, sessions = saturation.writes, saturation.writes.sessions
    if sessions.session[one] == sessions.session[other] and one < other:
        return "the same process ran it later"
    if writes.source[other] == one:
        return "which saw it"
    due = saturation.derived.get((one, other))
    if due is not None and writes.source[due[1]] == other and due[1] != one:
        reader = words.did(due[1])
        return f"{reader} comes after the first, and still saw the second"
    overwritten = sessions.effect[one].kind in (Kind.READ, Kind.CAS)
    return "which overwrote what it saw" if overwritten else "as follows from the others"
