"""Transactions in short notation, as Elle's tests write them: ``ax1ry12`` appends and reads."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from histories.event import Operation, Outcome

_STEP = re.compile(r"([arw])([a-z])(\d*)")
_ENDS = {"!": Outcome.FAIL, "?": Outcome.INFO}
OPEN = -1


def told(*texts: str, lists: bool = True) -> list[Operation]:
    """A history of transactions.

    ``ax1`` appends 1 to x, ``rx12`` reads x as [1, 2], ``rx`` as nothing. Of registers (not
    ``lists``) ``wx1`` writes 1, ``rx12`` reads 12, and ``rx`` nil. All run at once, each by a
    process of its own, but for:

    ``ax1!`` failed, of ``ax1?`` nobody knows; ``7:ax1`` is of process 7, whose transactions come
    one after the other; and ``|`` between two: all before were answered before all after.
    """
    operations: list[Operation] = []
    now = 0
    still: dict[int, int] = {}

    def answer(at: int) -> None:
        nonlocal now
        if operations[at].ret == OPEN:
            operations[at] = replace(operations[at], ret=now)
            now += 1

    for number, text in enumerate(texts):
        if text == "|":
            for at in still.values():
                answer(at)
            still.clear()
            continue
        process, colon, own = text.rpartition(":")
        outcome = _ENDS.get(own[-1:], Outcome.OK)
        who = int(process) if colon else 100 + number
        if who in still:
            answer(still[who])
        still[who] = len(operations)
        operations.append(_operation(now, who, steps(own.rstrip("!?"), lists), outcome))
        now += 1
    for at in still.values():
        answer(at)
    return operations


def steps(text: str, lists: bool = True) -> list[list[Any]]:
    """The steps of one transaction."""
    found: list[list[Any]] = []
    for f, key, value in _STEP.findall(text):
        if f != "r":
            found.append(["append" if f == "a" else "w", key, int(value)])
        elif lists:
            found.append(["r", key, [int(one) for one in value]])
        else:
            found.append(["r", key, int(value) if value else None])
    assert "".join("".join(one) for one in _STEP.findall(text)) == text, text
    return found


def _operation(call: int, process: int, asked: list[list[Any]], outcome: Outcome) -> Operation:
    return Operation(
        call=call,
        ret=None if outcome is Outcome.INFO else OPEN,
        process=process,
        f="txn",
        key=None,
        input=[[f, key, None if f == "r" else value] for f, key, value in asked],
        output=asked if outcome is Outcome.OK else None,
        outcome=outcome,
        call_ns=0,
        ret_ns=None if outcome is Outcome.INFO else 0,
    )
