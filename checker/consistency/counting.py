"""Sequential consistency of one counter to which the same amount is added each time: exact.

A read says how many adds come before it. So time is cut into slots, one an add: an add that its
process made between a read of 3 and a read of 7 has one of the slots 4 to 7. Unit jobs with
release times and deadlines, and no slot may stay empty: the earliest deadline first is right
whenever anything is (Horn, Some Simple Scheduling Algorithms, 1974).
"""

from __future__ import annotations

import heapq

from checker.consistency.registers import Found
from checker.consistency.sessions import Sessions


def decide_counter(sessions: Sessions) -> Found | None:
    """The decision; None when there are several counters, or amounts differ. n log n."""
    amounts = {effect.amount for effect in sessions.effect if effect.f == "add"} - {0}
    if len(set(sessions.key)) > 1 or len(amounts) > 1:
        return None
    amount = amounts.pop() if amounts else 1
    level: dict[int, int] = {}
    for step, effect in enumerate(sessions.effect):
        if effect.f == "read":
            if effect.amount % amount or effect.amount // amount < 0:
                return Found(refuted=[step])
            level[step] = effect.amount // amount
    jobs, refuted = _jobs(sessions, level)
    if refuted:
        return Found(refuted=refuted)
    return _placed(sessions, level, jobs)


def _jobs(
    sessions: Sessions, level: dict[int, int]
) -> tuple[dict[int, list[tuple[float, int]]], list[int]]:
    """By release, adds as (deadline, step); or two reads of a process of which the sum fell."""
    jobs: dict[int, list[tuple[float, int]]] = {}
    for own in sessions.steps:
        latest, reading, adds = 0, -1, list[int]()
        for step in own:
            if step in level:
                if level[step] < latest:
                    return {}, [reading, step]
                jobs.setdefault(latest, []).extend((level[step], add) for add in adds)
                latest, reading, adds = level[step], step, []
            elif sessions.effect[step].amount:
                adds.append(step)
        jobs.setdefault(latest, []).extend((float("inf"), add) for add in adds)
    return jobs, []


def _placed(
    sessions: Sessions, level: dict[int, int], jobs: dict[int, list[tuple[float, int]]]
) -> Found:
    at: dict[int, list[int]] = {}
    for step, one in level.items():
        at.setdefault(one, []).append(step)
    last = max(at, default=0)
    ready: list[tuple[float, int]] = []
    order = sorted(at.get(0, ()))
    slot = 0
    while slot < last:
        for job in jobs.pop(slot, ()):
            heapq.heappush(ready, job)
        slot += 1
        if not ready:
            return Found(refuted=[min(step for step, one in level.items() if one >= slot)])
        deadline, step = heapq.heappop(ready)
        if deadline < slot:
            culprits = [one for one in at[int(deadline)] if _same(sessions, one, step)]
            return Found(refuted=sorted({step, *culprits[:1]}))
        order.append(step)
        order += sorted(at.get(slot, ()))
    rest = [step for _, step in ready] + [step for own in jobs.values() for _, step in own]
    due = min((deadline for deadline, _ in ready), default=float("inf"))
    if due <= last:
        late = next(step for deadline, step in ready if deadline == due)
        return Found(refuted=[late])
    for own in jobs.values():
        if any(deadline <= last for deadline, _ in own):
            return Found(refuted=[step for deadline, step in own if deadline <= last][:1])
    order += sorted(step for step in rest if sessions.certain[step])
    # An add of nothing has its place anywhere among its process's steps.
    order = _with_idle(sessions, order)
    return Found(order=order, furthest=len(order), steps=len(order))


def _same(sessions: Sessions, one: int, other: int) -> bool:
    return sessions.session[one] == sessions.session[other]


def _with_idle(sessions: Sessions, order: list[int]) -> list[int]:
    """The order with adds of 0 put in behind the step that its process ran before them."""
    idle = {
        step
        for step, effect in enumerate(sessions.effect)
        if effect.f == "add" and not effect.amount and sessions.certain[step]
    }
    if not idle:
        return order
    full: list[int] = []
    for own in sessions.steps:
        for step in own:
            if step not in idle:
                break
            full.append(step)
    for step in order:
        full.append(step)
        own = sessions.steps[sessions.session[step]]
        for following in own[sessions.place[step] + 1 :]:
            if following not in idle:
                break
            full.append(following)
    return full
