"""Verdicts, how they compose, and the result every checker returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checker.linearizability.certificate import Certificate
    from checker.linearizability.refutation import Refutation


class Verdict(StrEnum):
    """What a checker decided of a history."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    VACUOUS = "vacuous"

    @property
    def exit_code(self) -> int:
        """The exit code the command line gives for this verdict (contracts: 0, 1 or 3)."""
        return {"valid": 0, "invalid": 1}.get(self.value, 3)


_SEVERITY = (Verdict.VALID, Verdict.VACUOUS, Verdict.UNKNOWN, Verdict.INVALID)


def compose(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of several together: invalid > unknown > vacuous > valid.

    No verdict at all composes to VACUOUS: nothing was tested.
    """
    return max(verdicts, key=_SEVERITY.index, default=Verdict.VACUOUS)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that cannot have happened, told so that a reader can check it.

    ``kind`` is a field term (``stale read``, ``lost write``, ``duplicate`` ...),
    ``sentence`` says it in words, ``operations`` holds the ``call`` indexes of the
    few operations that matter, in order of invocation, and ``culprit`` the call
    index of the one that cannot be placed.
    """

    kind: str
    sentence: str
    operations: tuple[int, ...]
    culprit: int | None = None
    key: Any = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict with everything that backs it.

    ``certificate`` is what an independent verifier accepts: a linearization a key where the
    verdict is valid, and where it is not, a relaxed history that every order refutes; its
    ``to_json()`` is what is kept. ``search_seconds`` runs from interned columns in memory to
    verdict and, when it is valid, its certificate; ``explain_seconds`` is what
    telling a violation took after that.
    """

    verdict: Verdict
    model: str
    algorithm: str
    operations: int
    keys: int
    reason: str | None = None
    search_seconds: float = 0.0
    explain_seconds: float = 0.0
    violations: tuple[Violation, ...] = ()
    certificate: Certificate | Refutation | None = None
    statistics: dict[str, Any] = field(default_factory=dict)
