"""What can be set on a node of the queue service: what Raft has, and how long a receive lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from targets.nodes.raft.options import Options as RaftOptions
from targets.nodes.raft.options import Parser


@dataclass(frozen=True, slots=True)
class Options(RaftOptions):
    """``visibility_s``: how long an element that was handed out is kept from others (seconds)."""

    visibility_s: float = 1.0

    @property
    def invisible_ms(self) -> int:
        """What a receive is promised: shorter, for the leader's clock may run too fast."""
        return int(self.visibility_s * (1 - self.clock_drift_max) * 1000)

    @classmethod
    def parsers(cls) -> Mapping[str, Parser]:
        """Raft's, and ``visibility-ms``."""
        return {**RaftOptions.parsers(), "visibility-ms": _visibility}


def _visibility(text: str) -> dict[str, Any]:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 3_600_000:
        raise ValueError("expected whole milliseconds from 1 to 3600000 (as in 1000)")
    return {"visibility_s": int(text) / 1000}
