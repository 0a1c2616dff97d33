"""Text from elsewhere made fit for a terminal."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

_KEPT = frozenset("\n\t")


def printable(text: str) -> str:
    """``text`` with control, bidirectional-format and surrogate characters spelt out.

    A value of a history, a log line of a node or a file name could otherwise move the
    cursor, colour the terminal, or turn the reading direction of the line around.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c if c in _KEPT or unicodedata.category(c) not in _UNPRINTABLE else _escape(c) for c in text
    )


# Control, format (bidirectional overrides among them), surrogate, line and paragraph separator.
_UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def value_text(value: Any, limit: int = 60) -> str:
    """A value of a history in JSON's notation on one line, at most ``limit`` characters."""
    # Cut first: of ten megabytes nobody needs to spell out more than what is shown.
    text = printable(json.dumps(value, ensure_ascii=False, default=repr)[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clipped(text: str, limit: int) -> str:
    """``text`` printable on one line, at most ``limit`` characters; longer ones end with …"""
    shown = printable(text[: limit + 1]).replace("\n", "\\n").replace("\t", "\\t")
    return shown if len(shown) <= limit and len(text) <= limit else shown[: limit - 1] + "…"


def shortened(text: str, limit: int = 4000) -> str:
    """``text``, or of one that nobody would read to its end the beginning, and how long it was."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
