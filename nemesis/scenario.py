"""A scenario, its steps, and the words that scenarios have in common."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from nemesis.moments import THEN

Range = tuple[float, float]
CRASH = ("kill", "power-loss")
DEPOSE = ("kill", "pause", "power-loss", "partition")
AT_ONCE: Range = (0.0, 0.0)
SOON: Range = (0.0, 0.005)
BRIEFLY: Range = (0.02, 0.25)
CROWN = ("partition", *CRASH)
PAST_AN_ELECTION: Range = (1.0, 2.0)
SURE = ("", "acknowledged", "replicated", "prepared", "decided", "decision-sent")


@dataclass(frozen=True, slots=True)
class Step:
    """One fault of a scenario: any of ``kinds``, at ``target``, ``trigger`` + ``delay_s`` on."""

    kinds: tuple[str, ...]
    target: str
    trigger: str = ""
    delay_s: Range = AT_ONCE
    hold_s: Range = PAST_AN_ELECTION

    @property
    def is_sure(self) -> bool:
        """Whether its moment comes in any run in which clients are served."""
        return self.trigger in SURE


@dataclass(frozen=True, slots=True)
class Scenario:
    """Steps, and which mistake they are meant to bring to light."""

    name: str
    why: str
    steps: tuple[Step, ...]

    @property
    def is_about_snapshots(self) -> bool:
        """Whether it waits in vain where logs are not compacted during a run."""
        waits_for = [name for step in self.steps for name in step.trigger.split(THEN)]
        return any(name.startswith("snapshot") for name in waits_for)

    def is_possible(self, kinds: Collection[str]) -> bool:
        """Whether every step can be made of ``kinds``."""
        return all(any(kind in kinds for kind in step.kinds) for step in self.steps)

    def surely_meets(self, kinds: Collection[str]) -> set[str]:
        """Those of ``kinds`` it can have in a step whose moment comes in any healthy run."""
        steps = [step for step in self.steps if step.is_sure]
        return {kind for step in steps for kind in step.kinds if kind in kinds}
