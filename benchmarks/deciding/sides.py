"""The two sides of a comparison: how each is asked to decide an item, and what came of it."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from deciding.cases import Case
from deciding.limits import Ended, Run, run_limited

LOADING_S = 60.0
"""What a side may take, on top of its time limits, to start and to load a history."""
OURS = Path(__file__).with_name("ours.py")


@dataclass(slots=True)
class Samples:
    """What one side made of one item, over all repetitions that count."""

    verdict: str | None = None
    ended: Ended = "finished"
    why: str = ""
    seconds: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    algorithm: str | None = None

    @property
    def decided(self) -> bool:
        """Whether there is a verdict and a time for it."""
        return self.verdict in ("valid", "invalid") and bool(self.seconds)

    def take(self, answers: list[dict[str, Any]], run: Run) -> None:
        """Add what a process answered; the first repetition warms up if there are others."""
        for answer in answers:
            verdict = str(answer["verdict"])
            if self.verdict not in (None, verdict):
                verdict = f"{self.verdict}, then {verdict}"
            self.verdict = verdict
            self.peak_mb = max(self.peak_mb, float(answer.get("peak_mb") or 0.0))
            self.algorithm = answer.get("algorithm", self.algorithm)
            self.why = answer.get("reason") or ""
        counted = [float(answer["search_seconds"]) for answer in answers]
        self.seconds += counted[1:] or counted
        self.peak_mb = max(self.peak_mb, run.peak_mb)
        if not answers or run.ended != "finished":
            self.ended = run.ended if run.ended != "finished" else "failed"
            self.why = run.errors.strip().splitlines()[-1] if run.errors.strip() else self.ended
        elif self.verdict == "unknown":
            self.ended = "out of time"

    def summary(self) -> tuple[float, float, float]:
        """Seconds: min, median and max."""
        return min(self.seconds), median(self.seconds), max(self.seconds)


class Side(Protocol):
    """Someone who decides histories."""

    name: str

    def decide(
        self, case: Case, paths: list[Path], repetitions: int, limits: Limits
    ) -> list[tuple[list[dict[str, Any]], Run]]:
        """For each path the answers, one a repetition, and how the process ended."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one repetition may take, and what a process may hold."""

    time_s: float
    memory_mb: float


class Ours:
    """This checker, all items of a case in one fresh process."""

    name = "splitbrain"

    def decide(
        self, case: Case, paths: list[Path], repetitions: int, limits: Limits
    ) -> list[tuple[list[dict[str, Any]], Run]]:
        """See Side. Where the process died, the items it did not reach have no answers."""
        task = paths[0].with_name("task.json")
        document = {
            "model": case.model,
            "reading": case.reading,
            "repetitions": repetitions,
            "time_limit": limits.time_s,
            "items": [str(path) for path in paths],
        }
        task.write_text(json.dumps(document), encoding="utf-8")
        allowed = limits.time_s * repetitions * len(paths) + LOADING_S
        run = run_limited([sys.executable, str(OURS), str(task)], allowed, limits.memory_mb)
        answers: list[list[dict[str, Any]]] = [[] for _ in paths]
        for answer in _objects(run.lines):
            answers[answer["item"]].append(answer)
        return [(one, run) for one in answers]


class Peer:
    """Another checker: a command that follows the protocol of benchmarks/README.md."""

    def __init__(self, named: str) -> None:
        """``named`` is NAME=COMMAND. Raises ValueError when it is not."""
        self.name, equals, command = named.partition("=")
        self.command = shlex.split(command)
        if not (self.name and equals and self.command):
            raise ValueError(f"--peer {named!r}: expected NAME=COMMAND")

    def decide(
        self, case: Case, paths: list[Path], repetitions: int, limits: Limits
    ) -> list[tuple[list[dict[str, Any]], Run]]:
        """See Side: a process for each path."""
        found = []
        for path in paths:
            command = [*self.command, str(path), case.model, "split" if case.split else "whole"]
            command += [str(repetitions), f"{limits.time_s:g}"]
            allowed = limits.time_s * repetitions + LOADING_S
            run = run_limited(command, allowed, limits.memory_mb)
            found.append((_objects(run.lines), run))
        return found


def _objects(lines: list[str]) -> list[dict[str, Any]]:
    """The JSON objects among the lines; the last may have been cut off."""
    found = []
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and "verdict" in value and "search_seconds" in value:
            found.append(value)
    return found
