"""JSON taken for a dataclass, each member looked at: what was changed by hand is told, not met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def shaped(kind: type[T], data: Any, where: str = "") -> T:
    """A ``kind`` (a dataclass) of what JSON held; lists become tuples where it has tuples.

    Members that ``data`` lacks take their defaults. Raises ValueError, with the path to it, for
    a member that is missing, not known, or of another kind.
    """
    if not isinstance(data, dict):
        raise ValueError(_wrong(where, data, "an object"))
    hints = _hints(cast("Any", kind))
    if unknown := sorted(set(data) - set(hints)):
        raise ValueError(f"{where or 'it'} has members that are not known: {unknown}")
    needed = [f.name for f in fields(kind) if f.default is f.default_factory is MISSING]  # type: ignore[arg-type]
    if missing := [name for name in needed if name not in data]:
        raise ValueError(f"{where or 'it'} lacks {missing}")
    named = {n: _value(hints[n], value, f"{where}.{n}".lstrip(".")) for n, value in data.items()}
    return kind(**named)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    # Names that are imported for the type checker alone are of proofs, which have their own file.
    hidden = {"Proof": Any}
    return get_type_hints(kind, localns=hidden)


def _value(hint: Any, data: Any, where: str) -> Any:
    origin = get_origin(hint)
    if hint is Any:
        return data
    if origin in (Union, UnionType):
        return _any_of(get_args(hint), data, where)
    if origin is tuple:
        return _tuple(get_args(hint), data, where)
    if origin is list:
        return list(_tuple((*get_args(hint), ...), data, where))
    if origin is dict or origin is Mapping:
        if not isinstance(data, dict):
            raise ValueError(_wrong(where, data, "an object"))
        return {
            name: _value(get_args(hint)[1], one, f"{where}.{name}") for name, one in data.items()
        }
    if hint is None or hint is type(None):
        if data is not None:
            raise ValueError(_wrong(where, data, "null"))
        return None
    if is_dataclass(hint) and isinstance(hint, type):
        return shaped(hint, data, where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _member(hint, data, where)
    # JSON has one kind of number, and true is none of them.
    wanted = (int, float) if hint is float else hint
    if not isinstance(data, wanted) or (isinstance(data, bool) and hint is not bool):
        raise ValueError(_wrong(where, data, getattr(hint, "__name__", str(hint))))
    return data


def _any_of(hints: tuple[Any, ...], data: Any, where: str) -> Any:
    if data is None and type(None) in hints:
        return None
    rest = [hint for hint in hints if hint is not type(None)]
    for hint in rest[:-1]:
        try:
            return _value(hint, data, where)
        except ValueError:
            continue
    return _value(rest[-1], data, where)


def _tuple(hints: tuple[Any, ...], data: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise ValueError(_wrong(where, data, "a list"))
    if len(hints) == 2 and hints[1] is ...:
        hints = (hints[0],) * len(data)
    if len(hints) != len(data):
        raise ValueError(_wrong(where, data, f"a list of {len(hints)}"))
    pairs = enumerate(zip(hints, data, strict=True))
    return tuple(_value(hint, one, f"{where}[{number}]") for number, (hint, one) in pairs)


def _member(hint: type[Enum], data: Any, where: str) -> Enum:
    try:
        return hint(data)
    except ValueError:
        known = ", ".join(str(member.value) for member in hint)
        raise ValueError(_wrong(where, data, f"one of {known}")) from None


def _wrong(where: str, data: Any, expected: str) -> str:
    seen = repr(data)
    seen = seen if len(seen) <= 60 else seen[:59] + "…"
    return f"{where or 'it'} is {seen}, expected {expected}"
