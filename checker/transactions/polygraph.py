"""Kernels that infer what must come before what in any order of transactions over registers.

Who read W's version of a register read it before any other writer V of that register overwrote
it: V comes before W, or after the reader. That is a polygraph (Papadimitriou, The Serializability
of Concurrent Database Updates, JACM 1979); what of it follows is inferred as by Tan et al., Cobra
(OSDI 2020, § 4). A transaction is one node or, for snapshots, two: it reads at its *begin* and
writes at its *commit*, and of two that write one register one commits before the other begins.

Nodes lie on chains, in which each comes before the next. ``reach[v, c]`` is the place in chain c of
the last node known to come before v: so what is known is closed at any time, and asking is one
comparison.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

BASE, EARLIER, LATER, APART, SUPPOSED, OTHERWISE, GUESSED = range(7)
"""Why an edge is there. BASE: as told by clients; GUESSED: put there at first, on trial. For a
reader T of W's version and another writer V, EARLIER: V comes before T, so V before W; LATER: W
comes before V, so T before V. APART: V began before T, which writes the same, committed; so V
committed before T began. SUPPOSED: one of two. OTHERWISE: the other one led to a contradiction."""

DONE, CYCLE, SPENT = range(3)
"""What kernels say: nothing is open any more; a contradiction, in the edge that was put in
last; the budget, or the room for edges or suppositions, is spent."""

EDGES, TRAIL, WAITING, DEPTH, FLOOR, READS, WRITES, WORK, OVERLAPS = range(9)
SIZES = 9
"""Cells of ``sizes``: edges; cells kept to turn back by; nodes in the queue; suppositions; so many
of them that cannot be taken back; how many reads, and writes, have nothing open; cells of ``reach``
that may yet be looked at; 1 where two that write one register may overlap."""


class Polygraph(NamedTuple):
    """Nodes and what is known of them.

    ``chain``, ``place`` int32[N], places from 1 on; ``reach`` int32[N, chains]; ``owner`` int32[N]
    the transaction of a node; ``begin``, ``commit`` int32[n] its nodes.
    Reads of t are ``first_read[t]`` to ``first_read[t + 1]``: ``read_key``, and ``read_slot``, the
    write that was seen, -1 for what was there at first; ``reader`` whose it is. Writes of t are the
    slots ``first_slot[t]`` to ``first_slot[t + 1]``: ``slot_owner``, ``slot_key``; the transactions
    that read slot s are ``readers[first_reader[s] : first_reader[s + 1]]``. The slots of a key are
    in groups by chain, ``first_group``; each has its ``group_chain``, and in order of place
    ``members[first_member[g] : first_member[g + 1]]``.
    Edges: ``source``, ``target``, ``rule``, ``because`` int32[E, 3] (T, W, V), ``level``; those of
    a node from ``head`` on by ``following``.
    ``queue``, ``queued``, ``stack``, ``stacked``: of nodes. ``trail_cell``, ``trail_value``: what
    ``reach`` held before. ``supposed`` int64[S, 4]: edges, trail, reads and writes at each.
    ``hint`` int64[N]: about when; ``turns`` int32: reads in the order in which they are looked at.
    """

    chain: Array
    place: Array
    reach: Array
    owner: Array
    begin: Array
    commit: Array
    first_read: Array
    read_key: Array
    read_slot: Array
    reader: Array
    first_slot: Array
    slot_owner: Array
    slot_key: Array
    first_reader: Array
    readers: Array
    first_group: Array
    group_chain: Array
    first_member: Array
    members: Array
    source: Array
    target: Array
    rule: Array
    because: Array
    level: Array
    head: Array
    following: Array
    queue: Array
    queued: Array
    stack: Array
    stacked: Array
    trail_cell: Array
    trail_value: Array
    supposed: Array
    hint: Array
    turns: Array
    sizes: Array


def ground(g: Polygraph, edges: int, left: Array) -> int:
    """Link the first ``edges`` and close what is known; gives how many nodes lie on no cycle.

    ``left``: int32[N], zero throughout. All nodes are in the queue afterwards.
    """
    nodes = len(g.chain)
    for e in range(edges):
        g.following[e] = g.head[g.source[e]]
        g.head[g.source[e]] = e
        left[g.target[e]] += 1
    g.sizes[EDGES] = edges
    count = 0
    for v in range(nodes):
        if left[v] == 0:
            g.queue[count] = v
            count += 1
    at = 0
    while at < count:
        v = g.queue[at]
        g.queued[v] = 1
        at += 1
        e = g.head[v]
        while e >= 0:
            to = g.target[e]
            inherit(g, v, to, False)
            left[to] -= 1
            if left[to] == 0:
                g.queue[count] = to
                count += 1
            e = g.following[e]
    # The queue is taken from behind: what comes first goes first.
    for i in range(count // 2):
        g.queue[i], g.queue[count - 1 - i] = g.queue[count - 1 - i], g.queue[i]
    g.sizes[WAITING] = count
    return count


def inherit(g: Polygraph, u: int, v: int, keep: bool) -> bool:
    """Let v know all that comes before u, and u; whether it learnt something."""
    chains = g.reach.shape[1]
    g.sizes[WORK] -= chains
    learnt = False
    for c in range(chains):
        known = g.reach[u, c]
        if c == g.chain[u]:
            known = g.place[u]
        if known > g.reach[v, c]:
            if keep:
                if g.sizes[TRAIL] == len(g.trail_cell):
                    # So far back there is no way any more.
                    g.sizes[FLOOR] = g.sizes[DEPTH]
                    g.sizes[TRAIL] = 0
                g.trail_cell[g.sizes[TRAIL]] = v * chains + c
                g.trail_value[g.sizes[TRAIL]] = g.reach[v, c]
                g.sizes[TRAIL] += 1
            g.reach[v, c] = known
            learnt = True
    return learnt


def relate(g: Polygraph, u: int, v: int, rule: int, one: int, two: int, three: int) -> int:
    """Put u before v, with all that follows of it for whoever comes later."""
    if u != v and g.reach[v, g.chain[u]] >= g.place[u]:
        return DONE
    edge = g.sizes[EDGES]
    if edge == len(g.source):
        return SPENT
    g.source[edge], g.target[edge], g.rule[edge] = u, v, rule
    g.because[edge, 0], g.because[edge, 1], g.because[edge, 2] = one, two, three
    g.level[edge] = g.sizes[DEPTH]
    g.sizes[EDGES] += 1
    if u == v or g.reach[u, g.chain[v]] >= g.place[v]:
        return CYCLE
    g.following[edge] = g.head[u]
    g.head[u] = edge
    keep = g.sizes[DEPTH] > 0
    height = 0
    if inherit(g, u, v, keep):
        g.stack[0] = v
        g.stacked[v] = 1
        height = 1
    while height > 0:
        height -= 1
        x = g.stack[height]
        g.stacked[x] = 0
        if g.queued[x] == 0:
            g.queued[x] = 1
            g.queue[g.sizes[WAITING]] = x
            g.sizes[WAITING] += 1
        e = g.head[x]
        while e >= 0:
            to = g.target[e]
            if inherit(g, x, to, keep) and g.stacked[to] == 0:
                g.stacked[to] = 1
                g.stack[height] = to
                height += 1
            e = g.following[e]
    return DONE


def latest(g: Polygraph, group: int, upto: int, begins: bool) -> int:
    """The last of a group whose transaction has committed (begun) by a place, by its index among
    the members; one below the group's first where none has."""
    low, high = g.first_member[group], g.first_member[group + 1]
    while low < high:
        middle = (low + high) // 2
        t = g.slot_owner[g.members[middle]]
        if g.place[g.begin[t] if begins else g.commit[t]] <= upto:
            low = middle + 1
        else:
            high = middle
    return int(low - 1)


