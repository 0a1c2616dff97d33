"""The register and the compare-and-set register, starting at nil.

Semantics, made explicit because tools differ:

* a read that answered asserts exactly what it answered, nil included;
* a failed operation did not happen and asserts nothing, except that a compare-and-set
  that failed with ``mismatch`` ran and found another value, which is an observation
  when ``mismatch_observes`` is set (Porcupine's reading; Knossos drops it);
* an indeterminate read asserts nothing and is dropped;
* an indeterminate compare-and-set took effect at some point where it was legal, or never.
"""

from __future__ import annotations

from collections.abc import Hashable

from checker.models.model import Effect, Kind, Model
from histories.canonical import canonical
from histories.event import Operation, Outcome

MISMATCH = "mismatch"


def _effect(operation: Operation, mismatch_observes: bool) -> Effect | None:
    outcome = operation.outcome
    if operation.f == "write":
        if outcome is Outcome.FAIL:
            return None
        return Effect(Kind.WRITE, new=canonical(operation.input))
    if operation.f == "read":
        if outcome is not Outcome.OK:
            return None
        return Effect(Kind.READ, canonical(operation.output))
    expected, new = (canonical(value) for value in operation.input)
    if outcome is not Outcome.FAIL:
        return Effect(Kind.CAS, expected, new)
    if mismatch_observes and operation.error == MISMATCH:
        return Effect(Kind.DIFFERS, expected)
    return None


def _step(state: Hashable, effect: Effect) -> tuple[Hashable] | None:
    if effect.kind is Kind.WRITE:
        return (effect.new,)
    if effect.kind is Kind.DIFFERS:
        return None if state == effect.expected else (state,)
    if state != effect.expected:
        return None
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


REGISTER = Model("register", None, ("read", "write"), _effect, _register_misfit, _step)
CAS_REGISTER = Model(
    "cas-register", None, ("read", "write", "cas"), _effect, _cas_register_misfit, _step
)
