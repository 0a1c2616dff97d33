"""The plainest possible oracle: try every order of every choice of operations.

Restates the semantics from scratch and shares nothing with the checker. Exponential;
meant for up to eight operations or so.
"""

from __future__ import annotations

from collections.abc import Sequence

from histories.event import Operation, Outcome


def relevant(operation: Operation, mismatch_observes: bool = True) -> bool:
    """Whether the operation changes or asserts anything."""
    if operation.outcome is Outcome.OK:
        return True
    if operation.outcome is Outcome.INFO:
        return operation.f != "read"
    return operation.f == "cas" and operation.error == "mismatch" and mismatch_observes


def apply(state: object, operation: Operation) -> list[object]:
    """The state after the operation, as a list of none (impossible) or one."""
    if operation.f == "write":
        return [operation.input]
    if operation.f == "read":
        return [state] if operation.output == state else []
    expected, new = operation.input
    if operation.outcome is Outcome.FAIL:
        return [state] if state != expected else []
    return [new] if state == expected else []


def is_linearizable(operations: Sequence[Operation], mismatch_observes: bool = True) -> bool:
    """Whether some order works. One key, starting at None."""
    rest = [o for o in operations if relevant(o, mismatch_observes)]
    return _some_order(None, rest)


def _some_order(state: object, rest: list[Operation]) -> bool:
    if all(operation.ret is None for operation in rest):
        return True
    for operation in rest:
        others = [other for other in rest if other is not operation]
        if any(other.ret is not None and other.ret < operation.call for other in others):
            continue
        if any(_some_order(after, others) for after in apply(state, operation)):
            return True
    return False
