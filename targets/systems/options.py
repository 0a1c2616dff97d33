"""Options of systems that are not our own: ``name=value``, all that is wrong told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Parser = Callable[[str], Any]


def parsed(texts: Iterable[str], parsers: Mapping[str, tuple[str, Parser]]) -> dict[str, Any]:
    """Field → value of the options in ``texts``; a later one of a name wins.

    ``parsers`` maps a name to its field and what reads its value. Raises ValueError that
    names all that is wrong.
    """
    values: dict[str, Any] = {}
    problems = []
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in parsers or not equals:
            known = ", ".join(parsers)
            problems.append(f"{text!r} is none of this system's options NAME=VALUE: {known}")
            continue
        field, parse = parsers[name]
        try:
            values[field] = parse(value)
        except ValueError as error:
            problems.append(f"{name}={value}: {error}")
    if problems:
        raise ValueError("; ".join(problems))
    return values


def one_of(*words: str) -> Parser:
    """Reads one of these words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"expected {' or '.join(words)}")
        return text

    return parse


def whole(least: int, most: int) -> Parser:
    """Reads a whole number from ``least`` to ``most``."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(text)

    return parse


def absolute_path(text: str) -> str:
    """Reads an absolute path."""
    if not text.startswith("/"):
        raise ValueError("expected an absolute path")
    return text


TRUSTING, WATCHFUL = "trusting", "watchful"
LOCK_PARSERS: dict[str, tuple[str, Parser]] = {
    "lock-ttl-s": ("lock_ttl_s", whole(1, 3600)),
    "lock-renewals": ("lock_renewals", whole(0, 10_000)),
    "lock-client": ("lock_client", one_of(TRUSTING, WATCHFUL)),
    "fencing": ("fencing", one_of("on", "off")),
}
"""Options of the workload lock, of every system that has locks."""
