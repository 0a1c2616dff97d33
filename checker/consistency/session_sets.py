"""The session guarantees of sets that grow: exact where no element is added twice to a key.

A read shows which adds its server held, so Terry et al.'s definitions (PDIS 1994, section 3) can
be taken as they are: a read must have the session's own elements, those that it read before, and
with the add of another process also what that process had added (or read) before it. What a
session saw earlier counts as seen, of whatever key: as for registers (``guarantees.py``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from checker.consistency.kept import Kept
from checker.consistency.promise import (
    MONOTONIC_READS,
    MONOTONIC_WRITES,
    READ_YOUR_WRITES,
    WRITES_FOLLOW_READS,
)
from checker.consistency.session_registers import KINDS, VIOLATIONS_MAX
from checker.consistency.sessions import Sessions
from checker.consistency.wording import Words
from checker.verdict import Violation
from checker.wording import show

Elements = frozenset[Hashable]


@dataclass(slots=True)
class _Known:
    """What a session had added to a key, or read from it: all of it, by the place it had it at."""

    places: list[int] = field(default_factory=list)
    all: list[Elements] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)

    def add(self, place: int, elements: Elements, step: int) -> None:
        if self.all:
            elements = elements if self.all[-1] <= elements else self.all[-1] | elements
        self.places.append(place)
        self.all.append(elements)
        self.steps.append(step)


def kept_by_sets(sessions: Sessions, promise: str) -> Kept:
    """Whether one of the four guarantees is kept. Linear in the sizes of all reads."""
    twice = _added_twice(sessions)
    if promise in (READ_YOUR_WRITES, MONOTONIC_READS):
        violations = list(_of_own(sessions, promise))
        twice = None
    else:
        violations = list(_of_others(sessions, promise))
    if violations:
        return Kept(tuple(violations[:VIOLATIONS_MAX]), None, len(violations))
    if twice is not None:
        return Kept(
            (), f"{show(twice)} was added more than once, so it is not known whose add was seen"
        )
    return Kept()


def _added_twice(sessions: Sessions) -> Hashable:
    seen: set[tuple[int, Hashable]] = set()
    for key, effect in zip(sessions.key, sessions.effect, strict=True):
        if effect.f == "add":
            element: Hashable = next(iter(effect.elements))
            if (key, element) in seen:
                return element
            seen.add((key, element))
    return None


def _reads(sessions: Sessions, step: int) -> Elements | None:
    effect = sessions.effect[step]
    elements: Elements | None = effect.elements
    return elements if effect.f == "read" else None


def _of_own(sessions: Sessions, promise: str) -> Iterator[Violation]:
    added = promise == READ_YOUR_WRITES
    for own in sessions.steps:
        known: dict[int, dict[Hashable, int]] = {}
        latest: dict[int, tuple[Elements, int]] = {}
        for step in own:
            key, elements = sessions.key[step], _reads(sessions, step)
            if sessions.effect[step].f == "add":
                if added:
                    known.setdefault(key, {}).update(
                        dict.fromkeys(sessions.effect[step].elements, step)
                    )
                continue
            if elements is None:
                continue
            if added:
                lost = [
                    (when, one) for one, when in known.get(key, {}).items() if one not in elements
                ]
                if lost:
                    yield _lost_own(sessions, *min(lost, key=lambda pair: pair[0]), step)
                continue
            before, when = latest.get(key, (frozenset(), step))
            if not before <= elements:
                yield _went_back(sessions, when, min(before - elements, key=repr), step)
            latest[key] = (elements, step)


def _of_others(sessions: Sessions, promise: str) -> Iterator[Violation]:
    adder: dict[tuple[int, Hashable], int | None] = {}
    for step, effect in enumerate(sessions.effect):
        if effect.f == "add":
            (element,) = effect.elements
            name = (sessions.key[step], element)
            adder[name] = None if name in adder else step
    known = _known(sessions, promise)
    for own in sessions.steps:
        seen: dict[int, tuple[int, int, int]] = {}
        before: dict[int, Elements] = {}
        for step in own:
            key, elements = sessions.key[step], _reads(sessions, step)
            if elements is None:
                continue
            for element in elements - before.get(key, frozenset()):
                add = adder.get((key, element))
                if add is not None:
                    whose, place = sessions.session[add], sessions.place[add]
                    if place > seen.get(whose, (-1, 0, 0))[0]:
                        seen[whose] = (place, add, step)
            before[key] = elements
            for other, had in known.get(key, {}).items():
                if other not in seen:
                    continue
                place, add, reader = seen[other]
                at = bisect_left(had.places, place) - 1
                if at >= 0 and not had.all[at] <= elements:
                    lost = min(had.all[at] - elements, key=repr)
                    first = next(n for n, one in enumerate(had.all) if lost in one)
                    yield _without(sessions, promise, had.steps[first], lost, add, reader, step)


def _known(sessions: Sessions, promise: str) -> dict[int, dict[int, _Known]]:
    wanted = "add" if promise == MONOTONIC_WRITES else "read"
    found: dict[int, dict[int, _Known]] = {}
    for number, own in enumerate(sessions.steps):
        for step in own:
            effect = sessions.effect[step]
            if effect.f == wanted and effect.elements is not None:
                of_key = found.setdefault(sessions.key[step], {})
                known = of_key.setdefault(number, _Known())
                known.add(sessions.place[step], effect.elements, step)
    return found


def _lost_own(sessions: Sessions, add: int, element: Hashable, read: int) -> Violation:
    words = Words(sessions, [add, read])
    sentence = (
        f"{words.process(read)} added {show(element)} {words.at(add)}, and read the set without it "
        f"{words.at(read)}"
    )
    return _violation(sessions, READ_YOUR_WRITES, sentence, (add, read))


def _went_back(sessions: Sessions, earlier: int, element: Hashable, read: int) -> Violation:
    words = Words(sessions, [earlier, read])
    sentence = (
        f"{words.process(read)} read the set with {show(element)} {words.at(earlier)}, and without "
        f"it {words.at(read)}"
    )
    return _violation(sessions, MONOTONIC_READS, sentence, (earlier, read))


def _without(
    sessions: Sessions,
    promise: str,
    had: int,
    element: Hashable,
    add: int,
    reader: int,
    read: int,
) -> Violation:
    steps = sorted({had, add, reader, read})
    words = Words(sessions, steps)
    (added,) = sessions.effect[add].elements
    verb = "it had added" if promise == MONOTONIC_WRITES else "it had read"
    sentence = (
        f"{words.process(read)} had seen {show(added)}{words.of_key(add)} ({words.at(reader)}), "
        f"which {words.process(add)} added after {verb} {show(element)}{words.of_key(had)}, and "
        f"yet it read the set{words.of_key(read)} without that {words.at(read)}"
    )
    return _violation(sessions, promise, sentence, tuple(steps))


def _violation(
    sessions: Sessions, promise: str, sentence: str, steps: tuple[int, ...]
) -> Violation:
    assert promise in (READ_YOUR_WRITES, MONOTONIC_READS, MONOTONIC_WRITES, WRITES_FOLLOW_READS)
    read = steps[-1]
    key = sessions.key_name(read)
    told = sentence if key is None else f"key {show(key)}: {sentence}"
    calls = tuple(sorted(sessions.call(step) for step in steps))
    return Violation(KINDS[promise], told, calls, sessions.call(read), key)
