"""What an operation on a register does and says, as numbers for the kernels."""

from __future__ import annotations

from typing import NamedTuple

from checker.online.attempt import Attempt
from checker.online.configurations import CAS, DIFFERS, READ, WRITE
from checker.online.numbers import Numbers
from checker.reading import Reading
from histories.event import Outcome


class Assertion(NamedTuple):
    """``kind``: READ, WRITE, CAS or DIFFERS; 0 where a value says nothing."""

    kind: int
    expected: int
    new: int


def assertion(attempt: Attempt, numbers: Numbers, reading: Reading) -> Assertion | None:
    """As ``checker.models.registers`` has it; None for what says nothing. The outcome is known."""
    number, outcome = numbers.number, attempt.outcome
    if attempt.f == "write":
        if outcome is Outcome.FAIL:
            return None
        return Assertion(WRITE, 0, number(attempt.input))
    if attempt.f == "read":
        if outcome is not Outcome.OK:
            return None
        if attempt.output is None and reading.nil_read == "anything":
            return None
        return Assertion(READ, number(attempt.output), 0)
    expected, new = number(attempt.input[0]), number(attempt.input[1])
    if outcome is Outcome.FAIL:
        if reading.observes_mismatch(attempt.error):
            return Assertion(DIFFERS, expected, 0)
        return None
    if expected != new:
        return Assertion(CAS, expected, new)
    # It changes nothing: a read when it succeeded, nothing at all when it is open.
    return Assertion(READ, expected, 0) if outcome is Outcome.OK else None
