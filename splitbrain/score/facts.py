"""What a scorecard was made with: nothing of it depends on when or where."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from splitbrain import __version__
from splitbrain.own_source import source_digest
from splitbrain.score.plans import Request


@dataclass(frozen=True, slots=True)
class Facts:
    """The question, and the program that answered it. ``command`` may name an output, too."""

    request: Request
    command: str
    version: str
    python: str
    source: str

    @property
    def program(self) -> str:
        """The program, in a line."""
        return f"splitbrain {self.version} (source {self.source[:12]}), Python {self.python}"


def facts_of(request: Request, command: str | None = None) -> Facts:
    """Those of this program."""
    return Facts(
        request,
        command or request.command,
        __version__,
        platform.python_version(),
        source_digest(),
    )
