"""What a format's reader hands back: events, and where each was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from histories.event import Event


@dataclass(slots=True)
class Reading:
    """A file read but not yet paired. ``lines[i]`` is the line number of ``events[i]``."""

    header: dict[str, Any]
    events: list[Event]
    lines: list[int]
    notes: list[str]
