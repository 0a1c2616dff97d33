"""The operations of one lock, each with the token it was done under; and what is no such thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from checker.wording import show
from histories.canonical import canonical
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.event import Operation, Outcome

FUNCTIONS = ("acquire", "renew", "release", "write", "read")
_SHAPE = (
    "Expected: acquire of a lease in ms (or null), renew, release, write, each ok with "
    "[what was asked for, token]; read, ok with [value, token] or null; values unique by key."
)


@dataclass(frozen=True, slots=True)
class Use:
    """An operation, and the token under which it was done; None where nobody knows it."""

    operation: Operation
    token: int | None

    @property
    def ok(self) -> bool:
        """Whether it was acknowledged."""
        return self.operation.outcome is Outcome.OK


@dataclass(slots=True)
class Lock:
    """All that may have happened to one lock and its resource, by f and in order of call."""

    key: Any
    acquires: list[Use] = field(default_factory=list)
    renewals: list[Use] = field(default_factory=list)
    releases: list[Use] = field(default_factory=list)
    writes: list[Use] = field(default_factory=list)
    """All of them, failed ones too: a read may tell what had failed."""
    reads: list[Operation] = field(default_factory=list)
    """The acknowledged ones."""

    @property
    def grants(self) -> list[Use]:
        """The acquires that were acknowledged."""
        return [use for use in self.acquires if use.ok]


def locks_of(operations: Sequence[Operation]) -> list[Lock]:
    """By key, in order of appearance.

    An operation that does not say its token was done under the latest that its process had been
    granted. Raises HistoryError for other operations and shapes.
    """
    _check_fit(operations)
    locks: dict[Any, Lock] = {}
    granted: dict[tuple[Any, int], int] = {}
    for operation in sorted(operations, key=lambda operation: operation.call):
        key = canonical(operation.key)
        lock = locks.setdefault(key, Lock(operation.key))
        f, is_ok = operation.f, operation.outcome is Outcome.OK
        if f == "read":
            if is_ok:
                lock.reads.append(operation)
            continue
        known = granted.get((key, operation.process))
        token: int | None = operation.output[1] if is_ok else known
        if f == "write":
            lock.writes.append(Use(operation, token))
        elif operation.outcome is Outcome.FAIL:
            continue
        elif f == "acquire":
            lock.acquires.append(Use(operation, token if is_ok else None))
            if token is not None and is_ok:
                granted[key, operation.process] = token
        else:
            (lock.renewals if f == "renew" else lock.releases).append(Use(operation, token))
    return list(locks.values())


def _check_fit(operations: Sequence[Operation]) -> None:
    problems: list[Problem] = []
    seen: set[tuple[Any, Any]] = set()
    for operation in operations:
        if len(problems) >= PROBLEMS_MAX:
            break
        what = _misfit(operation)
        if what is None and operation.f == "write":
            written = canonical(operation.key), canonical(operation.input)
            if written in seen:
                what = f"{show(operation.input)} is written a second time."
            seen.add(written)
        if what is not None:
            problems.append(Problem(f"event {operation.call}", what, _SHAPE))
    if problems:
        raise HistoryError(problems)


def _misfit(operation: Operation) -> str | None:
    f, asked = operation.f, operation.input
    if f not in FUNCTIONS:
        names = ", ".join(FUNCTIONS)
        return f"'{f}' is no operation of the model 'fenced-lock' ({names})."
    if f == "acquire" and asked is not None and not _is_time(asked):
        return f"the {f} asks for a lease of {show(asked)}."
    if operation.outcome is not Outcome.OK:
        return None
    told = operation.output
    if f == "read" and told is None:
        return None
    fits = isinstance(told, list) and len(told) == 2 and type(told[1]) is int
    return None if fits else f"the {f} answered {show(told)}."


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and value > 0
