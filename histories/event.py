"""Events and operations: the two nouns every other package is built on.

An *event* is one line of a journal: an invocation or its completion. An
*operation* is an invocation paired with its completion, a closed interval:

    process 0   |--- write 1 ---|
    process 1          |--- read 1 ---|

The operation takes effect at one point somewhere inside its interval. Order is
the order of events (``index``); times are informative. An operation without a
completion, or completed by ``info``, is *indeterminate*: it may take effect at
any time after its call, or never, so its interval never closes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

NEMESIS = "nemesis"


class EventType(StrEnum):
    """What an event says of its operation."""

    INVOKE = "invoke"
    OK = "ok"
    FAIL = "fail"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a journal.

    ``index`` is the position in the journal (the order that counts), ``time``
    nanoseconds since the start of the run. ``process`` is an integer for a
    client process and ``"nemesis"`` for faults. ``extra`` keeps members of the
    line this version does not know.
    """

    index: int
    time: int
    process: int | str
    type: EventType
    f: str
    key: Any = None
    value: Any = None
    node: str | None = None
    error: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class Outcome(StrEnum):
    """How an operation ended, as its client saw it."""

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Operation:
    """An invocation paired with its completion.

    ``call`` and ``ret`` are event indexes; ``ret`` is None when the outcome is
    INFO, because an indeterminate operation stays open for ever. ``input`` is the
    value invoked, ``output`` the value the completion carried.
    """

    call: int
    ret: int | None
    process: int
    f: str
    key: Any
    input: Any
    output: Any
    outcome: Outcome
    call_ns: int
    ret_ns: int | None
    node: str | None = None
    error: str | None = None
