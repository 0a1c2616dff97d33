"""Operations in words, the same everywhere: sentences, reasons and diagrams."""

from __future__ import annotations

import json
from typing import Any

from histories.event import Operation, Outcome

VALUE_WIDTH_MAX = 24
STEPS_WIDTH_MAX = 60
_LOOKS = ("read", "get", "dequeue", "receive")
LOCKING = ("acquire", "renew", "release")
"""What answers with a token (``checker.locks``)."""
STEPS = ("r", "w", "read", "write", "append")
"""What the steps of a transaction begin with."""


def plural(count: int, noun: str) -> str:
    """``1 key``, ``3 keys``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def show(value: Any) -> str:
    """A value as its JSON, shortened: ``7``, ``nil``, ``"abc"``. Never breaks a terminal."""
    if value is None:
        return "nil"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    if not text.isprintable():
        text = ascii(text)[1:-1]
    if len(text) <= VALUE_WIDTH_MAX:
        return text
    if isinstance(value, (list, tuple)):
        # Lists mostly grow, and differ at their ends.
        return text[: VALUE_WIDTH_MAX - 12] + "…" + text[-11:]
    return text[: VALUE_WIDTH_MAX - 1] + "…"


def show_name(name: Any) -> str:
    """A key's or register's name: without quotes where it cannot be taken for anything else."""
    plain = isinstance(name, str) and name.isascii() and name.isidentifier()
    return name if plain else show(name)


def show_steps(steps: Any) -> str | None:
    """The steps of a transaction: ``w x 3, r y nil``; None when ``steps`` are none.

    >>> show_steps([["w", "x", 3], ["r", "y", None]])
    'w x 3, r y nil'
    """
    if not isinstance(steps, (list, tuple)) or not steps:
        return None
    if any(not isinstance(one, (list, tuple)) or len(one) != 3 for one in steps):
        return None
    if any(one[0] not in STEPS for one in steps):
        return None
    told = ", ".join(f"{f} {show_name(name)} {show(value)}" for f, name, value in steps)
    return told if len(told) <= STEPS_WIDTH_MAX else told[: STEPS_WIDTH_MAX - 1] + "…"


def seconds(time_ns: int) -> str:
    """A time of the run's clock, to the hundredth of a second: ``2.81 s``."""
    return f"{time_ns / 1e9:.2f} s"


def precise_seconds(*times_ns: int) -> list[str]:
    """Times with as many decimals as it takes to tell them apart (two to six)."""
    for decimals in (2, 3, 4, 5, 6):
        shown = [f"{time_ns / 1e9:.{decimals}f} s" for time_ns in times_ns]
        if len(set(shown)) == len(set(times_ns)):
            break
    return shown


def deed(operation: Operation) -> str:
    """What was done, in short: ``write 7``, ``read 4``, ``cas 4→7``, ``add 12``."""
    f, value = operation.f, operation.input
    if f == "cas" and isinstance(value, (list, tuple)) and len(value) == 2:
        text = f"cas {show(value[0])}→{show(value[1])}"
    elif steps := _steps(operation):
        text = f"{f} {steps}"
    elif (moved := _moved(value)) is not None:
        source, target, amount = moved
        text = f"{f} {show(amount)} {show_name(source)}→{show_name(target)}"
    elif f in _LOOKS:
        text = f"{f} {show(_seen(operation))}" if operation.outcome is Outcome.OK else f
    elif f in LOCKING and operation.outcome is Outcome.OK and _is_pair(operation.output):
        text = f"{f} under {show(operation.output[1])}"
    elif value is None and operation.output is None:
        text = f
    else:
        text = f"{f} {show(operation.output if value is None else value)}"
    if operation.outcome is Outcome.FAIL:
        text += f" ✗ {operation.error}" if operation.error else " ✗"
    return text


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def noun(operation: Operation) -> str:
    """What was done, as a thing: ``write of 7``, ``compare-and-set from 4 to 7``."""
    value = operation.input
    if operation.f == "cas" and isinstance(value, (list, tuple)) and len(value) == 2:
        return f"compare-and-set from {show(value[0])} to {show(value[1])}"
    if steps := _steps(operation):
        return f"transaction {steps}"
    if (moved := _moved(value)) is not None:
        source, target, amount = moved
        return f"{operation.f} of {show(amount)} from {show_name(source)} to {show_name(target)}"
    if operation.f in _LOOKS:
        known = operation.outcome is Outcome.OK
        return f"{operation.f} of {show(_seen(operation))}" if known else operation.f
    return operation.f if value is None else f"{operation.f} of {show(value)}"


def _seen(operation: Operation) -> Any:
    """What was answered; of a receive that says more than its element, the element."""
    output = operation.output
    if operation.f == "receive" and isinstance(output, dict) and "element" in output:
        return output["element"]
    return output


def _steps(operation: Operation) -> str | None:
    """A transaction's steps, as answered where it was answered."""
    if operation.f != "txn":
        return None
    known = operation.outcome is Outcome.OK and operation.output is not None
    return show_steps(operation.output if known else operation.input)


def _moved(value: Any) -> tuple[Any, Any, Any] | None:
    """From where, to where and how much a transfer moves; None for what is no transfer."""
    if not isinstance(value, dict) or value.keys() != {"from", "to", "amount"}:
        return None
    return value["from"], value["to"], value["amount"]


def describe(operation: Operation) -> str:
    """Who did what, when and where: ``process 3's read of 4 (2.78 s to 2.81 s, n2)``.

    A history without times (all are 0) is told by event indexes.
    """
    # The very first operation may begin at 0, and does not end at 0.
    over = operation.call if operation.ret_ns is None else operation.ret_ns == 0
    if over and not operation.call_ns:
        end = "outcome unknown" if operation.ret is None else f"to {operation.ret}"
        times = f"events {operation.call} {end}"
    elif operation.ret_ns is None:
        times = f"from {seconds(operation.call_ns)}, outcome unknown"
    else:
        times = f"{seconds(operation.call_ns)} to {seconds(operation.ret_ns)}"
    node = f", {operation.node}" if operation.node else ""
    return f"process {operation.process}'s {noun(operation)} ({times}{node})"
