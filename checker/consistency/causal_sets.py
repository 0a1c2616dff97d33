"""Causal consistency of sets that grow, where no element is added twice to a key: exact.

A read shows what its server held: all of that is in the reader's past then, with whatever that
depends on, and what is in a reader's past has to be in what it reads. Nothing is overwritten, so
there is no more to it (``causal_registers.py`` has the definition).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable

from checker.consistency.causal_registers import TOO_MUCH
from checker.consistency.causality import Causality
from checker.consistency.causes import Causes
from checker.consistency.kept import Kept
from checker.consistency.session_registers import VIOLATIONS_MAX
from checker.consistency.sessions import Sessions
from checker.verdict import Violation
from checker.wording import show


def causal_by_sets(sessions: Sessions) -> Kept:
    """Whether a history is causal. Linear in the sizes of all reads, times the sessions."""
    adder: dict[tuple[int, Hashable], int] = {}
    for step, effect in enumerate(sessions.effect):
        if effect.f == "add":
            (element,) = effect.elements
            name = (sessions.key[step], element)
            if name in adder:
                return Kept(
                    (),
                    f"{show(element)} was added more than once, so it is not known "
                    "whose add was seen",
                )
            adder[name] = step
    saw: dict[int, list[int]] = {}
    odd: list[tuple[int, Hashable]] = []
    for step, effect in enumerate(sessions.effect):
        if effect.f == "read" and effect.elements is not None:
            key = sessions.key[step]
            saw[step] = [adder[key, e] for e in effect.elements if (key, e) in adder]
            odd += [(step, e) for e in effect.elements if (key, e) not in adder]
        elif effect.f == "read":
            return Kept((), "a read has an element twice, so what it saw is not known")
    seen_adds = {add for adds in saw.values() for add in adds}
    taken = [s for s in range(len(sessions)) if sessions.certain[s] or s in seen_adds]
    causality = Causality.of(sessions, taken, lambda step: saw.get(step, ()))
    if causality is None:
        return Kept((), TOO_MUCH)
    causes = Causes(causality)
    found = len(odd)
    violations = [causes.from_nowhere(step, element) for step, element in odd[:VIOLATIONS_MAX]]
    if causality.torn:
        violations.append(causes.cyclic())
        return Kept(tuple(violations), None, found + 1)
    lacking = _lacking(sessions, causality, saw)
    violations += _told(causes, lacking)[: VIOLATIONS_MAX - len(violations)]
    if violations:
        return Kept(tuple(violations), None, found + len(lacking))
    return Kept()


def _told(causes: Causes, lacking: list[tuple[int, int]]) -> list[Violation]:
    return [causes.lacking(read, add) for read, add in lacking[:VIOLATIONS_MAX]]


def _lacking(
    sessions: Sessions, causality: Causality, saw: dict[int, list[int]]
) -> list[tuple[int, int]]:
    """Each read that lacks something in its past, and the first add that it lacks."""
    places: dict[int, dict[int, list[int]]] = {}
    adds: dict[int, dict[int, list[int]]] = {}
    for step in causality.taken:
        if sessions.effect[step].f == "add":
            key, session = sessions.key[step], sessions.session[step]
            places.setdefault(key, {}).setdefault(session, []).append(sessions.place[step])
            adds.setdefault(key, {}).setdefault(session, []).append(step)
    found = []
    for read, own in saw.items():
        key, past = sessions.key[read], causality.past[read]
        ends = {
            session: bisect_left(of, int(past[session]))
            for session, of in places.get(key, {}).items()
        }
        # All that was read is in the past; so where there is more in it, something is missing.
        if sum(ends.values()) == len(own):
            continue
        there = set(own)
        known = (add for session, end in ends.items() for add in adds[key][session][:end])
        found.append((read, min(add for add in known if add not in there)))
    return found
