"""Lists that transactions append to and read, some of them in one step.

A ``txn`` is a list of micro-operations [f, list, value]: ``append`` puts its value at the list's
end, ``r`` or ``read`` answers the whole list, what the transaction itself has appended included.
Every list is empty at first. With a key, an operation is of the lists of that key alone: they
share nothing with those of another, so that a history splits as all others do.

A linearizable order of transactions is what is called strict serializability; here it is decided
as for any other object, so what is asked of one key has to be small.

* a read that answered nil saw nothing, except under the reading of Knossos: there it says nothing;
* what failed did not happen; of a transaction of unknown outcome the appends took effect all
  at once or never, and its reads say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Any, NamedTuple

from checker.models.model import Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome

READS, APPEND = ("r", "read"), "append"
Elements = tuple[Hashable, ...]
State = frozenset[tuple[Hashable, Elements]]
"""The lists that are not empty."""

NEVER = ("never", None, None)
"""What is lacking where nothing that is appended can help."""


class ListsEffect(NamedTuple):
    """``reads``: (list, elements) for each list that must hold just these before; ``appends``:
    what comes after. ``possible``: no read contradicts the transaction itself."""

    reads: frozenset[tuple[Hashable, Elements]]
    appends: frozenset[tuple[Hashable, Elements]]
    possible: bool = True


def _effect(operation: Operation, reading: Reading) -> ListsEffect | None:
    if operation.outcome is Outcome.FAIL:
        return None
    known = operation.outcome is Outcome.OK and operation.output is not None
    reads: dict[Hashable, Elements] = {}
    appends: dict[Hashable, Elements] = {}
    possible = True
    for f, name, value in operation.output if known else operation.input:
        one = canonical(name)
        own = appends.get(one, ())
        if f == APPEND:
            appends[one] = (*own, canonical(value))
        elif known and not (value is None and reading.nil_read == "anything"):
            seen = tuple(canonical(element) for element in value or ())
            before = seen[: len(seen) - len(own)]
            agrees = seen == before + own and reads.setdefault(one, before) == before
            possible = possible and agrees
    if possible and not reads and not appends:
        return None
    return ListsEffect(frozenset(reads.items()), frozenset(appends.items()), possible)


def _step(state: State, effect: ListsEffect) -> tuple[Hashable, ...]:
    if not effect.possible:
        return ()
    held = dict(state)
    if any(held.get(name, ()) != seen for name, seen in effect.reads):
        return ()
    if not effect.appends:
        return (state,)
    for name, added in effect.appends:
        held[name] = held.get(name, ()) + added
    return (frozenset(held.items()),)


def _misfit(operation: Operation) -> str | None:
    if operation.f != "txn":
        return f"'{operation.f}' is no operation of the model 'list-append' (txn)"
    if operation.input is None and operation.output is None:
        return "a txn without micro-operations [f, list, value]"
    answered = operation.outcome is Outcome.OK and operation.output is not None
    if operation.input is None and not answered:
        return "a txn of which neither what was asked nor what was answered is told"
    for value in (operation.input, operation.output if answered else None):
        if value is not None and (problem := _malformed(value)) is not None:
            return problem
    for f, _, value in operation.output if answered else ():
        if f in READS and not (value is None or isinstance(value, (list, tuple))):
            return f"a txn that read {value!r}: a list or nil is expected"
    return None


def _malformed(value: Any) -> str | None:
    if not isinstance(value, (list, tuple)):
        return f"a txn of {value!r}: a list of [f, list, value] is expected"
    for step in value:
        if not isinstance(step, (list, tuple)) or len(step) != 3:
            return f"a txn with {step!r}: [f, list, value] is expected"
        if step[0] not in (*READS, APPEND):
            return f"a txn with {step!r}: f is one of r, read, append"
    return None


def _observes(effect: ListsEffect) -> bool:
    return not effect.appends


def _independent(a: ListsEffect, b: ListsEffect) -> bool:
    """Neither appends to a list that the other touches."""
    return not (_touches(a, b) or _touches(b, a))


def _touches(a: ListsEffect, b: ListsEffect) -> bool:
    grown = dict(a.appends)
    return any(name in grown for name, _ in (*b.reads, *b.appends))


def _doomed(state: State, effect: ListsEffect) -> bool:
    """A list only grows: what it holds is the beginning of all that is read of it later."""
    held = dict(state)
    if not effect.possible:
        return True
    return any(seen[: len(own := held.get(name, ()))] != own for name, seen in effect.reads)


def _doom(effects: Collection[ListsEffect]) -> Callable[[State, ListsEffect], bool]:
    return _doomed


def _lack(state: State, effect: ListsEffect) -> Hashable:
    """The next element of a list that is not yet what the transaction reads."""
    if not effect.possible or _doomed(state, effect):
        return NEVER
    held = dict(state)
    short = ((n, seen, held.get(n, ())) for n, seen in effect.reads if held.get(n, ()) != seen)
    name, seen, own = min(short, key=repr)
    return ("element", name, seen[len(own)])


def _supplies(lack: tuple[str, Hashable, Hashable], effect: ListsEffect) -> bool:
    kind, name, element = lack
    added = dict(effect.appends).get(name, ())
    return kind == "element" and bool(added) and added[0] == element


LIST_APPEND = Model(
    "list-append",
    frozenset(),
    ("txn",),
    _effect,
    _misfit,
    _step,
    _observes,
    summary="lists appended to and read in one transaction",
    outcomes="a read of nil saw an empty list; what failed did not happen; unknown reads say "
    "nothing",
    independent=_independent,
    doom=_doom,
    lack=_lack,
    supplies=_supplies,
)
