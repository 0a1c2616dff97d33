"""Verdicts, how they compose, and the result every checker returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from checker.consistency.order import SequentialOrder
    from checker.consistency.refutation import SequentialRefutation
    from checker.linearizability.certificate import Certificate
    from checker.linearizability.refutation import Refutation
    from checker.transactions.evidence import IsolationRefutation, SerialOrder, VersionOrder

    Proof: TypeAlias = (
        Certificate
        | Refutation
        | SequentialOrder
        | SequentialRefutation
        | SerialOrder
        | VersionOrder
        | IsolationRefutation
    )


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
class Promised:
    """What became of one promise that was asked about: a row of the table.

    ``promise`` is its name (``checker/consistency/promise.py``); ``reason`` says why it is not
    kept, or not known to be, and of one that is kept what that is worth. ``statistics`` is what
    was counted of one that has a rule of its own.
    """

    promise: str
    verdict: Verdict
    reason: str | None = None
    algorithm: str = ""
    seconds: float = 0.0
    violations: tuple[Violation, ...] = ()
    certificate: Proof | None = None
    statistics: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict with everything that backs it.

    ``certificate`` is what an independent verifier accepts: a linearization a key where the
    verdict is valid, and where it is not, a relaxed history that every order refutes; its
    ``to_json()`` is what is kept. ``search_seconds`` runs from interned columns in memory to
    verdict and, when it is valid, its certificate; ``explain_seconds`` is what
    telling a violation took after that.

    ``promises``: where others were asked about than linearizability alone, what became of each,
    in the order asked. The verdict is then that of all together, the violations are those of
    all, and the certificate is the first that backs the verdict.
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
    certificate: Proof | None = None
    statistics: dict[str, Any] = field(default_factory=dict)
    promises: tuple[Promised, ...] = ()

    def alone(self, promise: str = "linearizable") -> Result | None:
        """What is known of one promise; None when it was not asked about."""
        if not self.promises:
            return self if promise == "linearizable" else None
        row = next((row for row in self.promises if row.promise == promise), None)
        if row is None:
            return None
        return replace(
            self,
            verdict=row.verdict,
            reason=row.reason,
            algorithm=row.algorithm,
            search_seconds=row.seconds,
            violations=row.violations,
            certificate=row.certificate,
            promises=(),
        )

    def proofs(self) -> dict[str, Proof]:
        """The certificates there are, by promise; of linearizability alone, by model."""
        if not self.promises:
            return {} if self.certificate is None else {self.model: self.certificate}
        rows = ((row.promise, row.certificate) for row in self.promises)
        return {promise: proof for promise, proof in rows if proof is not None}
