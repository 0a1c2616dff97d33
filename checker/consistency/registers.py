"""Sequential consistency of registers, where each read tells which write it saw."""

from __future__ import annotations

from dataclasses import dataclass

from checker.consistency.saturation import MEMORY_BYTES_MAX, Saturation
from checker.consistency.sessions import Sessions
from checker.consistency.weaving import Spare, Weaving
from checker.consistency.writes import Writes
from checker.models.model import Kind


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a history: ``order``, steps in a legal order, or ``refuted``, steps that
    have none (closed under what reads saw); neither: undecided. ``furthest``: of ``steps``
    that took effect, how many the longest legal order has.
    """

    order: list[int] | None = None
    refuted: list[int] | None = None
    furthest: int = 0
    steps: int = 0
    too_large: bool = False
    """Whether the memory allowed did not do for what would decide it."""


def decide_registers(
    sessions: Sessions,
    writes: Writes,
    *,
    deadline: float | None = None,
    memory_bytes: int = MEMORY_BYTES_MAX,
) -> Found:
    """Infer what must come before what; then look for an order that keeps it.

    Of a history with blurred keys (``writes.py``) the others alone are looked at, and no order
    is returned. Clocks take 4 bytes a step and session; a round of inference some
    100 ms for 20,000 steps, an order 50 ms.
    """
    if (step := writes.from_nowhere()) is not None:
        return Found(refuted=sorted(writes.grounded([step])))
    taken = writes.taken
    core = sessions.of_steps(taken)
    saturation = Saturation(Writes.of(core), deadline=deadline, memory_bytes=memory_bytes)
    if saturation.cycle:
        behind = (taken[step] for step in saturation.behind_cycle())
        return Found(refuted=sorted(writes.grounded(behind)))
    if not saturation.finished or writes.blurred:
        return Found(steps=len(taken), too_large=saturation.too_large)
    names, spare = _spare(sessions, writes)
    weaving = Weaving(saturation, spare, deadline=deadline)
    if weaving.order is None:
        return Found(furthest=weaving.furthest, steps=len(taken))
    order = [taken[step] if step >= 0 else names[-1 - step] for step in weaving.order]
    return Found(order=order, furthest=len(taken), steps=len(taken))


def refutes(sessions: Sessions, steps: list[int]) -> Saturation | None:
    """The saturation of some steps, closed under what reads saw, if it shows they have no order."""
    part = sessions.of_steps(steps)
    writes = Writes.of(part)
    if writes.from_nowhere() is not None or len(writes.taken) < len(part):
        return None
    found = Saturation(writes)
    return found if found.cycle else None


def _spare(sessions: Sessions, writes: Writes) -> tuple[list[int], dict[int, list[Spare]]]:
    """Writes that nobody saw, of keys in which a mismatch may have needed one."""
    number = {step: at for at, step in enumerate(writes.taken)}
    differing = {
        sessions.key[step] for step in writes.taken if sessions.effect[step].kind is Kind.DIFFERS
    }
    names: list[int] = []
    spare: dict[int, list[Spare]] = {}
    for key in differing:
        for step in writes.spare.get(key, ()):
            place = sessions.place[step]
            earlier = sessions.steps[sessions.session[step]][:place]
            effect = sessions.effect[step]
            after = number[earlier[-1]] if earlier else -1
            compares = effect.kind is Kind.CAS
            one = Spare(len(names), after, effect.new, effect.expected, compares)
            spare.setdefault(key, []).append(one)
            names.append(step)
    return names, spare
