"""Several registers at once: a transaction reads and writes some of them in one step.

A ``txn`` is a list of micro-operations [f, register, value], f being ``r`` or ``read``, ``w``
or ``write``; its reads see what it wrote before. ``write`` of an object sets the registers it
names, ``read`` answers an object; with the operation's key set they are of that one register.
Every register is nil at first. Histories do not split by key: a transaction ties keys together.

* a read that answered nil saw nil, except under the reading of Knossos: there it says nothing;
* what failed did not happen; of a transaction of unknown outcome the writes took effect all
  at once or never, and its reads say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Any, NamedTuple

from checker.models.model import Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome

READS, WRITES = ("r", "read"), ("w", "write")
UNTESTED = ("untested",)
"""Stands for every value of a register that no operation tells from the others."""

UNKNOWN = ("unknown",)
"""Stands for what a read answered, when that is not known."""

NEVER = (("never",), None)
"""What is lacking for a transaction that contradicts itself."""

State = frozenset[tuple[Hashable, Hashable]]


class TransactionEffect(NamedTuple):
    """``reads``: (register, value) for each register that must hold a value before; ``writes``:
    what registers hold after. ``possible``: no read contradicts the transaction itself."""

    reads: frozenset[tuple[Hashable, Hashable]]
    writes: frozenset[tuple[Hashable, Hashable]]
    possible: bool = True


def _effect(operation: Operation, reading: Reading) -> TransactionEffect | None:
    if operation.outcome is Outcome.FAIL:
        return None
    reads: dict[Hashable, Hashable] = {}
    writes: dict[Hashable, Hashable] = {}
    possible = True
    asserts = False
    for f, name, value in _micro_operations(operation):
        register, told = canonical(name), canonical(value)
        if f in WRITES:
            writes[register] = told
        elif value is not UNKNOWN and not (value is None and reading.nil_read == "anything"):
            asserts = True
            seen = writes[register] if register in writes else reads.setdefault(register, told)
            possible = possible and seen == told
    if not asserts and not writes:
        return None
    return TransactionEffect(frozenset(reads.items()), frozenset(writes.items()), possible)


def _micro_operations(operation: Operation) -> list[tuple[str, Any, Any]]:
    """The steps of an operation; what a read answered is UNKNOWN unless it completed."""
    f, answer = operation.f, operation.output
    known = operation.outcome is Outcome.OK
    if f == "txn":
        known = known and answer is not None
        steps = answer if known else operation.input
        return [(g, name, value if known or g in WRITES else UNKNOWN) for g, name, value in steps]
    if operation.key is not None:
        value = operation.input if f == "write" else answer if known else UNKNOWN
        return [(f, operation.key, value)]
    if f == "write":
        return [(f, name, value) for name, value in operation.input.items()]
    return [(f, name, value) for name, value in answer.items()] if known and answer else []


def _step(state: State, effect: TransactionEffect) -> tuple[Hashable, ...]:
    """The state holds the registers that are not nil."""
    if not effect.possible:
        return ()
    held = dict(state)
    if any(held.get(register) != value for register, value in effect.reads):
        return ()
    if not effect.writes:
        return (state,)
    held.update(effect.writes)
    return (frozenset(one for one in held.items() if one[1] is not None),)


def _misfit(operation: Operation) -> str | None:
    f = operation.f
    if f not in ("txn", "read", "write"):
        return f"'{f}' is no operation of the model 'multi-register' (txn, read, write)"
    if f == "txn":
        for value in (operation.input, operation.output):
            if value is not None and (problem := _malformed(value)) is not None:
                return problem
        if operation.input is None and operation.output is None:
            return "a txn without micro-operations [f, register, value]"
        return None
    if operation.key is not None:
        return None
    value = operation.input if f == "write" else operation.output
    if f == "write" and not isinstance(value, dict):
        return f"a write of {value!r}: an object of registers, or a key, is expected"
    answered = f == "read" and operation.outcome is Outcome.OK and value is not None
    if answered and not isinstance(value, dict):
        return f"a read answered {value!r}: an object of registers, or a key, is expected"
    return None


def _malformed(value: Any) -> str | None:
    if not isinstance(value, (list, tuple)):
        return f"a txn of {value!r}: a list of [f, register, value] is expected"
    for step in value:
        if not isinstance(step, (list, tuple)) or len(step) != 3:
            return f"a txn with {step!r}: [f, register, value] is expected"
        if step[0] not in (*READS, *WRITES):
            return f"a txn with {step!r}: f is one of r, read, w, write"
    return None


def _observes(effect: TransactionEffect) -> bool:
    return not effect.writes


def _independent(a: TransactionEffect, b: TransactionEffect) -> bool:
    """Neither writes a register that the other reads or writes otherwise."""
    return not (_touches(a, b) or _touches(b, a))


def _touches(a: TransactionEffect, b: TransactionEffect) -> bool:
    """Whether ``a`` writes what ``b`` reads, or other than ``b`` does what both write."""
    written = dict(a.writes)
    if any(register in written for register, _ in b.reads):
        return True
    return any(register in written and written[register] != value for register, value in b.writes)


def _lack(state: State, effect: TransactionEffect) -> tuple[Hashable, Hashable]:
    """A register that does not hold what the transaction reads, and that value."""
    if not effect.possible:
        return NEVER
    held = dict(state)
    return min(((r, v) for r, v in effect.reads if held.get(r) != v), key=repr)


def _supplies(lack: tuple[Hashable, Hashable], effect: TransactionEffect) -> bool:
    return lack in effect.writes


def _abstraction(effects: Collection[TransactionEffect]) -> Callable[[State], Hashable]:
    """A value that no operation reads in its register differs from no other such value.

    Every read compares with a tested value, so states that differ in untested ones alone have
    the same futures; nil, when untested, is one of them.
    """
    tested = {pair for effect in effects for pair in effect.reads}
    plain = {register for register, value in tested if value is None}

    def abstract(state: State) -> Hashable:
        return frozenset(
            pair if pair in tested else (pair[0], UNTESTED)
            for pair in state
            if pair in tested or pair[0] in plain
        )

    return abstract


MULTI_REGISTER = Model(
    "multi-register",
    frozenset(),
    ("txn", "read", "write"),
    _effect,
    _misfit,
    _step,
    _observes,
    by_key=False,
    depends_on=("key",),
    summary="registers read and written in one transaction",
    outcomes="a read of nil saw nil; what failed did not happen; unknown reads say nothing",
    independent=_independent,
    abstraction=_abstraction,
    lack=_lack,
    supplies=_supplies,
)
