"""The session guarantees of counters, as far as a sum can tell.

With amounts that are never negative a sum must not be less than what the session added itself,
nor than what it read before. Which adds a sum consists of cannot be told, so nothing is said of
writes that must be seen together; and that nothing is wrong, only where all amounts are equal.
"""

from __future__ import annotations

from checker.consistency.kept import Kept
from checker.consistency.promise import MONOTONIC_READS, READ_YOUR_WRITES
from checker.consistency.session_registers import KINDS, VIOLATIONS_MAX
from checker.consistency.sessions import Sessions
from checker.consistency.wording import Words
from checker.verdict import Violation
from checker.wording import show


def kept_by_counters(sessions: Sessions, promise: str) -> Kept:
    """Whether one of the four guarantees is kept. Linear."""
    if promise not in (READ_YOUR_WRITES, MONOTONIC_READS):
        return Kept((), "which adds the sum of a counter consists of cannot be told")
    amounts = {effect.amount for effect in sessions.effect if effect.f == "add"}
    if any(amount < 0 for amount in amounts):
        return Kept((), "with negative amounts a smaller sum need not be an older one")
    violations = []
    for own in sessions.steps:
        least: dict[int, tuple[int, int]] = {}
        for step in own:
            key, effect = sessions.key[step], sessions.effect[step]
            sum_before, when = least.get(key, (0, step))
            if effect.f == "add":
                if promise == READ_YOUR_WRITES:
                    least[key] = (sum_before + effect.amount, step)
                continue
            if effect.amount < sum_before:
                violations.append(_violation(sessions, promise, sum_before, when, step))
            if promise == MONOTONIC_READS:
                least[key] = (effect.amount, step)
    if violations:
        return Kept(tuple(violations[:VIOLATIONS_MAX]), None, len(violations))
    if len(amounts - {0}) > 1:
        return Kept((), "with different amounts it cannot be told which adds a sum consists of")
    return _possible(sessions, (amounts - {0} or {1}).pop())


def _possible(sessions: Sessions, amount: int) -> Kept:
    """Whether each sum is that of some of the adds there are."""
    total: dict[int, int] = {}
    for key, effect in zip(sessions.key, sessions.effect, strict=True):
        if effect.f == "add":
            total[key] = total.get(key, 0) + effect.amount
    for step, effect in enumerate(sessions.effect):
        most = total.get(sessions.key[step], 0)
        if effect.f == "read" and (effect.amount % amount or not 0 <= effect.amount <= most):
            words = Words(sessions, [step])
            return Kept(
                (),
                f"{words.process(step)} read {effect.amount} {words.at(step)}, which no adds sum "
                "up to, so what it saw is not known",
            )
    return Kept()


def _violation(sessions: Sessions, promise: str, least: int, when: int, read: int) -> Violation:
    words = Words(sessions, [when, read])
    answer = sessions.effect[read].amount
    if promise == READ_YOUR_WRITES:
        had = f"had added {least} itself by then"
        sentence = f"{words.process(read)} read {answer} {words.at(read)}, and {had}"
    else:
        sentence = (
            f"{words.process(read)} read {least} {words.at(when)} and then {answer} "
            f"{words.at(read)}, and nothing is ever taken away"
        )
    key = sessions.key_name(read)
    told = sentence if key is None else f"key {show(key)}: {sentence}"
    calls = tuple(sorted({sessions.call(when), sessions.call(read)}))
    return Violation(KINDS[promise], told, calls, sessions.call(read), key)
