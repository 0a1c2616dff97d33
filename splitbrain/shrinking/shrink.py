"""From a run that failed to the smallest plan found that fails in the same way.

guess ─► stretch ─► keys ─► faults ─► operations ─► nodes ─► clients ─► time ─┐
            ▲                                                                 │
            └──────────── again, as long as anything got smaller ─────────────┘
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checker.verdict import Violation
from splitbrain.finding import UNAVAILABLE, Finding
from splitbrain.plan import Plan
from splitbrain.record import RunRecord
from splitbrain.shrinking.guesses import guesses
from splitbrain.shrinking.passes import (
    fewer_clients,
    fewer_faults,
    fewer_keys,
    fewer_nodes,
    fewer_operations,
    only_a_stretch,
)
from splitbrain.shrinking.passing_time import shorter
from splitbrain.shrinking.search import BudgetSpent, Search
from targets.target import TargetError

Fails = Callable[[Plan], bool]

PASSES: tuple[tuple[str, Callable[[Plan, Fails], Plan]], ...] = (
    ("of its length", only_a_stretch),
    ("keys", fewer_keys),
    ("faults", fewer_faults),
    ("operations", fewer_operations),
    ("nodes", fewer_nodes),
    ("clients", fewer_clients),
    ("time", shorter),
)
ROUNDS_MAX = 20


@dataclass(frozen=True, slots=True)
class Ended:
    """How a search ended: by itself (``minimal``), ``interrupted``, or out of time (neither).

    ``trouble`` says what the harness failed at, where that ended it.
    """

    minimal: bool = False
    interrupted: bool = False
    trouble: str | None = None


def wanted_kind(record: RunRecord) -> tuple[str, Violation | None] | None:
    """The kind of finding that must stay, and what shows it; None when nothing was found."""
    for result in record.results:
        for violation in result.violations:
            return violation.kind, violation
    return (UNAVAILABLE, None) if Finding.of_record(record) else None


def shrink(record: RunRecord, whole: Plan, violation: Violation | None, search: Search) -> Ended:
    """Search; ``search.best`` is the smallest plan that failed, None when none did.

    ``whole`` is the run written out, ``violation`` what shows the kind that must stay.

    Ctrl-C ends the search and keeps the best so far, and so does a host that fails.
    """
    try:
        search.stage = "what the explanation names"
        for guess in guesses(record, whole, violation):
            if search.fails(guess):
                return Ended(minimal=_smaller(guess, search))
        return Ended(minimal=True)
    except BudgetSpent:
        return Ended()
    except KeyboardInterrupt:
        return Ended(interrupted=True)
    except (TargetError, OSError) as error:
        return Ended(trouble=str(error))


def _smaller(plan: Plan, search: Search) -> bool:
    """Pass after pass, until none finds anything; whether that came to be."""
    for _ in range(ROUNDS_MAX):
        before = plan
        for name, apply in PASSES:
            search.stage = f"fewer {name}" if name.endswith("s") else f"less {name}"
            plan = apply(plan, search.fails)
        if plan == before:
            return True
    return False
