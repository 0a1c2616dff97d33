"""Finds an order of a key's writes that meets many demands, without spelling all of them out."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from checker.consistency.guarantees import Demand, Older
from checker.consistency.writes import INITIAL

ROUNDS_MAX = 300


class NotMet(Exception):
    """The rounds are used up: it is not known whether an order meets all demands."""


def asked_in_vain(given: Sequence[Older], demands: Sequence[Demand]) -> list[Older]:
    """What the demands ask that has to be looked at: it contradicts what is given, or nothing does.

    Some order is tried; what it does not meet is asked for in the next round. So either a round
    finds an order that meets everything, or what was asked so far has none. Raises NotMet.
    """
    asked: list[Older] = []
    for _ in range(ROUNDS_MAX):
        place = _placed([*given, *asked])
        if place is None:
            return asked
        more = _unmet(demands, place)
        if not more:
            return asked
        asked += more
        if any(edge.other == INITIAL for edge in more):
            # Nothing is older than what was there at first.
            return asked
    raise NotMet


def _placed(edges: Iterable[Older]) -> dict[int, int] | None:
    """The place of each value in an order that has the older first; None: there is none."""
    after: dict[int, list[int]] = {}
    waits: dict[int, int] = {}
    for edge in edges:
        after.setdefault(edge.one, []).append(edge.other)
        waits[edge.other] = waits.get(edge.other, 0) + 1
        waits.setdefault(edge.one, 0)
    # What was called first goes first, which is often right.
    ready = [value for value, count in waits.items() if not count]
    heapq.heapify(ready)
    place: dict[int, int] = {}
    while ready:
        value = heapq.heappop(ready)
        place[value] = len(place)
        for other in after.get(value, ()):
            waits[other] -= 1
            if not waits[other]:
                heapq.heappush(ready, other)
    return place if len(place) == len(waits) else None


def _unmet(demands: Sequence[Demand], place: dict[int, int]) -> list[Older]:
    """Of each demand that is not met the newest value that should have been seen."""
    newest: dict[int, list[int]] = {}
    found: dict[tuple[int, int], Older] = {}
    for demand in demands:
        known = demand.known
        if id(known) not in newest:
            newest[id(known)] = _newest(known.values, place)
        at = newest[id(known)][demand.end - 1]
        value, source = known.values[at], demand.source
        if value == source:
            continue
        # A value that nothing is known of can be as old as one likes, or as new.
        if source == INITIAL or _place(place, value) > _place(place, source):
            found[value, source] = demand.older(at)
    return list(found.values())


def _place(place: dict[int, int], value: int) -> int:
    return place.setdefault(value, len(place))


def _newest(values: Sequence[int], place: dict[int, int]) -> list[int]:
    """For each number of values, taken from the front, where the newest of them is."""
    best, at = -1, 0
    where = []
    for number, value in enumerate(values):
        if (here := _place(place, value)) > best:
            best, at = here, number
        where.append(at)
    return where
