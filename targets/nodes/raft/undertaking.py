"""What a leader has been asked to do and is busy with: a new server, a transfer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class CatchUp:
    """A server that is to join catches up as one that does not vote (2014, section 4.2.1).

    The present round ends when it holds the entry at ``target``, the last one when the
    round began at ``began_s`` on the leader's clock. ``silent`` counts the checks of the
    quorum since it was heard.
    """

    server: str
    origin: Any
    target: int
    began_s: float
    rounds: int = 1
    silent: int = 0


@dataclass(slots=True)
class TransferRequest:
    """``target`` is to lead after ``term``; ``asked``: it was told that its time has come."""

    target: str
    origin: Any
    term: int
    asked: bool = False
