"""Decides any object, key by key, under one budget: monitors first, then the search."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from checker.linearizability.decision import Budget, Decision, Status
from checker.linearizability.monitors.decide import monitor_of
from checker.linearizability.objects import layout
from checker.linearizability.objects.classes import Classes, classes_of
from checker.linearizability.objects.engine import (
    FULL,
    OPEN,
    PLAIN,
    Search,
    compiled_kernels_loaded,
    warmed,
)
from checker.linearizability.objects.part import Prepared, prepare
from checker.linearizability.objects.replay import linearization
from checker.linearizability.objects.steps import Transitions
from checker.models.interruption import OutOfTime, within
from checker.models.model import Model
from checker.reading import Reading
from histories.table import Table

if TYPE_CHECKING:
    from checker.linearizability.monitors.finding import Findings

Int64 = npt.NDArray[np.int64]

DEPTH, BREADTH = "search depth-first", "search breadth-first"
RELAXED = "search with open operations unlimited"

PLAIN_OPERATIONS_MAX = 3_000
PLAIN_FUEL = 1_500
"""Configurations worth expanding in plain Python before numba is worth loading (0.3 s)."""
FIRST_FUEL = 1_000
"""Configurations that each way of searching a key gets in the first round; twice in the next."""
CHUNK, PLAIN_CHUNK = 10_000, 500
"""Configurations between looks at the clock."""
HARD = 5_000
"""Configurations after which a part with open operations is tried with these unlimited."""
UNLIMITED_FUEL = 20_000
UNLIMITED_BYTES = 16 << 20
TICK_SECONDS = 0.25


def decide(
    table: Table,
    model: Model,
    reading: Reading,
    budget: Budget,
    *,
    rules: int = layout.ALL_RULES,
    ways: tuple[str, ...] = (DEPTH, BREADTH),
    monitors: bool = True,
    compiled: bool | None = None,
) -> Decision:
    """What is known of each key of ``table`` within ``budget``; of one part in all, number 0,
    when the model is not by key.

    The keyword arguments are for tests: which rules prune, which ways of searching take
    turns, whether monitors may decide, whether to use compiled kernels (None: as it pays).
    """
    monitor = monitor_of(model.name) if monitors else None
    findings = None if monitor is None else monitor(table, reading, budget)
    if findings is not None and findings.complete():
        return findings.decision()
    run = _Run(table, model, reading, budget, rules, ways, compiled)
    if findings is not None:
        run.adopt(findings)
    with within(budget.left):
        run.search()
    return run.decision()


@dataclass(slots=True)
class _Key:
    """A key, and what is known of it so far."""

    number: int
    rows: Int64
    status: Status | None = None
    prepared: Prepared | None = None
    transitions: Transitions | None = None
    searches: list[Search] = field(default_factory=list)
    order: Int64 | list[int] = ()  # type: ignore[assignment]
    stuck: int = -1
    verified: int = 0
    expanded: int = 0
    clusters: tuple[int, ...] = ()
    algorithm: str = ""
    relaxed: bool = False


class _Run:
    """All keys of one history, taking turns."""

    def __init__(
        self,
        table: Table,
        model: Model,
        reading: Reading,
        budget: Budget,
        rules: int,
        ways: tuple[str, ...],
        compiled: bool | None,
    ) -> None:
        self.table = table
        self.model = model
        self.reading = reading
        self.budget = budget
        useful = model.independent is not None or model.lack is not None
        self.rules = rules if useful else rules & ~layout.LATER
        self.ways = ways
        self.compiled = compiled
        groups = table.rows_by_key() if model.by_key else [np.arange(len(table))]
        self.keys = [_Key(number, rows) for number, rows in enumerate(groups)]
        for key in self.keys:
            if not len(key.rows):
                key.status = Status.LINEARIZED
        self.functions: Any = PLAIN
        self.shared: Transitions | None = None
        self.plain_fuel = PLAIN_FUEL
        self.ticked = time.perf_counter()

    def adopt(self, findings: Findings) -> None:
        """Take over what a monitor decided."""
        for key in self.keys:
            found = findings.of(key.number) if key.status is None else None
            if found is None:
                continue
            key.status = Status.LINEARIZED if found.linearized else Status.REFUTED
            key.order, key.stuck, key.clusters = found.order, found.stuck, found.clusters
            key.verified = int(findings.verified[key.number])
            key.algorithm = findings.algorithm

    def search(self) -> None:
        """Rounds over the undecided keys with growing fuel, until a verdict or a budget's end."""
        undecided = [key for key in self.keys if key.status is None]
        if not undecided:
            return
        self.classes: Classes = classes_of(self.table, self.model, self.reading)
        effects = self.classes.effects
        self.observes = np.array([self.model.observes(effect) for effect in effects], np.bool_)
        resets = self.model.resets
        self.resets = np.array([resets is not None and resets(e) for e in effects], np.bool_)
        if self.model.doom is None and self.model.abstraction is None:
            # What was found out for one key serves the others.
            self.shared = self._transitions(effects)
        if self.compiled or (
            self.compiled is None
            and (compiled_kernels_loaded() or len(self.table) > PLAIN_OPERATIONS_MAX)
        ):
            self._compile()
        fuel = FIRST_FUEL
        refuted = any(key.status is Status.REFUTED for key in self.keys)
        while undecided and not refuted:
            for key in undecided:
                try:
                    self._attempt(key, fuel)
                except OutOfTime:
                    self._close(key, Status.TIME)
                if key.status is Status.REFUTED:
                    refuted = True
                    break
            undecided = [key for key in undecided if key.status is None]
            fuel *= 2
        for key in undecided:
            self._close(key, Status.SKIPPED)

    def _transitions(self, occurring: Collection[Any]) -> Transitions:
        goals = bool(self.rules & layout.LATER and self.rules & layout.LACK)
        effects, observes = self.classes.effects, self.observes.tolist()
        return Transitions(self.model, effects, observes, occurring, goals=goals)

    def _transitions_of(self, key: _Key) -> Transitions:
        """The transitions of a key; the model may conclude from which effects occur there."""
        if self.shared is not None:
            return self.shared
        assert key.prepared is not None
        names = key.prepared.part.name.tolist()
        return self._transitions([self.classes.effects[name] for name in names])

    def _attempt(self, key: _Key, fuel: int) -> None:
        """Give a key so much fuel for each way of searching."""
        if self.budget.late():
            self._close(key, Status.TIME)
            return
        if key.prepared is None:
            key.prepared = prepare(
                *(self.table.call, self.table.ret, key.rows),
                *(self.classes.of_row, self.observes, self.resets),
            )
            key.transitions = self._transitions_of(key)
            key.searches = [
                Search(key.prepared, key.transitions, breadth=way == BREADTH, rules=self.rules)
                for way in self.ways
            ]
        for way, search in zip(self.ways, key.searches, strict=True):
            if search.status != FULL:
                self._run(key, search, search.expanded + fuel)
            if search.status in (layout.REFUTED, layout.LINEARIZED):
                self._decided(key, search, way)
            if key.status is not None:
                return
            if search.expanded >= HARD and not key.relaxed:
                key.relaxed = True
                if self._refuted_unlimited(key):
                    return
        if all(search.status == FULL for search in key.searches):
            self._close(key, Status.MEMORY)

    def _run(self, key: _Key, search: Search, stop: int) -> None:
        """Run one search until it has expanded so much, or a budget ends it."""
        allowed = self.budget.configurations
        while search.status == OPEN and search.expanded < stop:
            chunk = min(PLAIN_CHUNK if search.plain else CHUNK, stop - search.expanded)
            if allowed is not None:
                chunk = min(chunk, allowed - sum(one.expanded for one in key.searches))
            if chunk <= 0 or self.budget.late():
                self._close(key, Status.CONFIGURATIONS if chunk <= 0 else Status.TIME)
                return
            if self.functions is PLAIN and self.plain_fuel <= 0 and self.compiled is None:
                self._compile()
            before = search.expanded
            search.run(self.functions, chunk, self._memory(search), self.budget.late)
            self.plain_fuel -= search.expanded - before
            self._tick()

    def _memory(self, search: Search) -> int:
        """What this search and its steps may take beside the others."""
        others = sum(
            one.memory_bytes for key in self.keys for one in key.searches if one is not search
        )
        if self.shared is None:
            steps = [key.transitions for key in self.keys if key.transitions is not None]
            others += sum(one.memory_bytes for one in steps if one is not search.transitions)
        return self.budget.memory_bytes - others

    def _refuted_unlimited(self, key: _Key) -> bool:
        """Close the key as refuted if it is so even with open operations never used up.

        The completion it is stuck at then need not be the first that cannot be placed, but
        the prefix up to it is refuted all the same.
        """
        assert key.prepared is not None
        if not len(key.prepared.members):
            return False
        # Its states may be without end (a queue), so they are kept apart, and few.
        names = key.prepared.part.name.tolist()
        transitions = self._transitions([self.classes.effects[name] for name in names])
        search = Search(key.prepared, transitions, breadth=True, unlimited=True, rules=self.rules)
        memory = min(self._memory(search), UNLIMITED_BYTES)
        search.run(self.functions, UNLIMITED_FUEL, memory, self.budget.late)
        if search.status != layout.REFUTED:
            return False
        key.searches.append(search)
        self._decided(key, search, RELAXED)
        return True

    def _decided(self, key: _Key, search: Search, way: str) -> None:
        """Close a key by what a search found."""
        assert key.prepared is not None
        key.algorithm = way
        if search.status == layout.LINEARIZED:
            early = bool(self.rules & layout.EARLY)
            key.order = linearization(key.prepared, search.transitions, search.moves(), early=early)
            self._close(key, Status.LINEARIZED)
            return
        stuck = search.stuck
        if stuck > search.deepest:
            stuck = self._first_stuck(key, search, stuck)
        self._close(key, Status.REFUTED)
        key.stuck = int(key.prepared.required[key.prepared.part.returning[stuck]])

    def _first_stuck(self, key: _Key, refuting: Search, stuck: int) -> int:
        """The rank of the first return that cannot be placed, if that is found cheaply.

        Giving up early for what returns late refutes the prefix up to that; a search without
        giving up says what the shortest such prefix is.
        """
        assert key.prepared is not None
        search = Search(key.prepared, refuting.transitions, rules=self.rules & ~layout.DOOM)
        fuel = 4 * refuting.expanded + 1_000
        while search.status == OPEN and search.expanded < fuel and not self.budget.late():
            chunk = min(CHUNK, fuel - search.expanded)
            try:
                search.run(self.functions, chunk, self._memory(search), self.budget.late)
            except OutOfTime:
                break
        return search.deepest if search.status == layout.REFUTED else stuck

    def _close(self, key: _Key, status: Status) -> None:
        """Keep what was learned, and let go of the searches' memory."""
        key.status = status
        key.expanded = sum(search.expanded for search in key.searches)
        key.verified = max((search.deepest for search in key.searches), default=0)
        if key.prepared is not None and key.verified < len(key.prepared.required):
            returning = key.prepared.part.returning
            key.stuck = int(key.prepared.required[returning[key.verified]])
        if status is Status.LINEARIZED:
            key.stuck = -1
        key.searches = []
        key.transitions = None

    def _compile(self) -> None:
        """Go over to compiled kernels; the time that takes is not the search's."""
        began = time.perf_counter()
        self.functions = warmed()
        self.budget.compiled(time.perf_counter() - began)

    def _tick(self) -> None:
        now = time.perf_counter()
        if self.budget.tick is not None and now - self.ticked >= TICK_SECONDS:
            self.ticked = now
            done = [key for key in self.keys if key.status is not None]
            going = [search for key in self.keys for search in key.searches]
            self.budget.tick(
                len(done),
                sum(key.verified for key in done)
                + sum(max(s.deepest for s in key.searches) for key in self.keys if key.searches),
                sum(key.expanded for key in done) + sum(search.expanded for search in going),
            )

    def decision(self) -> Decision:
        """What is known of all keys."""
        keys = self.keys
        lengths = [len(key.order) for key in keys]
        used = [key.algorithm for key in keys if key.algorithm]
        names = sorted(set(used), key=lambda name: (-used.count(name), name))
        orders = [np.asarray(key.order, np.int64) for key in keys if len(key.order)]
        return Decision(
            status=np.array([key.status for key in keys], np.int8),
            order=np.concatenate(orders) if orders else np.zeros(0, np.int64),
            starts=np.cumsum([0, *lengths]).astype(np.int64),
            stuck=np.array([key.stuck for key in keys], np.int64),
            verified=np.array([key.verified for key in keys], np.int64),
            expanded=np.array([key.expanded for key in keys], np.int64),
            algorithms=tuple(names) or (self.ways[0],),
            clusters={key.number: key.clusters for key in keys if key.clusters},
        )
