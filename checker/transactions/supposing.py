"""Looks for an order of transactions over registers: infers, supposes, and turns back.

What is found is trusted by nobody: an order is replayed, and of a contradiction the few
transactions that it rests on are what ``exact.py`` tries all orders of.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from checker.transactions.chains import chained, numbered
from checker.transactions.columns import READ, WRITE
from checker.transactions.edges import REALTIME
from checker.transactions.inferred import Inferred
from checker.transactions.polygraph import (
    APART,
    BASE,
    CYCLE,
    DONE,
    EARLIER,
    EDGES,
    FLOOR,
    GUESSED,
    LATER,
    OTHERWISE,
    OVERLAPS,
    SIZES,
    SUPPOSED,
    WORK,
    Polygraph,
)
from histories.table import NEVER, OK

CELLS_MAX = 40_000_000
"""Nodes times chains: 160 MB."""
WORK_MAX = 3_000_000_000
"""Cells looked at, some seconds."""
TURNS_MAX = 2_000
"""Contradictions among suppositions before it is given up."""
MADE = 20_000
"""Cells that could be looked at in the time that making a transaction's nodes takes."""
EDGES_PER_NODE, TRAIL_MAX = 64, 1 << 22


@dataclass(frozen=True, slots=True)
class Sought:
    """What became of a search. ``order``: of nodes' transactions, each twice where snapshots were
    asked for (begin, then commit). ``contradicting``: rows of which there is no order, whatever
    the others do; ``guessed``: those of which a guess played a part in that. Neither: it is not
    known. ``work``: what it cost, about, in cells looked at."""

    order: Any = None
    contradicting: tuple[int, ...] = ()
    guessed: frozenset[int] = frozenset()
    work: int = 0


@dataclass(slots=True)
class _Blame:
    """What a contradiction rests on: transactions, suppositions by depth, and transactions that it
    was guessed of when they came."""

    rows: set[int] = field(default_factory=set)
    levels: set[int] = field(default_factory=set)
    guessed: set[int] = field(default_factory=set)

    def add(self, other: _Blame) -> None:
        """Take in what another rests on."""
        self.rows |= other.rows
        self.levels |= other.levels
        self.guessed |= other.guessed


def seek(
    inferred: Inferred,
    within: int,
    kernels: Any,
    *,
    rows: Any = None,
    snapshots: bool = False,
    overlaps: bool = False,
    loose: Set[int] | None = None,
) -> Sought:
    """An order of the transactions that happened (or of ``rows`` of them, by what these read from
    one another) that explains every read; or those that have none.

    ``within``: PROCESS, REALTIME, or 0. With ``snapshots`` an order of begins and commits,
    in which two that write one register do not overlap unless ``overlaps``.
    ``loose``: guess that all rows but these come in real time.
    """
    search = _Search.of(inferred, within, kernels, rows, snapshots, loose)
    if search is None:
        return Sought()
    search.sizes[OVERLAPS] = overlaps
    sought = search.run()
    work = WORK_MAX - int(search.sizes[WORK]) + MADE * len(inferred.transactions)
    return replace(sought, work=work)


