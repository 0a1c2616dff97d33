"""What a stream can show: colours, and lines that move. Decided in one place, for all output.

NO_COLOR          set to anything: no colours (https://no-color.org)
FORCE_COLOR       set, and not 0: colours, also where nobody seems to look
CLICOLOR_FORCE    the same, as older programs have it
CLICOLOR=0        no colours
TERM=dumb         no colours, and nothing that moves

The first of them that says something decides; without any, a terminal has colours and nothing
else has. Only a terminal has lines that move, whatever is said of colours.
"""

from __future__ import annotations

import os
from typing import TextIO

GREEN, RED, YELLOW = "green", "red", "yellow"
COLORS = {"valid": GREEN, "invalid": RED, "unavailable": RED, "unknown": YELLOW, "vacuous": YELLOW}
"""Of verdicts. No meaning is in a colour alone: the word is always there."""


def colored(stream: TextIO) -> bool:
    """Whether to colour what is written to ``stream``."""
    if os.environ.get("NO_COLOR"):
        return False
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        if os.environ.get(name, "0") not in ("", "0"):
            return True
    if os.environ.get("CLICOLOR") == "0" or dumb():
        return False
    return stream.isatty()


def moving(stream: TextIO) -> bool:
    """Whether ``stream`` can take a line back to write it anew."""
    return stream.isatty() and not dumb()


def dumb() -> bool:
    """Whether the terminal says that it understands no escape codes."""
    return os.environ.get("TERM") == "dumb"
