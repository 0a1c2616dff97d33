"""Where in a TOML file something stands: ``tomllib`` gives values without their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

Where = tuple[str, int, str]
"""A table's name ("" for the top), which of its kind (0 where there is one), and a key or ""."""

_HEADER = re.compile(r"\[{1,2}\s*([^\]]+?)\s*\]{1,2}")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=""")
_STRINGS = ('"""', "'''", '"', "'")


def places_in(text: str) -> dict[Where, int]:
    """The line, from 1, of each header and of each key below it; of valid TOML."""
    found: dict[Where, int] = {}
    count: dict[str, int] = {}
    table, index = "", 0
    for number, statement in _statements(text):
        if (header := _HEADER.match(statement)) is not None:
            table = header[1].replace('"', "").replace("'", "")
            if statement.startswith("[["):
                count[table] = count.get(table, -1) + 1
            index = count.get(table, 0)
            found.setdefault((table, index, ""), number)
        elif (key := _KEY.match(statement)) is not None:
            name = re.sub(r"""["'\s]""", "", key[1])
            head, _, last = name.rpartition(".")
            # axes.system = … says what system = … says below [axes].
            where = (head, 0, last) if head and not table else (table, index, name)
            found.setdefault(where, number)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The first line of each header and assignment, with its number."""
    number, at, depth = 1, 0, 0
    fresh = True
    while at < len(text):
        character = text[at]
        if fresh and not character.isspace() and character != "#":
            yield number, text[at:].partition("\n")[0]
            fresh = False
        if character == "#":
            at = _line_end(text, at)
            continue
        if (quote := next((q for q in _STRINGS if text.startswith(q, at)), None)) is not None:
            end = _string_end(text, at + len(quote), quote)
            number += text.count("\n", at, end)
            at = end
            continue
        if character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "\n":
            number += 1
            fresh = depth == 0
        at += 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _string_end(text: str, at: int, quote: str) -> int:
    while at < len(text) and not text.startswith(quote, at):
        at += 2 if text[at] == "\\" and quote.startswith('"') else 1
    return at + len(quote)
