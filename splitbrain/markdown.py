"""Text from elsewhere made fit for Markdown on a page where others are: GitHub's, GitLab's.

Whatever a run says is text there: it makes no markup, no link, and calls nobody by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from splitbrain.text import clipped, printable, shortened

TEXT_MAX, CODE_MAX = 2_000, 4_000
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~&!])")
# Names and numbers are looked for once the page is made, when an escaped character is as any
# other: only what is not together is none.
_REACHING = (
    (re.compile("@"), "@<!-- -->"),
    (re.compile("#"), r"\\#<!-- -->"),
    (re.compile("://"), ":&#47;/"),
    (re.compile(r"www\.", re.IGNORECASE), "www&#46;"),
)


def text(told: str, limit: int = TEXT_MAX) -> str:
    """``told`` on one line, also within a table; none of it markup, a link, or a call."""
    line = _MARKUP.sub(r"\\\1", " ".join(printable(shortened(told, limit)).split()))
    for seen, instead in _REACHING:
        line = seen.sub(instead, line)
    return line


def code(told: str) -> str:
    """``told`` as code in a line."""
    shown = clipped(told, CODE_MAX)
    fence = "`" * (1 + _longest_ticks(shown))
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def fenced(told: str, kind: str = "text") -> str:
    """``told`` as it stands, between fences longer than any in it; nothing of nothing."""
    shown = printable(told)
    fence = "`" * max(3, 1 + _longest_ticks(shown))
    return f"{fence}{kind}\n{shown}\n{fence}" if shown else ""


def row(cells: Sequence[str]) -> str:
    """A line of a table; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def _longest_ticks(told: str) -> int:
    return max(map(len, re.findall("`+", told)), default=0)
