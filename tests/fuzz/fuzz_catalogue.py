"""All checks of the long fuzz: by name, how often each is made of a history."""

from __future__ import annotations

import fuzz_checks
from fuzz_checks import Check
from fuzz_engines import engine

CHECKS: dict[str, tuple[float, Check]] = {
    "verdict": (1.0, fuzz_checks.verdict),
    "engine": (1.0, engine),
    "culprit": (0.5, fuzz_checks.culprit),
    "tampering": (0.3, fuzz_checks.tampering),
    "budgets": (0.3, fuzz_checks.budgets),
    "renaming": (0.2, fuzz_checks.renaming),
    "widening": (0.3, fuzz_checks.widening),
}
