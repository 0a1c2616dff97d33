"""The keys of a matrix: options of ``splitbrain test`` without their dashes, as TOML has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from splitbrain.cli.settings import Asked

Value = Any
"""A value of TOML that a key may have."""

_RENAMED = {"fault_targets": "fault-target", "bugs": "bug", "options": "option"}
KEYS = {_RENAMED.get(field.name, field.name.replace("_", "-")): field for field in fields(Asked)}
"""By key, the member of ``Asked`` that it is."""
SWITCHES = frozenset(("overlap", "stop-on-violation", "allow-faults"))
REPEATED = frozenset(("fault-target", "bug", "option"))
IDENTITY = ("tls-ca", "tls-cert", "tls-key", "user", "password-file")
EXPECT, NAME, SEED = "expect", "name", "seed"
CELL_KEYS = frozenset((*KEYS, EXPECT, NAME))
NOTHING = "none"
SEEDS_MAX = 10_000
_RANGE = re.compile(r"(\d{1,18})\s*-\s*(\d{1,18})", re.ASCII)


class Unreadable(ValueError):
    """A value that its key cannot have; the message says what was expected."""


def seeds_of(value: Value) -> list[int]:
    """The seeds of ``3``, ``"1-5"`` or a list of those. Raises Unreadable."""
    if isinstance(value, list):
        seeds = [seed for one in value for seed in seeds_of(one)]
        if not seeds:
            raise Unreadable('seen an empty list, expected seeds: 3, "1-5", or a list of those')
        return list(dict.fromkeys(seeds))
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return [value]
    found = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Unreadable(f'seen {value!r}, expected seeds: 3, "1-5", or a list of those')
    first, last = int(found[1]), int(found[2])
    if not first <= last < first + SEEDS_MAX:
        raise Unreadable(f"seen {value!r}, expected from the lower to the higher, {SEEDS_MAX:,}")
    return list(range(first, last + 1))


def text_of(key: str, value: Value) -> str:
    """A setting as it would be typed; it also names the setting. Raises Unreadable."""
    if key in SWITCHES:
        if not isinstance(value, bool):
            raise Unreadable(f"seen {value!r}, expected true or false")
        return "yes" if value else "no"
    if isinstance(value, dict) and key == "option":
        return ",".join(f"{name}={text_of(name, one)}" for name, one in value.items())
    if isinstance(value, list):
        if any(isinstance(one, (list, dict)) for one in value):
            raise Unreadable(f"seen {value!r}, expected a list of plain values")
        return ",".join(text_of(key, one) for one in value) or NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise Unreadable(f"seen {value!r}, expected a text, a number, or a list of those")


def asked_for(settings: Mapping[str, Value]) -> Asked:
    """What the command line would be told. Raises Unreadable for values no key can have."""
    typed: dict[str, Any] = {"system": ""}
    for key, value in settings.items():
        if key not in KEYS:
            continue
        name = KEYS[key].name
        if key in SWITCHES:
            text_of(key, value)
            typed[name] = value
        elif key in REPEATED:
            typed[name] = _words(key, value)
        else:
            typed[name] = text_of(key, value)
    return Asked(**typed)


def _words(key: str, value: Value) -> tuple[str, ...]:
    if isinstance(value, dict) and key == "option":
        return tuple(f"{name}={text_of(name, one)}" for name, one in value.items())
    listed = value if isinstance(value, list) else [value]
    words = tuple(text_of(key, one) for one in listed)
    return () if words == (NOTHING,) else words


def identity_words(settings: Mapping[str, Value], rooted: Callable[[str], str]) -> tuple[str, ...]:
    """The options that say who we are; files through ``rooted``."""
    words: list[str] = []
    for key in IDENTITY:
        if key in settings:
            text = text_of(key, settings[key])
            words += [f"--{key}", text if key == "user" else rooted(text)]
    return tuple(words)
