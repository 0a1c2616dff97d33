"""Whether a smaller plan still fails: it is run, and what was found is looked at.

On the simulated host once says it all. Elsewhere a machine makes something else of the same
plan each time, so a plan counts as failing when it did in at least k of n runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from splitbrain.finding import Finding
from splitbrain.plan import Plan

if TYPE_CHECKING:
    from splitbrain.record import RunRecord

Runner = Callable[[Plan], Finding]
"""Runs a plan; what was found. Raises KeyboardInterrupt when the user stopped it."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Whether ``run`` finds ``kind`` in at least ``needed`` of ``times`` runs of a plan.

    No more runs are made than settle it, and none of a plan that is not ``fit`` to show it.
    """

    run: Runner
    kind: str
    needed: int = 1
    times: int = 1
    fit: Callable[[Plan], bool] = lambda plan: True

    def __call__(self, plan: Plan) -> bool:
        """Whether the plan still fails."""
        if not self.fit(plan):
            return False
        failed = 0
        for run in range(self.times):
            failed += self.kind in self.run(plan).kinds
            left = self.times - run - 1
            if failed >= self.needed or failed + left < self.needed:
                break
        return failed >= self.needed


def simulated(plan: Plan) -> Finding:
    """Run a plan in virtual time. What the harness itself fails at finds nothing."""
    from splitbrain.campaign import attempt

    trial = attempt(plan)
    return Finding.of(trial.kinds, late=trial.unavailable is not None)


class Elsewhere:
    """Runs plans on real hosts; their folders go to ``store``, which the caller throws away.

    ``failed`` has the latest run of each plan that found ``kind``: nobody can say whether
    another run of it would.
    """

    def __init__(self, store: Path, kind: str) -> None:
        self._store, self._kind = store, kind
        self.failed: dict[Plan, RunRecord] = {}

    def __call__(self, plan: Plan) -> Finding:
        """Run the plan; what was found."""
        from splitbrain.run import execute

        record = execute(plan, store=self._store)
        if record.interrupted:
            raise KeyboardInterrupt
        found = Finding.of_record(record)
        if self._kind in found.kinds:
            self.failed[plan] = record
        return found
