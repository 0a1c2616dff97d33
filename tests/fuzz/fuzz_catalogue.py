"""All checks of the long fuzz: by name, how often each is made of a history."""

from __future__ import annotations

import fuzz_checks
from fuzz_checks import Check
from fuzz_engines import engine
from fuzz_evidence import forgery, refutation, relaxations
from fuzz_online import online
from fuzz_promises import promises, sessions_kept

CHECKS: dict[str, tuple[float, Check]] = {
    "verdict": (1.0, fuzz_checks.verdict),
    "engine": (1.0, engine),
    "culprit": (0.5, fuzz_checks.culprit),
    "online": (0.3, online),
    "refutation": (0.5, refutation),
    "relaxations": (0.6, relaxations),
    "forgery": (0.2, forgery),
    "tampering": (0.3, fuzz_checks.tampering),
    "budgets": (0.3, fuzz_checks.budgets),
    "renaming": (0.2, fuzz_checks.renaming),
    "widening": (0.3, fuzz_checks.widening),
    "promises": (0.5, promises),
    "sessions": (0.5, sessions_kept),
}
