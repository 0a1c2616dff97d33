"""What is wrong with a history, told so that its author can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PROBLEMS_MAX = 20
"""More problems than this are not listed: they have one cause by then."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: ``where`` (file:line), what was ``seen``, what was ``expected``."""

    where: str
    seen: str
    expected: str

    def __str__(self) -> str:
        return f"{self.where}: {self.seen}\n    {self.expected}"


class HistoryError(Exception):
    """A history that cannot be read or judged. Holds every problem found, up to twenty.

    ``notes``: what was odd about its file beside them, such as where it is cut off.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems[:PROBLEMS_MAX])
        self.notes: list[str] = []
        lines = [str(problem) for problem in self.problems]
        if len(problems) >= PROBLEMS_MAX:
            lines.append(f"(stopped after {PROBLEMS_MAX} problems; there may be more)")
        super().__init__("\n".join(lines))


def excerpt(text: str, limit: int = 60) -> str:
    """``text`` quoted for a message: printable, and no longer than ``limit`` characters."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return ascii(shown) if not shown.isprintable() else repr(shown)
