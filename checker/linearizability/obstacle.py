"""Why an operation cannot come next, and what an object holds, in words."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from typing import Any

from checker.models.model import Effect, Kind, Model
from checker.wording import show, show_name, show_steps
from histories.canonical import canonical
from histories.event import Operation, Outcome

STATE_WIDTH_MAX = 60
THINGS = {
    "fifo-queue": "queue",
    "unordered-queue": "queue",
    "mutex": "lock",
    "lock": "lock",
    "set": "set",
    "counter": "counter",
    "append": "value",
    "multi-register": "state",
    "list-append": "state",
}
"""What a model's object is called; a register holds, all others are."""


def obstacle(operation: Operation, effect: Any, state: Hashable, model: Model) -> str:
    """Why ``effect`` is impossible in ``state``: ``needs 4, but the register holds 7``."""
    held = state_text(state, model)
    if isinstance(effect, Effect):
        if effect.kind is Kind.DIFFERS:
            expected = state_text(effect.expected)
            return f"found something else than {expected}, but the register holds {held}"
        return f"needs {state_text(effect.expected)}, but the register holds {held}"
    if operation.outcome is Outcome.FAIL:
        claim = f"failed ({operation.error})" if operation.error else "failed"
    elif operation.f == "dequeue" and operation.outcome is Outcome.OK and operation.output is None:
        claim = "found it empty"
    elif operation.outcome is Outcome.OK and operation.output not in (None, operation.input):
        claim = f"answered {value_text(operation.output)}"
    else:
        claim = "was acknowledged"
    return f"{claim}, but the {THINGS.get(model.name, 'state')} is {held}"


def state_text(state: Any, model: Model | None = None, width: int = STATE_WIDTH_MAX) -> str:
    """A state as people write values: ``7``, ``nil``, ``[1, 2, … 9]``, ``held by process 3``.

    Both ends of what is too long stay, for most objects change at one of them.
    """
    name = model.name if model else ""
    if name == "mutex":
        text = str(state)
    elif name == "lock":
        text = "free" if state is None else _owned(state)
    elif name == "multi-register" and isinstance(state, frozenset):
        held = sorted(state, key=repr)
        text = ", ".join(f"{show_name(register)} {_text(value, width)}" for register, value in held)
        text = text or "nil in all"
    elif name == "list-append" and isinstance(state, frozenset):
        held = sorted(state, key=repr)
        text = ", ".join(f"{show_name(one)} {_text(value, width)}" for one, value in held)
        text = text or "empty in all"
    elif name == "unordered-queue" and isinstance(state, frozenset):
        counted = sorted(state, key=lambda pair: _rank(pair[0]))
        text = f"{{{_listed((one for one, count in counted for _ in range(count)), width)}}}"
    elif name == "append" and state and all(isinstance(piece, str) for piece in state):
        # Pieces of text are read as one.
        text = _text(_clipped("".join(state), width), width)
    else:
        text = _text(_clipped(state, width), width)
    return _middle_out(text, width)


def value_text(value: Any, width: int = STATE_WIDTH_MAX) -> str:
    """A value of a history as people write it; steps of a transaction as ``w x 3, r y 4``."""
    steps = show_steps(value) or show_steps([value])
    return _middle_out(steps or _text(_clipped(canonical(value), width), width), width)


def _owned(state: Any) -> str:
    kind, owner = state
    return f"held by process {owner}" if kind == "process" else f"held by {show_name(owner)}"


def _clipped(state: Any, width: int) -> Any:
    if isinstance(state, str) and len(state) > 4 * width:
        return state[: 2 * width] + "…" + state[-2 * width :]
    return state


def _middle_out(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    half = (width - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def _text(state: Any, width: int) -> str:
    if isinstance(state, tuple):
        # Stand-ins of values that cannot be compared as they are (histories/canonical.py).
        if len(state) == 2 and state[0] == "json" and isinstance(state[1], str):
            try:
                return _printable(json.dumps(json.loads(state[1]), ensure_ascii=False))
            except ValueError:
                pass
        if len(state) == 2 and state[0] == "bool" and isinstance(state[1], bool):
            return show(state[1])
        return f"[{_listed(state, width)}]"
    if isinstance(state, frozenset):
        return f"{{{_listed(sorted(state, key=_rank), width)}}}"
    if state is None or isinstance(state, (bool, int, float)):
        return show(state)
    return _printable(
        json.dumps(state, ensure_ascii=False) if isinstance(state, str) else repr(state)
    )


def _printable(text: str) -> str:
    """Never breaks a terminal."""
    return text if text.isprintable() else ascii(text)[1:-1]


def _rank(value: Any) -> tuple[str, Any]:
    name = type(value).__name__
    return (name, value) if isinstance(value, (int, float, str)) else (name, repr(value))


def _listed(items: Iterable[Any], width: int) -> str:
    """The items in order; of very many only those that can be seen."""
    chosen = list(items)
    if len(chosen) > width:
        chosen = chosen[: width // 2] + chosen[-width // 2 :]
    return ", ".join(_text(item, width) for item in chosen)
