"""Why an operation cannot come next, and what an object holds, in words."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from typing import Any

from checker.models.model import Effect, Kind, Model
from checker.wording import show
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
}
"""What a model's object is called; a register holds, all others are."""


def obstacle(operation: Operation, effect: Any, state: Hashable, model: Model) -> str:
    """Why ``effect`` is impossible in ``state``: ``needs 4, but the register holds 7``."""
    held = state_text(state)
    if isinstance(effect, Effect):
        if effect.kind is Kind.DIFFERS:
            expected = state_text(effect.expected)
            return f"found something else than {expected}, but the register holds {held}"
        return f"needs {state_text(effect.expected)}, but the register holds {held}"
    if operation.outcome is Outcome.FAIL:
        claim = f"failed ({operation.error})" if operation.error else "failed"
    elif operation.outcome is Outcome.OK and operation.output not in (None, operation.input):
        claim = f"answered {show(operation.output)}"
    else:
        claim = "was acknowledged"
    return f"{claim}, but the {THINGS.get(model.name, 'state')} is {held}"


def state_text(state: Any, width: int = STATE_WIDTH_MAX) -> str:
    """A state as people write values: ``7``, ``nil``, ``[1, 2, … 9]``, ``{1, 2}``.

    Both ends of what is too long stay, for most objects change at one of them.
    """
    if isinstance(state, str) and len(state) > 4 * width:
        state = state[: 2 * width] + "…" + state[-2 * width :]
    text = _text(state, width)
    if len(text) <= width:
        return text
    half = (width - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def _text(state: Any, width: int) -> str:
    if isinstance(state, tuple):
        # Stand-ins of values that cannot be compared as they are (histories/canonical.py).
        if len(state) == 2 and state[0] == "json" and isinstance(state[1], str):
            try:
                return json.dumps(json.loads(state[1]), ensure_ascii=False)
            except ValueError:
                pass
        if len(state) == 2 and state[0] == "bool" and isinstance(state[1], bool):
            return show(state[1])
        return f"[{_listed(state, width)}]"
    if isinstance(state, frozenset):
        return f"{{{_listed(sorted(state, key=_rank), width)}}}"
    if state is None or isinstance(state, (bool, int, float)):
        return show(state)
    if isinstance(state, str):
        text = json.dumps(state, ensure_ascii=False)
        return text if text.isprintable() else ascii(state)
    text = repr(state)
    return text if text.isprintable() else ascii(text)


def _rank(value: Any) -> tuple[str, Any]:
    name = type(value).__name__
    return (name, value) if isinstance(value, (int, float, str)) else (name, repr(value))


def _listed(items: Iterable[Any], width: int) -> str:
    """The items in order; of very many only those that can be seen."""
    chosen = list(items)
    if len(chosen) > width:
        chosen = chosen[: width // 2] + chosen[-width // 2 :]
    return ", ".join(_text(item, width) for item in chosen)
