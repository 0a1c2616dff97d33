"""What is remembered of a transaction: at its coordinator, at a participant, for its client."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from targets.nodes.two_phase_commit.locks import Age
from targets.nodes.two_phase_commit.request import Request
from targets.nodes.two_phase_commit.store import ItemStep, Write


class Stage(StrEnum):
    """How far a participant has come with a transaction.

    A yes is the point of no return: PREPARED is left by the coordinator's word alone.
    """

    LOCKING = "locking"
    DONE = "done"
    PREPARED = "prepared"


@dataclass(slots=True)
class Work:
    """A transaction at a participant. ``lacks`` are the items whose locks it waits for."""

    id: str
    coordinator: str
    age: Age
    steps: list[ItemStep]
    writes: list[Write]
    stage: Stage = Stage.LOCKING
    lacks: set[str] = field(default_factory=set)
    heard_s: float = 0.0
    """When its coordinator was last heard of, or asked."""


@dataclass(slots=True)
class Asked:
    """A client's transaction, over all its attempts. ``origins`` wait for the answer."""

    request: Request
    origins: list[Any]
    age: Age | None = None
    began_s: float = 0.0
    attempts: int = 0
    kept: dict[int, Any] = field(default_factory=dict)
    """Reads that need not be done again: none, in a correct node."""


@dataclass(slots=True)
class Running:
    """An attempt of a transaction at its coordinator, before it is decided."""

    id: str
    asked: Asked
    shares: dict[str, list[ItemStep]]
    deadline_s: float
    reads: dict[int, Any] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    votes: dict[str, str] = field(default_factory=dict)

    @property
    def is_voting(self) -> bool:
        """Whether all locks are held, so that the participants have been asked to prepare."""
        return len(self.done) == len(self.shares)


@dataclass(slots=True)
class Decided:
    """A transaction that has committed, at its coordinator: who has not acknowledged it yet."""

    id: str
    waits_for: set[str]
    told_s: float = 0.0
