"""Kernels that settle what inference over a polygraph leaves open: suppose, and turn back."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from checker.transactions.polygraph import (
    DEPTH,
    DONE,
    EDGES,
    OVERLAPS,
    READS,
    SPENT,
    SUPPOSED,
    TRAIL,
    WAITING,
    WORK,
    WRITES,
    Polygraph,
    consequences,
    latest,
    relate,
)

Array: TypeAlias = npt.NDArray[Any]


def open_read(g: Polygraph, r: int) -> int:
    """Another writer of which it is not known whether it comes before what was read, or after the
    reader; -1: there is none."""
    if g.read_slot[r] < 0:
        return -1
    k, t, w = g.read_key[r], g.reader[r], g.slot_owner[g.read_slot[r]]
    x, version = g.begin[t], g.commit[w]
    for group in range(g.first_group[k], g.first_group[k + 1]):
        i = latest(g, group, g.reach[version, g.group_chain[group]], False) + 1
        end = g.first_member[group + 1]
        while i < end:
            other = g.slot_owner[g.members[i]]
            if other != t and other != w:
                break
            i += 1
        if i < end and g.reach[g.commit[other], g.chain[x]] < g.place[x]:
            return int(other)
    return -1


def open_write(g: Polygraph, s: int) -> int:
    """Another writer of the same key of which it is not known whether it committed before this one
    began, or began after it had committed; -1: there is none."""
    k, t = g.slot_key[s], g.slot_owner[s]
    x, end = g.begin[t], g.commit[t]
    for group in range(g.first_group[k], g.first_group[k + 1]):
        i = latest(g, group, g.reach[x, g.group_chain[group]], False) + 1
        last = g.first_member[group + 1]
        while i < last and g.slot_owner[g.members[i]] == t:
            i += 1
        if i == last:
            continue
        other = g.slot_owner[g.members[i]]
        if g.reach[g.begin[other], g.chain[end]] < g.place[end]:
            return int(other)
    return -1


def suppose(g: Polygraph) -> int:
    """Put one of two possible edges in, the likelier by time; DONE, or whatever that leads to, and
    -1 where nothing is open."""
    other = -1
    while g.sizes[READS] < len(g.turns):
        r = g.turns[g.sizes[READS]]
        other = open_read(g, r)
        if other >= 0:
            break
        g.sizes[READS] += 1
    if other < 0:
        if g.sizes[OVERLAPS] == 1 or len(g.begin) == 0 or g.begin[0] == g.commit[0]:
            return -1
        while g.sizes[WRITES] < len(g.slot_owner):
            other = open_write(g, g.sizes[WRITES])
            if other >= 0:
                break
            g.sizes[WRITES] += 1
        if other < 0:
            return -1
    depth = g.sizes[DEPTH]
    if depth == len(g.supposed):
        return SPENT
    g.supposed[depth, 0], g.supposed[depth, 1] = g.sizes[EDGES], g.sizes[TRAIL]
    g.supposed[depth, 2], g.supposed[depth, 3] = g.sizes[READS], g.sizes[WRITES]
    g.sizes[DEPTH] += 1
    if g.sizes[READS] < len(g.turns):
        r = g.turns[g.sizes[READS]]
        t, w = g.reader[r], g.slot_owner[g.read_slot[r]]
        when = g.hint[g.commit[other]]
        if when - g.hint[g.commit[w]] < g.hint[g.begin[t]] - when:
            return relate(g, g.commit[other], g.commit[w], SUPPOSED, t, w, other)
        return relate(g, g.begin[t], g.commit[other], SUPPOSED, t, w, other)
    t = g.slot_owner[g.sizes[WRITES]]
    if g.hint[g.commit[t]] < g.hint[g.commit[other]]:
        return relate(g, g.commit[t], g.begin[other], SUPPOSED, t, t, other)
    return relate(g, g.commit[other], g.begin[t], SUPPOSED, t, t, other)


def advance(g: Polygraph) -> int:
    """Infer, and suppose where nothing follows, until nothing is open; see DONE."""
    while True:
        while g.sizes[WAITING] > 0:
            if g.sizes[WORK] < 0:
                return SPENT
            g.sizes[WAITING] -= 1
            x = g.queue[g.sizes[WAITING]]
            g.queued[x] = 0
            said = consequences(g, x)
            if said != DONE:
                return said
        said = suppose(g)
        if said == -1:
            return DONE
        if said != DONE:
            return said


def take_back(g: Polygraph, depth: int) -> None:
    """Forget all suppositions but the first ``depth``, and what followed of them."""
    edges, trail = g.supposed[depth, 0], g.supposed[depth, 1]
    chains = g.reach.shape[1]
    while g.sizes[TRAIL] > trail:
        g.sizes[TRAIL] -= 1
        cell = g.trail_cell[g.sizes[TRAIL]]
        g.reach[cell // chains, cell % chains] = g.trail_value[g.sizes[TRAIL]]
    while g.sizes[EDGES] > edges:
        g.sizes[EDGES] -= 1
        e = g.sizes[EDGES]
        if g.head[g.source[e]] == e:
            g.head[g.source[e]] = g.following[e]
    while g.sizes[WAITING] > 0:
        g.sizes[WAITING] -= 1
        g.queued[g.queue[g.sizes[WAITING]]] = 0
    g.sizes[READS], g.sizes[WRITES] = g.supposed[depth, 2], g.supposed[depth, 3]
    g.sizes[DEPTH] = depth


def path(g: Polygraph, u: int, v: int, below: int, seen: Array, mark: int, back: Array) -> int:
    """Look for a shortest path from u to v of edges numbered less than ``below``.

    ``seen``: int32[N], ``mark`` is new to it. ``back``: int32[N], the edge by which each was
    reached. Gives 1 if there is one.
    """
    head = tail = 0
    g.stack[tail] = u
    tail += 1
    seen[u] = mark
    while head < tail:
        x = g.stack[head]
        head += 1
        e = g.head[x]
        while e >= 0:
            to = g.target[e]
            near = to == v or g.reach[v, g.chain[to]] >= g.place[to]
            if e < below and near and seen[to] != mark:
                seen[to] = mark
                back[to] = e
                if to == v:
                    return 1
                g.stack[tail] = to
                tail += 1
            e = g.following[e]
    return 0


def hints(g: Polygraph, order: Array, sooner: Array, later: Array) -> None:
    """``later``: when each node came at the earliest, given what came before it; ``sooner``: at the
    latest, given what came after. int64[N], their own times at first. ``order``: nodes in an order
    that goes with all that is known. Sets ``hint``."""
    for i in range(len(order)):
        u = order[i]
        e = g.head[u]
        while e >= 0:
            later[g.target[e]] = max(later[g.target[e]], later[u])
            e = g.following[e]
    for i in range(len(order) - 1, -1, -1):
        u = order[i]
        e = g.head[u]
        while e >= 0:
            sooner[u] = min(sooner[u], sooner[g.target[e]])
            e = g.following[e]
        g.hint[u] = sooner[u] + later[u]
