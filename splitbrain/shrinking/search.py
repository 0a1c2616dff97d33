"""The search for a smaller plan: what was tried, what is best so far, and when it is enough."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from splitbrain.plan import Plan

TELL_EVERY_S = 2.0


class BudgetSpent(Exception):
    """The time for trying is over; the best so far is what there is."""


@dataclass(slots=True)
class Search:
    """Asks ``oracle`` whether a plan still fails; each plan once, as long as there is time.

    ``best`` is the last plan that did: every candidate is made from the best by leaving
    something out, so that the last is the smallest. ``tell`` is called now and then while it
    goes on, with the search. ``clock`` gives seconds.
    """

    oracle: Callable[[Plan], bool]
    budget_s: float
    tell: Callable[[Search], None] = lambda search: None
    clock: Callable[[], float] = time.monotonic
    best: Plan | None = None
    tries: int = 0
    stage: str = ""
    _known: dict[Plan, bool] = field(default_factory=dict)
    _began_s: float = field(init=False)
    _told_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._began_s = self._told_s = self.clock()

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return self.clock() - self._began_s

    def fails(self, plan: Plan) -> bool:
        """Whether the plan still fails; then it is the best so far.

        Raises BudgetSpent instead of trying once the time is over.
        """
        known = self._known.get(plan)
        if known is None:
            if self.seconds >= self.budget_s:
                raise BudgetSpent
            now_s = self.clock()
            if now_s - self._told_s >= TELL_EVERY_S:
                self._told_s = now_s
                self.tell(self)
            known = self._known[plan] = self.oracle(plan)
            self.tries += 1
        if known:
            self.best = plan
        return known
