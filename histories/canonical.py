"""A hashable stand-in for any JSON value, equal exactly when the values are equal."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

_PLAIN = frozenset((int, str, bool, type(None)))
"""Types whose values are normal already: a list of them, as a read of a set is, is taken whole."""


def canonical(value: Any) -> Hashable:
    """What ``value`` is compared by: ``true`` apart from 1, lists and objects deeply.

    Scalars stay themselves, so that the common case costs nothing. Lists and objects
    become their JSON text with sorted members; the tag keeps them apart from strings.
    """
    if value is None or type(value) is int or type(value) is str:
        scalar: Hashable = value
        return scalar
    if isinstance(value, bool):
        return ("bool", value)
    plain: Hashable = normal(value)
    if isinstance(plain, (list, dict)):
        return ("json", json.dumps(plain, sort_keys=True, separators=(",", ":")))
    return plain


def normal(value: Any) -> Any:
    """The value with every whole float, at any depth, as the integer it is in JSON.

    So 1.0 and 1 are one value, and [1.0] and [1] are; tuples become lists.
    """
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, (list, tuple)):
        if _PLAIN.issuperset(map(type, value)):
            return list(value)
        return [normal(one) for one in value]
    if isinstance(value, dict):
        return {name: normal(one) for name, one in value.items()}
    return value