class _Search:
    def __init__(self, g: Polygraph, rows: Any, kernels: Any, base: int, times: Any) -> None:
        self._g, self._rows, self._kernels, self._base = g, rows, kernels, base
        self._times = times
        self.sizes = g.sizes
        self._seen = np.zeros(len(g.chain), np.int32)
        self._back = np.zeros(len(g.chain), np.int32)
        self._mark = 0
        self._blamed: dict[int, _Blame] = {}

    @classmethod
    def of(
        cls,
        inferred: Inferred,
        within: int,
        kernels: Any,
        rows: Any,
        snapshots: bool,
        loose: Set[int] | None,
    ) -> _Search | None:
        c, owner = inferred.transactions, inferred.owner
        assert inferred.writer is not None and inferred.external is not None
        if rows is None:
            rows = np.flatnonzero(inferred.happened == 1)
        n = len(rows)
        number = np.full(len(c), -1, np.int64)
        number[rows] = np.arange(n)
        # The last write of each transaction to each key is the one that others see.
        written = np.flatnonzero((c.kind == WRITE) & (number[owner] >= 0))
        code = number[owner[written]] * len(c.keys) + c.key[written]
        slots = np.unique(code)
        slot_owner = (slots // max(len(c.keys), 1)).astype(np.int32)
        slot_key = (slots % max(len(c.keys), 1)).astype(np.int32)
        # Reads of what one of the others wrote, or of what was there at first.
        read = np.flatnonzero((c.kind == READ) & (inferred.external == 1) & (number[owner] >= 0))
        wrote = inferred.writer[read]
        read = read[(wrote < 0) | (number[owner[wrote]] >= 0)]
        wrote = inferred.writer[read]
        seen = np.full(len(read), -1, np.int64)
        known = wrote >= 0
        seen[known] = np.searchsorted(
            slots, number[owner[wrote[known]]] * len(c.keys) + c.key[wrote[known]]
        )
        reader = number[owner[read]].astype(np.int32)
        by_slot = np.argsort(seen, kind="stable")
        by_slot = by_slot[seen[by_slot] >= 0]
        pairs = list(zip(slot_owner[seen[by_slot]].tolist(), reader[by_slot].tolist(), strict=True))
        numbers, ahead, guessed = chained(c, rows, within, pairs, loose)
        chain, place, chains = numbered(numbers)
        width = 2 if snapshots else 1
        if width * n * chains > CELLS_MAX:
            return None
        begin = np.arange(n, dtype=np.int32) * width
        commit = begin + (width - 1)
        node_chain, node_owner = np.repeat(chain, width), np.repeat(np.arange(n), width)
        node_place = np.empty(width * n, np.int32)
        node_place[begin] = place * width - (width - 1)
        node_place[commit] = place * width
        groups = np.lexsort((place[slot_owner], chain[slot_owner], slot_key))
        code = slot_key[groups].astype(np.int64) * chains + chain[slot_owner[groups]]
        kinds, starts = np.unique(code, return_index=True)
        edges = [(int(commit[one]), int(begin[other])) for one, other in [*ahead, *pairs]]
        if snapshots:
            edges += list(zip(begin.tolist(), commit.tolist(), strict=True))
        first_group = np.searchsorted(kinds // chains, np.arange(len(c.keys) + 1))
        first_member = np.append(starts, len(groups))
        for at in np.flatnonzero(seen < 0).tolist():
            key, one = int(c.key[read[at]]), int(reader[at])
            for group in range(int(first_group[key]), int(first_group[key + 1])):
                for slot in groups[first_member[group] : first_member[group + 1]].tolist():
                    if slot_owner[slot] != one:
                        edges.append((int(begin[one]), int(commit[slot_owner[slot]])))
                        break
        sure = len(edges)
        edges += [(int(commit[one]), int(begin[other])) for one, other in guessed]
        room = len(edges) + EDGES_PER_NODE * width * n + 64
        source, target = np.zeros(room, np.int32), np.zeros(room, np.int32)
        if edges:
            source[: len(edges)], target[: len(edges)] = np.array(edges, np.int32).T
        sizes = np.zeros(SIZES, np.int64)
        sizes[WORK] = WORK_MAX
        nodes = width * n
        suppositions = 4 * len(read) + 8 * len(slots) + 64
        trail = min(TRAIL_MAX, 64 * nodes * chains + 1024)
        g = Polygraph(
            node_chain.astype(np.int32), node_place, np.zeros((nodes, chains), np.int32),
            node_owner.astype(np.int32), begin, commit,
            np.searchsorted(reader, np.arange(n + 1)), c.key[read].astype(np.int32),
            seen.astype(np.int32), reader,
            np.searchsorted(slot_owner, np.arange(n + 1)), slot_owner, slot_key,
            np.searchsorted(seen[by_slot], np.arange(len(slots) + 1)), reader[by_slot],
            first_group, (kinds % chains).astype(np.int32), first_member,
            groups.astype(np.int32),
            source, target, np.zeros(room, np.int8), np.zeros((room, 3), np.int32),
            np.zeros(room, np.int32), np.full(nodes, -1, np.int32), np.full(room, -1, np.int32),
            np.zeros(nodes, np.int32), np.zeros(nodes, np.int8), np.zeros(nodes + 1, np.int32),
            np.zeros(nodes, np.int8), np.zeros(trail, np.int64), np.zeros(trail, np.int32),
            np.zeros((suppositions, 4), np.int64), np.zeros(nodes, np.int64),
            np.zeros(len(read), np.int32), sizes,
        )  # fmt: skip
        g.rule[sure : len(edges)] = GUESSED
        return cls(g, rows, kernels, len(edges), (c.call[rows], c.ret[rows], c.outcome[rows]))

    def run(self) -> Sought:
        """Until nothing is open, or one contradiction rests on no supposition."""
        g, kernels = self._g, self._kernels
        if kernels.ground(g, self._base, np.zeros(len(g.chain), np.int32)) < len(g.chain):
            return Sought()
        self._hint()
        said = int(kernels.advance(g))
        for _ in range(TURNS_MAX):
            if said == DONE:
                return Sought(order=g.owner[self._order()])
            if said != CYCLE:
                return Sought()
            edge = int(g.sizes[EDGES]) - 1
            blamed = self._blame(edge)
            if not blamed.levels:
                guessed = frozenset(self._rows[list(blamed.guessed)].tolist())
                contradicting = tuple(sorted(self._rows[list(blamed.rows)].tolist()))
                return Sought(contradicting=contradicting, guessed=guessed)
            deepest = max(blamed.levels)
            if deepest <= int(g.sizes[FLOOR]):
                return Sought()
            at = int(g.supposed[deepest - 1, 0])
            one, two, three = (int(x) for x in g.because[at])
            apart = one == two
            forward = int(g.source[at]) == int(g.commit[three])
            kernels.take_back(g, deepest - 1)
            if apart:
                ends = (one, three) if forward else (three, one)
                u, v = int(g.commit[ends[0]]), int(g.begin[ends[1]])
            elif forward:
                u, v = int(g.begin[one]), int(g.commit[three])
            else:
                u, v = int(g.commit[three]), int(g.commit[two])
            blamed.rows |= {one, two, three}
            blamed.levels.discard(deepest)
            self._blamed[int(g.sizes[EDGES])] = blamed
            said = int(kernels.relate(g, u, v, OTHERWISE, one, two, three))
            if said == DONE:
                said = int(kernels.advance(g))
        return Sought()

    def _order(self) -> Any:
        """Nodes in an order that goes with all that is known: who comes later knows of more."""
        g = self._g
        return np.lexsort((g.hint, g.reach.sum(axis=1, dtype=np.int64)))

    def _hint(self) -> None:
        """Tell about when each node came, and look at reads in that order."""
        g = self._g
        call, ret, outcome = self._times
        last = int(call.max(initial=0)) + 1
        ends = np.where((outcome == OK) & (ret != NEVER), ret, last)
        later, sooner = call[g.owner].astype(np.int64), np.minimum(ends, last)[g.owner]
        self._kernels.hints(g, self._order(), sooner.astype(np.int64), later)
        g.turns[:] = np.argsort(g.hint[g.begin[g.reader]], kind="stable")

    def _blame(self, edge: int) -> _Blame:
        """What the contradiction rests on that an edge leads to."""
        g = self._g
        blamed = _Blame()
        met = {edge}
        todo = [edge]
        if g.source[edge] != g.target[edge]:
            self._trace(int(g.target[edge]), int(g.source[edge]), edge, met, todo)
        while todo:
            e = todo.pop()
            rule = int(g.rule[e])
            ends = int(g.owner[g.source[e]]), int(g.owner[g.target[e]])
            blamed.rows.update(ends)
            if rule == GUESSED:
                blamed.guessed.update(ends)
            if rule in (BASE, GUESSED):
                continue
            one, two, three = (int(x) for x in g.because[e])
            blamed.rows.update((one, two, three))
            if rule == SUPPOSED:
                blamed.levels.add(int(g.level[e]))
            elif rule == OTHERWISE:
                blamed.add(self._blamed[e])
            elif rule == EARLIER:
                self._trace(int(g.commit[three]), int(g.begin[one]), e, met, todo)
            elif rule == LATER:
                self._trace(int(g.commit[two]), int(g.commit[three]), e, met, todo)
            elif rule == APART:
                self._trace(int(g.begin[three]), int(g.commit[one]), e, met, todo)
        return blamed

    def _trace(self, u: int, v: int, below: int, met: set[int], todo: list[int]) -> None:
        """Note the edges of a path that was there before an edge."""
        g = self._g
        if u == v:
            return
        self._mark += 1
        found = self._kernels.path(g, u, v, below, self._seen, self._mark, self._back)
        assert found, "what follows has no reason"
        while v != u:
            e = int(self._back[v])
            if e not in met:
                met.add(e)
                todo.append(e)
            v = int(g.source[e])


def seek_loosely(
    inferred: Inferred,
    within: int,
    kernels: Any,
    *,
    snapshots: bool = False,
    overlaps: bool = False,
) -> Sought:
    """The same. Where real time need not be kept, most keep it all the same: it is guessed that all
    do, and no longer of those of whom it led to a contradiction."""
    loose: set[int] = set()
    work = 0
    if within != REALTIME:
        while work < WORK_MAX:
            sought = seek(
                inferred, within, kernels, snapshots=snapshots, overlaps=overlaps, loose=loose
            )
            if sought.order is not None or (sought.contradicting and not sought.guessed):
                return sought
            if not sought.guessed:
                break
            loose |= sought.guessed
            work += sought.work
    return seek(inferred, within, kernels, snapshots=snapshots, overlaps=overlaps)


def smallest(
    inferred: Inferred, rows: tuple[int, ...], within: int, kernels: Any, *, snapshots: bool = False
) -> tuple[int, ...]:
    """As few of the rows as still contradict one another: none can be left out alone."""
    kept = list(rows)
    for row in rows:
        fewer = [one for one in kept if one != row]
        if row not in kept or not fewer:
            continue
        sought = seek(inferred, within, kernels, rows=np.array(fewer), snapshots=snapshots)
        if sought.contradicting:
            kept = list(sought.contradicting)
    return tuple(kept)
