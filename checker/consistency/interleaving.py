"""Tries to put sessions into one order: every way there is, until one does or the budget is out.

Decides sequential consistency of any model, and is exponential in the number of sessions, as
everything that does must be unless P = NP (Gibbons & Korach 1997).
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass

from checker.consistency.sessions import Sessions

_Node = tuple[tuple[int, ...], tuple[Hashable, ...], tuple[int, object] | None, int]
LOOK_EVERY = 512
"""Configurations between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Interleaving:
    """``order``: steps in a legal order (None: there is none, or it was not found).

    ``complete``: every order was considered, so None means that there is none. ``furthest``:
    completed operations of the longest legal prefix. ``tried``: configurations.
    """

    order: list[int] | None
    complete: bool
    furthest: int
    tried: int


def interleave(
    sessions: Sessions, *, configurations_max: int = 100_000, deadline: float | None = None
) -> Interleaving:
    """An order of the steps that is legal and keeps each session's, if there is one.

    Depth first, earliest call first, which is often right. A configuration is how far each
    session is and what each object holds; none is tried twice. A step that only observes is
    taken as soon as it is legal: whatever could follow without it can follow with it, and it
    changes nothing. An indeterminate step is the last of its session, and may be left out.
    """
    model = sessions.model
    steps, effect, key = sessions.steps, sessions.effect, sessions.key
    step, observes = model.step, model.observes
    looks = [observes(one) for one in effect]
    completed = sum(sessions.certain)
    keys = max(key, default=0) + 1
    begin = (0,) * len(steps)
    # How far, states, the steps taken to get there as a linked list, how many of them completed.
    todo: list[_Node] = [(begin, (model.init,) * keys, None, 0)]
    known: set[tuple[tuple[int, ...], tuple[Hashable, ...]]] = set()
    furthest = tried = 0
    while todo:
        far, states, taken, done = todo.pop()
        for number, own in enumerate(steps):
            at = far[number]
            while at < len(own) and looks[own[at]] and step(states[key[own[at]]], effect[own[at]]):
                taken, at, done = (own[at], taken), at + 1, done + 1
            if at != far[number]:
                far = (*far[:number], at, *far[number + 1 :])
        furthest = max(furthest, done)
        if done == completed:
            return Interleaving(_unrolled(taken), True, furthest, tried)
        if (far, states) in known:
            continue
        known.add((far, states))
        tried += 1
        if tried > configurations_max:
            return Interleaving(None, False, furthest, tried)
        late = deadline is not None and tried % LOOK_EVERY == 0 and time.perf_counter() > deadline
        if late:
            return Interleaving(None, False, furthest, tried)
        heads = [(own[far[n]], n) for n, own in enumerate(steps) if far[n] < len(own)]
        # Indeterminate ones last, for most never happened; pushed first, so popped last.
        heads.sort(key=lambda head: (sessions.certain[head[0]], -head[0]))
        for one, number in heads:
            for after in step(states[key[one]], effect[one]):
                moved = (*far[:number], far[number] + 1, *far[number + 1 :])
                held = (*states[: key[one]], after, *states[key[one] + 1 :])
                todo.append((moved, held, (one, taken), done + sessions.certain[one]))
    return Interleaving(None, True, furthest, tried)


def _unrolled(taken: object) -> list[int]:
    order: list[int] = []
    while taken is not None:
        assert isinstance(taken, tuple)
        order.append(taken[0])
        taken = taken[1]
    return order[::-1]
