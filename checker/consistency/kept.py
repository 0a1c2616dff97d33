"""Whether a guarantee is kept: what breaks it, or why that cannot be said."""

from __future__ import annotations

from dataclasses import dataclass

from checker.verdict import Violation


@dataclass(frozen=True, slots=True)
class Kept:
    """``violations``: of ``found`` those that are told. ``undecided``: why it is not known, if
    nothing is wrong as far as can be seen; None and no violations: it is kept. ``only_if``: what
    must be so for that to be true, where it is not what one expects.
    """

    violations: tuple[Violation, ...] = ()
    undecided: str | None = None
    found: int = 0
    only_if: str | None = None
