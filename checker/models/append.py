"""Something that is appended to, and read as a whole: a string or a list per key.

The state is the sequence of pieces that were appended. A get that answers a string saw their
concatenation, one that answers a list saw the pieces themselves; nil, like the empty
string, says that nothing was there to see. ``put`` replaces everything: by one string, by
the elements of a list, by nothing when it is nil. ``read`` is another name for ``get``.

* a get of unknown outcome, or one that failed, says nothing; under the reading of Knossos
  one that answered nil says nothing either;
* an append or put that failed did not happen; one of unknown outcome took effect once or
  never.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import NamedTuple

from checker.models.model import Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome

Pieces = tuple[Hashable, ...]
REPLACED = ("replaced", None)
"""What is lacking when nothing but a put can help."""
_LACK_LENGTH = 64


class AppendEffect(NamedTuple):
    """``f``: append, put or get. ``value``: the piece appended; the pieces put; what a get saw,
    a string or a tuple of pieces."""

    f: str
    value: Hashable


def _effect(operation: Operation, reading: Reading) -> AppendEffect | None:
    outcome = operation.outcome
    if operation.f in ("append", "put"):
        if outcome is Outcome.FAIL:
            return None
        if operation.f == "append":
            return AppendEffect("append", canonical(operation.input))
        return AppendEffect("put", _pieces(operation.input))
    if outcome is not Outcome.OK:
        return None
    if operation.output is None:
        return AppendEffect("get", "") if reading.nil_read == "nil" else None
    if isinstance(operation.output, str):
        return AppendEffect("get", operation.output)
    return AppendEffect("get", _pieces(operation.output))


def _pieces(value: object) -> Pieces:
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return tuple(canonical(element) for element in value)
    return (canonical(value),)


def _step(state: Pieces, effect: AppendEffect) -> tuple[Hashable, ...]:
    if effect.f == "append":
        return ((*state, effect.value),)
    if effect.f == "put":
        return (effect.value,)
    if isinstance(effect.value, str):
        text = _text(state)
        return (state,) if text == effect.value else ()
    return (state,) if state == effect.value else ()


def _text(state: Pieces) -> str | None:
    """The pieces in one string; None where some piece is none."""
    try:
        return "".join(state)  # type: ignore[arg-type]
    except TypeError:
        return None


def _misfit(operation: Operation) -> str | None:
    f, answer = operation.f, operation.output
    if f not in ("append", "get", "read", "put"):
        return f"'{f}' is no operation of the model 'append' (append, get, read, put)"
    answered = f in ("get", "read") and operation.outcome is Outcome.OK
    if answered and not (answer is None or isinstance(answer, (str, list, tuple))):
        return f"a {f} answered {answer!r}: a string, a list or nil is expected"
    return None


def _observes(effect: AppendEffect) -> bool:
    return effect.f == "get"


def _resets(effect: AppendEffect) -> bool:
    return effect.f == "put"


def _doom(effects: Collection[AppendEffect]) -> Callable[[Pieces, AppendEffect], bool]:
    """What is only appended to, until a put, is a prefix of everything that is read by then."""
    return _doomed


def _doomed(state: Pieces, effect: AppendEffect) -> bool:
    seen = effect.value
    if effect.f != "get":
        return False
    if isinstance(seen, str):
        text = _text(state)
        return text is None or not seen.startswith(text)
    assert isinstance(seen, tuple)
    return seen[: len(state)] != state


def _lack(state: Pieces, effect: AppendEffect) -> Hashable:
    """What has to be appended next, unless everything is replaced.

    A string's beginning suffices to tell the pieces that fit from most that do not.
    """
    seen = effect.value
    if isinstance(seen, str):
        text = _text(state)
        if text is None or not seen.startswith(text):
            return REPLACED
        return ("text", seen[len(text) : len(text) + _LACK_LENGTH])
    assert isinstance(seen, tuple)
    if seen[: len(state)] != state:
        return REPLACED
    return ("piece", seen[len(state)])


def _supplies(lack: tuple[str, Hashable], effect: AppendEffect) -> bool:
    if effect.f != "append":
        return effect.f == "put"
    kind, value = lack
    if kind == "piece":
        return effect.value == value
    if kind == "text" and isinstance(effect.value, str):
        assert isinstance(value, str)
        return effect.value[:_LACK_LENGTH] == value[: len(effect.value)]
    return False


def _abstraction(effects: Collection[AppendEffect]) -> Callable[[Pieces], Hashable] | None:
    """Where every get answers a string, only the concatenation of the pieces can be told.

    A piece that is no string spoils every string that may be read, until the next put.
    """
    if all(effect.f != "get" or isinstance(effect.value, str) for effect in effects):
        return _joined
    return None


def _joined(state: Pieces) -> Hashable:
    if len(state) < 2:
        return state
    text = _text(state)
    return (text,) if text is not None else (("no", "text"),)


APPEND = Model(
    "append",
    (),
    ("append", "get", "read", "put"),
    _effect,
    _misfit,
    _step,
    _observes,
    summary="a string or list that is appended to and read whole",
    outcomes="a get of nil or '' saw nothing there; what failed did not happen, unknown gets "
    "say nothing",
    doom=_doom,
    resets=_resets,
    lack=_lack,
    supplies=_supplies,
    abstraction=_abstraction,
)
