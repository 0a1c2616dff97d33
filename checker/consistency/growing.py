"""Sequential consistency of sets that grow, where no element is added twice: exact, near linear.

A read comes after the adds of all it has and before those of all it lacks. So the reads of a key
form a chain, and every add has its place between two links of it; what follows from that and from
the order within each process has a cycle, or any order that keeps it is legal. Nothing is left
to choose, over all keys together.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Hashable, Iterable
from dataclasses import replace

from checker.consistency.registers import Found
from checker.consistency.sessions import Sessions
from checker.models.grow_set import SetEffect

Element = tuple[int, Hashable]
"""A key's number and an element of it."""


def decide_set(sessions: Sessions) -> Found | None:
    """The decision; None when an element can have been added twice to a key.

    ``refuted`` holds reads, and all adds of the elements that matter: the reads have no order
    with these even when only these elements are looked at (``projected``). Linear in the sizes
    of all reads, n log n in operations.
    """
    adds: dict[Element, int] = {}
    reads: dict[int, list[int]] = {}
    for step, effect in enumerate(sessions.effect):
        key = sessions.key[step]
        if effect.f == "read":
            reads.setdefault(key, []).append(step)
            continue
        (element,) = effect.elements
        if (key, element) in adds:
            return None
        adds[key, element] = step
    twice = next((r for own in reads.values() for r in own if not _elements(sessions, r)), None)
    if twice is not None:
        return Found(refuted=[twice])
    taken = {step for step in range(len(sessions)) if sessions.certain[step]}
    chains: dict[int, list[list[int]]] = {}
    for key, own in reads.items():
        own.sort(key=lambda step: (len(sessions.effect[step].elements), step))
        links: list[list[int]] = []
        for step in own:
            elements = sessions.effect[step].elements
            if links:
                last = sessions.effect[links[-1][-1]].elements
                if not last <= elements:
                    pair = (links[-1][-1], step)
                    odd = [min(last - elements, key=repr), min(elements - last, key=repr)]
                    found = [adds[key, one] for one in odd if (key, one) in adds]
                    return Found(refuted=sorted({*pair, *found}))
                if len(last) == len(elements):
                    links[-1].append(step)
                    continue
            links.append([step])
        for step in own[-1:]:
            seen = [adds.get((key, one)) for one in sessions.effect[step].elements]
            if None in seen:
                return Found(refuted=[step])
            taken.update(one for one in seen if one is not None)
        chains[key] = links
    before = _before(sessions, adds, chains, taken)
    order, stuck = _sorted(before, len(sessions), taken)
    if stuck:
        return Found(refuted=_cycle(sessions, before, stuck, taken))
    return Found(order=order, furthest=len(taken), steps=len(taken))


def _elements(sessions: Sessions, step: int) -> bool:
    return sessions.effect[step].elements is not None


def _before(
    sessions: Sessions,
    adds: dict[Element, int],
    chains: dict[int, list[list[int]]],
    taken: set[int],
) -> dict[int, list[int]]:
    """What comes directly before each step, and before the gates between links of the chains.

    Gates are numbered from the number of steps on: of each link one that follows the adds it
    has first, and one that follows its reads.
    """
    before: dict[int, list[int]] = {step: [] for step in taken}
    for own in sessions.steps:
        there = [step for step in own if step in taken]
        for one, other in itertools.pairwise(there):
            before[other].append(one)
    gate = len(sessions)
    placed: set[int] = set()
    opened: dict[int, int] = {}
    for key, links in chains.items():
        known: frozenset[Hashable] = frozenset()
        opening: int | None = None
        for link in links:
            elements = sessions.effect[link[0]].elements
            filled, closing = gate, gate + 1
            gate += 2
            before[filled], before[closing] = [], list(link)
            for element in elements - known:
                add = adds[key, element]
                placed.add(add)
                before[filled].append(add)
                if opening is not None:
                    before[add].append(opening)
            for read in link:
                before[read].append(filled)
            known, opening = elements, closing
        if opening is not None:
            opened[key] = opening
    for (key, _), add in adds.items():
        if add in taken and add not in placed and key in opened:
            before[add].append(opened[key])
    return before


def _sorted(
    before: dict[int, list[int]], steps: int, taken: set[int]
) -> tuple[list[int], set[int]]:
    """The steps in an order that keeps all that, and what is left when there is none."""
    after: dict[int, list[int]] = {}
    waits = {}
    for step, earlier in before.items():
        waits[step] = len(earlier)
        for one in earlier:
            after.setdefault(one, []).append(step)
    ready = [step for step, count in waits.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        step = heapq.heappop(ready)
        order.append(step)
        for one in after.get(step, ()):
            waits[one] -= 1
            if not waits[one]:
                heapq.heappush(ready, one)
    stuck = {step for step, count in waits.items() if count}
    return [step for step in order if step < steps], stuck


def _cycle(
    sessions: Sessions, before: dict[int, list[int]], stuck: set[int], taken: set[int]
) -> list[int]:
    """The steps of a cycle among those that wait for each other."""
    step = min(stuck)
    seen: dict[int, int] = {}
    path: list[int] = []
    while step not in seen:
        seen[step] = len(path)
        path.append(step)
        step = next(one for one in before[step] if one in stuck)
    return sorted(one for one in path[seen[step] :] if one < len(sessions))


def projected(sessions: Sessions, elements: Iterable[Element]) -> Sessions:
    """The same steps, of which reads saw nothing but the elements that are given.

    A set without some of its elements is a set, so an order of the whole is one of this.
    """
    kept: dict[int, set[Hashable]] = {}
    for key, element in elements:
        kept.setdefault(key, set()).add(element)
    effects = [
        SetEffect("read", effect.elements & kept.get(key, set()))
        if effect.f == "read" and effect.elements is not None
        else effect
        for effect, key in zip(sessions.effect, sessions.key, strict=True)
    ]
    return replace(sessions, effect=effects)


def elements_added(sessions: Sessions) -> list[Element]:
    """The elements that some step adds, each with its key."""
    return [
        (key, element)
        for effect, key in zip(sessions.effect, sessions.key, strict=True)
        if effect.f == "add"
        for element in effect.elements
    ]