def consequences(g: Polygraph, x: int) -> int:
    """What follows of all that is known to come before x."""
    t = g.owner[x]
    if x == g.begin[t]:
        for r in range(g.first_read[t], g.first_read[t + 1]):
            if g.read_slot[r] < 0:
                continue
            k, w = g.read_key[r], g.slot_owner[g.read_slot[r]]
            for group in range(g.first_group[k], g.first_group[k + 1]):
                upto = g.reach[x, g.group_chain[group]]
                if upto == 0:
                    continue
                i = latest(g, group, upto, False)
                if i < g.first_member[group]:
                    continue
                other = g.slot_owner[g.members[i]]
                if other in (w, t):
                    continue
                said = relate(g, g.commit[other], g.commit[w], EARLIER, t, w, other)
                if said != DONE:
                    return said
    if x != g.commit[t]:
        return DONE
    for s in range(g.first_slot[t], g.first_slot[t + 1]):
        k = g.slot_key[s]
        for group in range(g.first_group[k], g.first_group[k + 1]):
            upto = g.reach[x, g.group_chain[group]]
            if upto == 0:
                continue
            i = latest(g, group, upto, False)
            if i >= g.first_member[group]:
                seen = g.members[i]
                for at in range(g.first_reader[seen], g.first_reader[seen + 1]):
                    one = g.readers[at]
                    if one == t:
                        continue
                    said = relate(g, g.begin[one], x, LATER, one, g.slot_owner[seen], t)
                    if said != DONE:
                        return said
            if g.begin[t] == x or g.sizes[OVERLAPS] == 1:
                continue
            i = latest(g, group, upto, True)
            if i >= g.first_member[group]:
                other = g.slot_owner[g.members[i]]
                if other == t:
                    continue
                said = relate(g, g.commit[other], g.begin[t], APART, t, t, other)
                if said != DONE:
                    return said
    return DONE
