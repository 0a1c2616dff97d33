"""Checks an order of versions against a history: under it, does a level hold?

This shares nothing with the inference but the table of levels. The order says of each key which
version came after which; what clients were told says who wrote and who read each. So every
dependency is there, and what Adya, and Cerone and Gotsman (``levels.py``) rule out is looked for:
the graph is small enough to be walked in plain Python, and the walks are plain.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise, permutations, product
from typing import Any

from checker.transactions.edges import PROCESS, REALTIME
from checker.transactions.levels import (
    CAUSAL,
    LEVELS,
    PARALLEL_SNAPSHOT_ISOLATION,
    READ_ATOMIC,
    READ_COMMITTED,
    READ_UNCOMMITTED,
    SNAPSHOT_ISOLATION,
)
from checker.transactions.told import UNTOLD, Key, Told, Unproved
from histories.canonical import canonical
from histories.event import Operation, Outcome

Versions = dict[Key, list[Any]]
"""Of each key the values, from the first version to the last."""
Graph = list[list[int]]

NODES_MAX = 20_000
"""More transactions are not looked at for cycles with one rw: who sees whom takes n² bits."""
PAIRS_MAX = 20_000_000
TRIED_MAX = 2_000
WRITES, READS = ("append", "w", "write"), ("r", "read")


class Broken(Unproved):
    """Under this order of versions there is a cycle that the level rules out."""


def check_versions(told: Told, level: str, versions: Iterable[dict[str, Any]]) -> None:
    """Raise Unproved unless the level holds under these versions, as certificates list them."""
    listed: Versions = {}
    for one in versions:
        if (key := told.key(one)) in listed:
            raise Unproved(f"the versions of {key[1]!r} are there twice")
        listed[key] = [canonical(value) for value in one["values"]]
    _Dependencies(told, level, listed).check()


def check_no_versions(told: Told, level: str) -> None:
    """Raise Unproved if under some order of versions the level holds.

    Of what is of unknown outcome that is in which somebody saw: more only asks for more. Of a list
    the longest read is how it begins; what nobody read comes in any order, each transaction's
    appends together, for what comes between them makes a cycle of ww, which no level has.
    """
    by_key: dict[Key, list[list[Any]]] = {}
    begun: Versions = {}
    happened = _happened(told)
    for one in happened if told.lists else ():
        for f, key, value in told.steps(one):
            if f in READS and value is not UNTOLD and len(value) > len(begun.get(key, [])):
                begun[key] = value
    for one in happened:
        left: dict[Key, list[Any]] = {}
        for key, value in _finals(told, one):
            if value not in begun.get(key, []):
                left.setdefault(key, []).append(value)
        for key, values in left.items():
            by_key.setdefault(key, []).append(values)
    orders = product(*(permutations(some) for some in by_key.values()))
    for tried, order in enumerate(orders):
        if tried >= TRIED_MAX:
            raise Unproved("there are too many orders of versions to try them all again")
        versions = {key: list(values) for key, values in begun.items()}
        for key, some in zip(by_key, order, strict=True):
            versions.setdefault(key, []).extend(value for values in some for value in values)
        try:
            _Dependencies(told, level, versions).check()
        except Broken:
            continue
        raise Unproved("there is an order of versions under which the level holds")


def _happened(told: Told) -> list[Operation]:
    """What was acknowledged, or was seen by something that happened."""
    seen: dict[int, Operation] = {}
    todo = [one for one in told.all.values() if one.outcome is Outcome.OK]
    while todo:
        one = todo.pop()
        if one.call in seen:
            continue
        seen[one.call] = one
        for f, key, value in told.steps(one):
            if f in READS and value is not UNTOLD:
                for saw in value if told.lists else [value]:
                    todo += [w for w in told._writers(key, saw) if w.outcome is Outcome.INFO]
    return [seen[call] for call in sorted(seen)]


def _finals(told: Told, one: Operation) -> list[tuple[Key, Any]]:
    """What it left of each key: of a register the last value, of a list all that it appended."""
    if told.lists:
        return [(key, value) for f, key, value in told.steps(one) if f in WRITES]
    return list({key: value for f, key, value in told.steps(one) if f in WRITES}.items())


class _Dependencies:
    """The graph of those transactions that happened, by number."""

    def __init__(self, told: Told, level: str, versions: Versions) -> None:
        self.told, self.versions = told, versions
        self.within = LEVELS[level].within
        self.base = next(
            (
                base
                for base in (
                    READ_UNCOMMITTED,
                    READ_COMMITTED,
                    READ_ATOMIC,
                    CAUSAL,
                    PARALLEL_SNAPSHOT_ISOLATION,
                    SNAPSHOT_ISOLATION,
                )
                if level.endswith(base)
            ),
            level,
        )
        self.writer: dict[tuple[Key, Any], int] = {}
        self.place: dict[tuple[Key, Any], int] = {}
        happened = {one.call for one in told.all.values() if one.outcome is Outcome.OK}
        owners = {key: [self._owner(key, v) for v in values] for key, values in versions.items()}
        happened.update(one.call for some in owners.values() for one in some)
        self.nodes = [told.all[call] for call in sorted(happened)]
        number = {one.call: at for at, one in enumerate(self.nodes)}
        for key, some in owners.items():
            for at, (value, one) in enumerate(zip(versions[key], some, strict=True)):
                self.writer[key, value], self.place[key, value] = number[one.call], at
        n = len(self.nodes)
        self.ww: Graph = [[] for _ in range(n)]
        self.wr: Graph = [[] for _ in range(n)]
        self.rw: Graph = [[] for _ in range(n)]
        self.reads: list[tuple[int, Key, int]] = []
        self.last: set[tuple[Key, Any]] = set()
        self._own_versions()
        self._link()

    def _owner(self, key: Key, value: Any) -> Operation:
        kept = [w for w in self.told._writers(key, value) if w.outcome is not Outcome.FAIL]
        if len(kept) != 1:
            raise Unproved(f"it cannot be told who wrote a version of {key[1]!r}")
        self.told._only(key, value, kept[0])
        return kept[0]

    def _link(self) -> None:
        for key, values in self.versions.items():
            owners = [self.writer[key, value] for value in values]
            for sooner, later in pairwise(owners):
                if sooner != later:
                    self.ww[sooner].append(later)
        for t, one in enumerate(self.nodes):
            if self.base == READ_UNCOMMITTED:
                self._nothing_made_up(one)
            else:
                self._read(t, one)

    def _own_versions(self) -> None:
        """All that each transaction left is a version, and nothing else is."""
        left = 0
        for t, one in enumerate(self.nodes):
            for key, value in (finals := _finals(self.told, one)):
                if self.writer.get((key, value)) != t:
                    raise Unproved(f"the transaction of event {one.call} wrote what is no version")
            left += len(finals)
            self.last.update((key, value) for key, value in dict(finals).items())
        if left != len(self.writer):
            raise Unproved("a version is listed that its transaction wrote over")

    def _nothing_made_up(self, one: Operation) -> None:
        for f, key, value in self.told.steps(one):
            if f in READS and value is not UNTOLD:
                for seen in value if self.told.lists else [value]:
                    if seen is not None and not self.told._writers(key, seen):
                        raise Unproved(f"the transaction of event {one.call} read what is nobody's")

    def _read(self, t: int, one: Operation) -> None:
        """Its dependencies on what it read; what contradicts itself is no history of any level."""
        own: dict[Key, list[Any]] = {}
        before: dict[Key, int] = {}
        for f, key, value in self.told.steps(one):
            if f in WRITES:
                own.setdefault(key, []).append(value)
                continue
            if value is UNTOLD:
                continue
            mine = own.get(key, [])
            if self.told.lists:
                ahead = value[: max(len(value) - len(mine), 0)]
                if ahead + mine != value or value != self.versions.get(key, [])[: len(value)]:
                    raise Unproved(f"the transaction of event {one.call} read no version")
                at = len(ahead) - 1
            elif mine:
                if value != mine[-1]:
                    raise Unproved(
                        f"the transaction of event {one.call} did not read its own write"
                    )
                continue
            elif value is None:
                at = -1
            elif (key, value) in self.place:
                at = self.place[key, value]
            else:
                raise Unproved(f"the transaction of event {one.call} read no version")
            if before.setdefault(key, at) != at and self.base != READ_COMMITTED:
                raise Unproved(f"the transaction of event {one.call} read {key[1]!r} differently")
            values = self.versions.get(key, [])
            if at >= 0:
                source = self.writer[key, values[at]]
                if source == t or (key, values[at]) not in self.last:
                    raise Unproved(f"the transaction of event {one.call} read what was not to last")
                self.wr[source].append(t)
            self.reads.append((t, key, at))
            if at + 1 < len(values) and (over := self.writer[key, values[at + 1]]) != t:
                self.rw[t].append(over)

    def check(self) -> None:
        """Raise Broken if there is a cycle that the level rules out."""
        if self.base == READ_UNCOMMITTED:
            self._acyclic(self.ww)
        elif self.base in (READ_COMMITTED, READ_ATOMIC, CAUSAL, PARALLEL_SNAPSHOT_ISOLATION):
            self._acyclic(self.ww, self.wr)
            if self.base != READ_COMMITTED:
                self._none_with_one_rw()
        elif self.base == SNAPSHOT_ISOLATION:
            self._none_without_two_rw_in_a_row()
        else:
            self._acyclic(self.ww, self.wr, self.rw)

    def _order(self) -> Graph:
        """What the level asks for beside data: sessions, or real time by way of moments."""
        n = len(self.nodes)
        more: Graph = [[] for _ in range(n)]
        if self.within == PROCESS:
            last: dict[int, int] = {}
            for t, one in enumerate(self.nodes):
                if one.process in last:
                    more[last[one.process]].append(t)
                if one.outcome is Outcome.OK:
                    last[one.process] = t
        elif self.within == REALTIME:
            ends = [(one.ret, t) for t, one in enumerate(self.nodes) if one.ret is not None]
            events = sorted([(one.call, -1, t) for t, one in enumerate(self.nodes)]
                            + [(ret, 1, t) for ret, t in ends])  # fmt: skip
            for _, kind, t in events:
                if kind > 0:
                    more[t].append(len(more))
                    if len(more) > n:
                        more[-1].append(len(more))
                    more.append([])
                elif len(more) > n:
                    more[-1].append(t)
        return more

    def _acyclic(self, *graphs: Graph) -> list[int]:
        """An order of the nodes of these graphs and what the level asks for. Raises Broken."""
        more = self._order()
        n = len(self.nodes)
        out = [
            [*(w for graph in graphs for w in graph[v]), *more[v]] if v < n else more[v]
            for v in range(len(more))
        ]
        return _topological(out)

    def _none_without_two_rw_in_a_row(self) -> None:
        """Each node once as reached by rw, from which no rw leads on, and once as not."""
        more = self._order()
        n, many = len(self.nodes), len(more)
        out: Graph = []
        for v in range(many):
            plain = [*self.ww[v], *self.wr[v], *more[v]] if v < n else more[v]
            out.append([*plain, *(many + w for w in self.rw[v])] if v < n else plain)
        out += [out[v][: len(out[v]) - len(self.rw[v])] for v in range(n)]
        _topological(out)

    def _none_with_one_rw(self) -> None:
        """No reader is reached by whoever wrote what comes after the version that it read."""
        n = len(self.nodes)
        if n > NODES_MAX:
            raise Unproved(f"there are more than {NODES_MAX:,} transactions to look at")
        single = self.base == PARALLEL_SNAPSHOT_ISOLATION
        more = self._order()
        out = [[*self.wr[v], *(self.ww[v] if single else ()), *more[v]] for v in range(n)]
        reached = [0] * n
        order = _topological(out) if self.base != READ_ATOMIC else []
        for v in order:
            for w in out[v]:
                reached[w] |= reached[v] | 1 << v
        if self.base == READ_ATOMIC:
            for v in range(n):
                for w in self.wr[v]:
                    reached[w] |= 1 << v
        pairs = 0
        for t, key, at in self.reads:
            behind = self.versions.get(key, [])[at + 1 :]
            pairs += len(behind)
            if pairs > PAIRS_MAX:
                raise Unproved("there are too many versions behind those that were read")
            for value in behind:
                if (w := self.writer[key, value]) != t and reached[t] >> w & 1:
                    raise Broken(
                        f"the transaction of event {self.nodes[t].call} did not see what that of "
                        f"event {self.nodes[w].call} wrote, on which it depends"
                    )


def _topological(out: Graph) -> list[int]:
    """The nodes, each ahead of those it leads to. Raises Broken where there is a cycle."""
    ahead = [0] * len(out)
    for targets in out:
        for w in targets:
            ahead[w] += 1
    order = [v for v in range(len(out)) if not ahead[v]]
    for v in order:
        for w in out[v]:
            ahead[w] -= 1
            if not ahead[w]:
                order.append(w)
    if len(order) < len(out):
        raise Broken("under this order of versions there is a cycle that the level rules out")
    return order
