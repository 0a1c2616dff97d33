"""The register and the compare-and-set register, starting at nil.

Semantics, made explicit because tools differ:

* a read that answered asserts exactly what it answered; nil too, unless the reading says
  that nil stands for an unknown answer (``checker/reading.py``);
* a failed operation did not happen and asserts nothing, except that a compare-and-set
  that failed may have run and found another value, which is then an observation;
* an indeterminate read asserts nothing and is dropped;
* an indeterminate compare-and-set took effect at some point where it was legal, or never.
"""

from __future__ import annotations

from collections.abc import Hashable

from checker.models.model import Effect, Kind, Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome


def _effect(operation: Operation, reading: Reading) -> Effect | None:
    outcome = operation.outcome
    if operation.f == "write":
        if outcome is Outcome.FAIL:
            return None
        return Effect(Kind.WRITE, new=canonical(operation.input))
    if operation.f == "read":
        if outcome is not Outcome.OK:
            return None
        if operation.output is None and reading.nil_read == "anything":
            return None
        return Effect(Kind.READ, canonical(operation.output))
    expected, new = (canonical(value) for value in operation.input)
    if outcome is not Outcome.FAIL:
        return Effect(Kind.CAS, expected, new)
    if reading.observes_mismatch(operation.error):
        return Effect(Kind.DIFFERS, expected)
    return None


def _step(state: Hashable, effect: Effect) -> tuple[Hashable, ...]:
    if effect.kind is Kind.WRITE:
        return (effect.new,)
    if effect.kind is Kind.DIFFERS:
        return () if state == effect.expected else (state,)
    if state != effect.expected:
        return ()
    return (effect.new,) if effect.kind is Kind.CAS else (state,)


def _register_misfit(operation: Operation) -> str | None:
    if operation.f in ("read", "write"):
        return None
    return f"'{operation.f}' is no operation of the model 'register' (read, write)"


def _cas_register_misfit(operation: Operation) -> str | None:
    if operation.f in ("read", "write"):
        return None
    if operation.f != "cas":
        return f"'{operation.f}' is no operation of the model 'cas-register' (read, write, cas)"
    value = operation.input
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return f"a cas carries [expected, new], not {value!r}"
    return None


def _observes(effect: Effect) -> bool:
    return effect.kind in (Kind.READ, Kind.DIFFERS)


REGISTER = Model(
    "register",
    None,
    ("read", "write"),
    _effect,
    _register_misfit,
    _step,
    _observes,
    family="register",
    summary="a value that is read and written; nil at first",
    outcomes="a read of nil saw nil; what failed did not happen; an unknown read says nothing",
)
CAS_REGISTER = Model(
    "cas-register",
    None,
    ("read", "write", "cas"),
    _effect,
    _cas_register_misfit,
    _step,
    _observes,
    family="register",
    summary="a register with compare-and-set, [expected, new]",
    outcomes="as register; a cas that failed with 'mismatch' saw another value than it expected",
)
