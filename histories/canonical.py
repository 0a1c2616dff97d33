"""A hashable stand-in for any JSON value, equal exactly when the values are equal."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any


def canonical(value: Any) -> Hashable:
    """What ``value`` is compared by: ``true`` apart from 1, lists and objects deeply.

    Scalars stay themselves, so that the common case costs nothing. Lists and objects
    become their JSON text with sorted members; the tag keeps them apart from strings.
    """
    scalar: Hashable = value
    if value is None or type(value) is int or type(value) is str:
        return scalar
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, (list, tuple, dict)):
        return ("json", json.dumps(value, sort_keys=True, separators=(",", ":")))
    return scalar
