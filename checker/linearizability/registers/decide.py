"""Decides registers, key by key, under one budget.

Unambiguous keys fall to the monitor (``monitor.py``). The others take turns: each is first
searched depth first, with windows (``windows.py``) when it gets no further. Keys that are hard are
put off, and then searched depth first, the same sparing crashed operations, and breadth first by
turns, with doubling fuel, round robin, until one is refuted or all are decided.

A small history is tried in plain Python, which takes less time than importing numba would; once
the compiled kernels are at hand, in one call of them (``small.py``).
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from checker.linearizability.decision import Budget, Decision, Status
from checker.linearizability.registers import functions
from checker.linearizability.registers.effects import effects_of
from checker.linearizability.registers.layout import CAS, RULES, WRITE
from checker.linearizability.registers.memory import Memory
from checker.linearizability.registers.rules import ALL, applicable
from checker.linearizability.registers.small import decide_small
from checker.linearizability.registers.stepping import BREADTH, DEPTH, LINEARIZED, REFUTED, THRIFT
from checker.linearizability.registers.turns import HARD, UNDECIDED, Columns, Turns
from checker.models import Model
from checker.reading import Reading
from histories.table import NEVER, Table

MONITOR, SEARCH = "zones of unique values", "just-in-time linearization"
PLAIN_OPERATIONS_MAX = 3_000
PLAIN_FUEL = 3_000
"""Configurations worth expanding in plain Python before numba is worth loading (0.3 s)."""
FIRST_FUEL = 40_000
"""Configurations for a key before the others get their turn."""
THREADED_MIN = 50_000
"""Operations from which on threads are worth starting."""
GATHERED_MIN = 200_000
"""Operations of several keys from which on columns are sorted by key."""
TICK_SECONDS = 0.25

WAYS = (DEPTH, THRIFT, BREADTH)
"""What takes turns on a hard key."""

_kept = threading.local()
"""The memory of the last search of this thread, for the next one."""


def decide(
    table: Table,
    model: Model,
    reading: Reading,
    budget: Budget,
    *,
    rules: int = ALL,
    monitored: bool = True,
    compiled: bool | None = None,
) -> Decision:
    """What is known of each key of ``table`` within ``budget``.

    For tests: ``rules`` (``rules.py``), whether the monitor is asked, and whether kernels are
    compiled (None: as it pays).
    """
    loaded = functions.loaded()
    if loaded and compiled is not False and monitored and rules == ALL:
        found = decide_small(table, model, reading, budget, functions.compiled("search"), SEARCH)
        if found is not None:
            return found
    if compiled is None:
        compiled = loaded or len(table) > PLAIN_OPERATIONS_MAX
    run = _Run(table, model, reading, budget, applicable(rules), compiled)
    if monitored:
        run.monitor()
    run.search()
    return run.decision()


class _Run:
    """All keys of one history. Written with care for small ones: a numpy call costs 1 µs."""

    def __init__(
        self,
        table: Table,
        model: Model,
        reading: Reading,
        budget: Budget,
        rules: int,
        compiled: bool,
    ) -> None:
        self.table = table
        self.budget = budget
        self.rules = rules
        self.functions = functions.PLAIN
        if compiled:
            self.functions = functions.compiled("columns", budget=budget)
        n, count = len(table), len(table.keys)
        effects = effects_of(table, model, reading, self.functions)
        rows, starts = np.empty(n, np.int64), np.zeros(count + 2, np.int64)
        self.functions.group(effects.kind, table.key, rows, starts)
        self.starts = starts[: count + 1]
        self.count = count
        found, statuses = np.zeros((4, count), np.int64), np.empty(count, np.int8)
        statuses.fill(UNDECIDED)
        found[1] = -1
        self.columns = Columns(
            (*effects[:3], table.call, table.ret, rows, self.starts),
            effects.values,
            np.empty(n, np.int64),
            found[0],
            statuses,
            found[1],
            found[2],
            found[3],
        )
        self.refuted = False
        self.gathered: npt.NDArray[np.int64] | None = None
        self.clusters: dict[int, tuple[int, ...]] = {}
        self.monitored = 0
        self.thread = threading.current_thread()
        self.ticked = time.perf_counter()

    def monitor(self) -> None:
        """Let the monitor decide what is unambiguous."""
        if not self._promising():
            return
        columns = self.columns
        self.functions.load("monitor", self.budget)
        evidence = np.empty((self.count, 8), np.int64)
        self.functions.monitor_keys(
            *columns.inputs, 0, columns.home(False), columns.order, columns.counts,
            columns.statuses, evidence,
        )  # fmt: skip
        done = columns.statuses >= 0
        decided = done.nonzero()[0]
        if not len(decided):
            return
        self.monitored = int(np.count_nonzero(self.starts[decided] < self.starts[decided + 1]))
        if not self.monitored:
            return
        kind, ret, key = columns.inputs[0], self.table.ret, self.table.key
        closed = (kind >= 0) & (ret != NEVER)
        if self.count == 1:
            # A tenth of what counting by key takes.
            columns.verified[0] = np.count_nonzero(closed)
        else:
            columns.verified[done] = np.bincount(key[closed], minlength=self.count)[done]
        for one in np.flatnonzero(columns.statuses == REFUTED).tolist():
            self.refuted = True
            stuck = int(evidence[one, 0])
            columns.stuck[one] = stuck
            columns.verified[one] = np.count_nonzero(closed & (key == one) & (ret < ret[stuck]))
            self.clusters[one] = tuple(evidence[one, 1:].tolist())

    def _promising(self) -> bool:
        """Whether some key may be unambiguous; asked before compiling the monitor for nothing."""
        if hasattr(self.functions, "monitor_keys"):
            return True
        kind, _, new = self.columns.inputs[:3]
        producing = (kind == WRITE) | (kind == CAS)
        keys, values = self.table.key[producing], new[producing]
        made = np.sort(keys.astype(np.int64) << 32 | values)
        twice = made[1:][made[1:] == made[:-1]] >> 32
        return len(np.setdiff1d(keys, twice)) > 0

    def search(self) -> None:
        """Search the keys that are undecided, until all are decided or one is refuted."""
        statuses = self.columns.statuses
        if self.functions.plain and self.undecided():
            self._in_plain_python()
        undecided = self.undecided()
        if undecided:
            self.functions.load("search", self.budget)
        if undecided > 1:
            self._gather()
            self._first_turns()
        elif undecided:
            statuses[statuses == UNDECIDED] = HARD
        if undecided and not self.refuted:
            self._hard_turns()
        if self.refuted:
            statuses[statuses < 0] = Status.SKIPPED
        if self.gathered is not None:
            self._scatter(self.gathered)

    def _gather(self) -> None:
        """Let the rows of a key lie side by side, when fetching each from afar would cost more."""
        *columns, rows, starts = self.columns.inputs
        if len(rows) < GATHERED_MIN or self.monitored:
            return
        self.gathered = rows[: int(self.starts[-1])]
        near = tuple(np.take(column, self.gathered) for column in columns)
        self.columns.inputs = (*near, np.arange(len(self.gathered)), starts)

    def _scatter(self, rows: npt.NDArray[np.int64]) -> None:
        """Name rows of the table again, where rows side by side were named."""
        columns = self.columns
        for key in np.flatnonzero(columns.statuses == LINEARIZED).tolist():
            order = columns.order[self.starts[key] : self.starts[key] + columns.counts[key]]
            order[:] = rows[order]
        known = columns.stuck >= 0
        columns.stuck[known] = rows[columns.stuck[known]]

    def undecided(self) -> int:
        """How many keys still have to be decided: none once one is refuted."""
        return 0 if self.refuted else int(np.count_nonzero(self.columns.statuses < 0))

    def decision(self) -> Decision:
        """What is known now."""
        columns = self.columns
        counts = columns.counts
        starts = np.zeros(self.count + 1, np.int64)
        if self.count == 1:
            if columns.statuses[0] != LINEARIZED:
                counts[0] = 0
            starts[1] = counts[0]
            order = columns.order[: starts[1]]
        else:
            counts[columns.statuses != LINEARIZED] = 0
            np.cumsum(counts, out=starts[1:])
            # What the keys have left of their places in the order is taken out.
            ends = self.starts[:-1] + counts
            edges = np.zeros(len(columns.order) + 1, np.int8)
            np.add.at(edges, self.starts[:-1], 1)
            np.subtract.at(edges, ends, 1)
            order = columns.order[np.cumsum(edges[:-1], dtype=np.int8).astype(np.bool_)]
        names: tuple[str, ...] = (MONITOR,) if self.monitored else (SEARCH,)
        if self.monitored and columns.expanded.any():
            most = 2 * self.monitored >= np.count_nonzero(counts)
            names = (MONITOR, SEARCH) if most else (SEARCH, MONITOR)
        return Decision(
            columns.statuses,
            order,
            starts,
            columns.stuck,
            columns.verified,
            columns.expanded,
            names,
            self.clusters,
        )

    def _in_plain_python(self) -> None:
        """A little fuel without numba; if that does not do, compiled kernels take over."""
        columns, inputs = self.columns, self.columns.inputs
        columns.inputs = tuple(column.tolist() for column in inputs)
        turns = self._turns(0, self.count, DEPTH, self.budget.memory_bytes)
        turns.take(PLAIN_FUEL, self.settled)
        columns.inputs = inputs
        if self.undecided():
            self.functions = functions.compiled("search", budget=self.budget)

    def _first_turns(self) -> None:
        """Every key once, so that easy ones are out of the way; threads share the keys out."""
        jobs = min(self.budget.jobs, self.count) if len(self.table) >= THREADED_MIN else 1

        def share(number: int) -> None:
            first, end = self.count * number // jobs, self.count * (number + 1) // jobs
            turns = self._turns(first, end, DEPTH, self.budget.memory_bytes // jobs)
            while turns.key < turns.end and not self.refuted:
                turns.take(FIRST_FUEL, self.settled)
                if turns.key < turns.end and self.columns.statuses[turns.key] == UNDECIDED:
                    turns.leave(HARD)
            _kept.memory = turns.memory

        if jobs == 1:
            share(0)
            return
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(share, range(jobs)))

    def _hard_turns(self) -> None:
        """The keys that were put off, depth first and breadth first by turns, round robin."""
        statuses = self.columns.statuses
        hard = (statuses == HARD).nonzero()[0].tolist()
        limit = self.budget.memory_bytes // (len(WAYS) * max(len(hard), 1))
        searches: dict[tuple[int, int], Turns] = {}
        fuel = FIRST_FUEL
        while hard:
            for key in hard:
                size = int(self.starts[key + 1] - self.starts[key])
                for way in WAYS:
                    if statuses[key] != HARD:
                        continue
                    turns = searches.get((key, way))
                    if turns is None:
                        turns = searches[key, way] = self._turns(key, key + 1, way, limit)
                    self._take_hard(turns, max(fuel, 2 * size))
                    if self.refuted:
                        return
                if statuses[key] != HARD:
                    for way in WAYS:
                        searches.pop((key, way), None)
            hard = [key for key in hard if statuses[key] == HARD]
            fuel *= 2

    def _take_hard(self, turns: Turns, fuel: int) -> None:
        """One turn of one way of searching one key, whose figures are those of all ways."""
        columns, key = self.columns, turns.first
        verified, stuck = columns.verified[key], columns.stuck[key]
        turns.elsewhere = elsewhere = int(columns.expanded[key]) - turns.spent
        columns.statuses[key] = UNDECIDED
        turns.take(fuel, self.settled)
        status = columns.statuses[key]
        if status == UNDECIDED:
            columns.statuses[key] = status = HARD
        columns.expanded[key] += elsewhere
        if status != LINEARIZED and verified > columns.verified[key]:
            columns.verified[key], columns.stuck[key] = verified, stuck
        if turns.way == DEPTH and status != HARD:
            _kept.memory = turns.memory

    def _turns(self, first: int, end: int, way: int, limit: int) -> Turns:
        """A search over some keys, in the memory of an earlier one if it suits."""
        if end - first == 1:
            most = int(self.starts[end] - self.starts[first])
        else:
            most = int((self.starts[first + 1 : end + 1] - self.starts[first:end]).max(initial=0))
        plain = self.functions.plain
        memory: Memory | None = None
        if way == DEPTH and not plain:
            memory = getattr(_kept, "memory", None)
            _kept.memory = None
        if memory is None or not memory.suits(most, limit):
            memory = Memory.of(most, limit, plain)
        memory.part.sizes[RULES] = self.rules
        memory.limit_bytes = limit
        return Turns(self.columns, self.functions, memory, self.budget, first, end, way)

    def settled(self, code: int) -> bool:
        """Whether a key is refuted, last by ``code``. At times tells how far things are."""
        if code == REFUTED:
            self.refuted = True
        tick = self.budget.tick
        if tick is not None and threading.current_thread() is self.thread:
            now = time.perf_counter()
            if now - self.ticked > TICK_SECONDS:
                self.ticked = now
                columns = self.columns
                done = int(np.count_nonzero(columns.statuses >= 0))
                tick(done, int(columns.verified.sum()), int(columns.expanded.sum()))
        return self.refuted
