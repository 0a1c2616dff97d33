"""The session guarantees of registers, decided: an order of each key's writes, or what has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checker.consistency.demands import NotMet, asked_in_vain
from checker.consistency.guarantees import Older, asked, base, demands
from checker.consistency.kept import Kept
from checker.consistency.promise import (
    MONOTONIC_READS,
    MONOTONIC_WRITES,
    READ_YOUR_WRITES,
    WRITES_FOLLOW_READS,
)
from checker.consistency.wording import Words
from checker.consistency.writes import INITIAL, Writes
from checker.verdict import Violation
from checker.wording import show

VIOLATIONS_MAX = 5
TRIES_MAX = 200
"""Cycles of a key that are looked for; the shortest is told."""
KINDS = {
    READ_YOUR_WRITES: "own write not read",
    MONOTONIC_READS: "read went back",
    MONOTONIC_WRITES: "writes seen out of order",
    WRITES_FOLLOW_READS: "write seen without what it follows",
}


def kept_by_registers(writes: Writes, promise: str) -> Kept:
    """Whether one of the four guarantees is kept. About 10 µs an operation."""
    sessions = writes.sessions
    given = _by_key(writes, base(writes))
    try:
        wanted = _wanted(writes, promise, given)
    except NotMet:
        return Kept((), "too much is asked of one key's writes to be looked at in some seconds")
    violations = []
    torn: list[int] = []
    for key in sorted({*wanted, *given}):
        own, theirs = given.get(key, []), wanted.get(key, [])
        if not stuck_values(own):
            if (found := _contradiction(own, theirs)) is not None:
                violations.append(_told(writes, promise, found))
        elif promise == WRITES_FOLLOW_READS:
            violations.append(_torn(writes, cycle_through(own, own)))
        else:
            torn.append(key)
    if violations:
        violations.sort(key=lambda one: one.culprit or 0)
        return Kept(tuple(violations[:VIOLATIONS_MAX]), None, len(violations))
    undecided = undecided_because(writes, sessions.table.keys, torn)
    only_if = _against_acknowledgements(writes, promise, wanted) if undecided is None else None
    return Kept((), undecided, only_if=only_if)


def _wanted(writes: Writes, promise: str, given: dict[int, list[Older]]) -> dict[int, list[Older]]:
    """What is asked, by key. Raises NotMet."""
    if promise != WRITES_FOLLOW_READS:
        return _by_key(writes, asked(writes, promise))
    return {
        key: [] if stuck_values(given.get(key, [])) else asked_in_vain(given.get(key, []), ones)
        for key, ones in demands(writes).items()
    }


def _against_acknowledgements(
    writes: Writes, promise: str, wanted: dict[int, list[Older]]
) -> str | None:
    """What was kept only if writes took effect in another order than they were acknowledged in.

    process 0   |- write 1 -|
    process 1                  |- write 2 -|
    process 2                                 |- read 2 -|  |- read 1 -|
    """
    sessions = writes.sessions
    table = sessions.table
    for edges in wanted.values():
        for edge in edges:
            if edge.other < 0:
                continue
            older, newer = sessions.row[edge.other], sessions.row[edge.one]
            if table.ret[older] < table.call[newer]:
                return _only_if(writes, promise, edge)
    return None


def _only_if(writes: Writes, promise: str, edge: Older) -> str:
    had, read = edge.because
    words = Words(writes, [edge.one, edge.other, had, read])
    first, then = words.written(edge.one), words.written(edge.other)
    did = "wrote" if promise == READ_YOUR_WRITES else "read"
    if promise in (MONOTONIC_WRITES, WRITES_FOLLOW_READS):
        did = "had to see"
    return (
        f"kept only if {then} took effect after {first}{words.of_key(read)}, though it was "
        f"acknowledged {words.at(edge.other)}, before {first} was written: {words.process(read)} "
        f"{did} {first} and then read {then} {words.at(read)}"
    )


def undecided_because(writes: Writes, keys: Sequence[object], torn: list[int]) -> str | None:
    """Why it cannot be said that nothing is wrong, if it cannot."""
    sessions = writes.sessions
    for key, value in writes.blurred.items():
        name = f"key {show(keys[key])}: " if len(keys) > 1 else ""
        what = show_value(value)
        if value == sessions.model.init:
            return (
                f"{name}{what} was written, which is also its first value, so a read of it does "
                "not tell what it saw"
            )
        return (
            f"{name}{what} was written more than once, so a read of it does not tell which "
            "write it saw"
        )
    step = writes.from_nowhere()
    if step is not None:
        words = Words(writes, [step])
        return (
            f"{words.process(step)} saw {words.seen(step)} {words.at(step)}, which nobody can have "
            "written, so what is older than it is not known"
        )
    if torn:
        return (
            f"key {show(keys[torn[0]])}: its writes contradict each other (see writes-follow-reads)"
        )
    return None


def show_value(value: object) -> str:
    """A value of an effect; lists and objects are as they are kept."""
    return show(value[1]) if isinstance(value, tuple) else show(value)


def _by_key(writes: Writes, edges: Iterable[Older]) -> dict[int, list[Older]]:
    found: dict[int, list[Older]] = {}
    known: set[tuple[int, int, int]] = set()
    for edge in edges:
        key = writes.sessions.key[edge.because[1]]
        name = (key, edge.one, edge.other)
        if edge.one != INITIAL and name not in known:
            known.add(name)
            found.setdefault(key, []).append(edge)
    return found


def stuck_values(edges: Sequence[Older]) -> set[int]:
    """The values that are older than themselves, or than one that is."""
    after: dict[int, list[int]] = {}
    waits: dict[int, int] = {}
    for edge in edges:
        after.setdefault(edge.one, []).append(edge.other)
        waits[edge.other] = waits.get(edge.other, 0) + 1
        waits.setdefault(edge.one, 0)
    ready = [value for value, count in waits.items() if not count]
    while ready:
        for other in after.get(ready.pop(), ()):
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    return {value for value, count in waits.items() if count}


def _contradiction(given: list[Older], wanted: list[Older]) -> list[Older] | None:
    """A cycle that begins with something asked; None: all that is asked can be true."""
    for edge in wanted:
        # What is read at first is older than all that is ever written.
        if edge.other == INITIAL:
            return [edge]
    stuck = stuck_values([*given, *wanted])
    if not stuck:
        return None
    known = {(edge.one, edge.other) for edge in given}
    inside = [
        edge
        for edge in wanted
        if edge.one in stuck and edge.other in stuck and (edge.one, edge.other) not in known
    ]
    # Best is one read that contradicts what is older in any case.
    for edges in (given, [*given, *inside]):
        if cycle := cycle_through(inside, edges):
            return cycle
    raise AssertionError("no cycle among values that are older than themselves")


def cycle_through(begins: Sequence[Older], edges: Sequence[Older]) -> list[Older]:
    """The shortest cycle that begins with one of some edges, of the first few there are; or none.

    All but the first are of ``edges``.
    """
    after: dict[int, list[Older]] = {}
    for edge in edges:
        after.setdefault(edge.one, []).append(edge)
    best: list[Older] = []
    tried = 0
    for begin in begins:
        path = _path(after, begin.other, begin.one)
        if path is None:
            continue
        tried += 1
        if not best or len(path) + 1 < len(best):
            best = [begin, *path]
        if tried >= TRIES_MAX or len(best) == 2:
            break
    return best


def _path(after: dict[int, list[Older]], one: int, other: int) -> list[Older] | None:
    came: dict[int, Older | None] = {one: None}
    layer = [one]
    while layer and other not in came:
        following = []
        for value in layer:
            for edge in after.get(value, ()):
                if edge.other not in came:
                    came[edge.other] = edge
                    following.append(edge.other)
        layer = following
    if other not in came:
        return None
    path: list[Older] = []
    while (last := came[other]) is not None:
        path.append(last)
        other = last.one
    return path[::-1]


def _told(writes: Writes, promise: str, cycle: list[Older]) -> Violation:
    edge, chain = cycle[0], cycle[1:]
    steps = _steps(writes, cycle)
    words = Words(writes, steps)
    had, read = edge.because
    who, value = words.process(read), words.seen(read)
    of = words.of_key(read, "from")
    if promise == READ_YOUR_WRITES:
        sentence = f"{who} wrote {words.written(edge.one)} {words.at(had)} and then read {value}"
        sentence += f"{of} {words.at(read)}"
    elif promise == MONOTONIC_READS:
        sentence = f"{who} read {words.seen(had)}{of} {words.at(had)} and then {value}"
        sentence += f" {words.at(read)}"
    else:
        assert edge.via is not None
        earlier, write = edge.via
        verb = "it had written" if promise == MONOTONIC_WRITES else "it had read"
        sentence = (
            f"{who} had seen {words.written(write)}{words.of_key(write)} ({words.at(had)}), which "
            f"{words.process(write)} wrote after {verb} {words.written(edge.one)}"
            f"{words.of_key(earlier)}, and yet it read {value}{of} {words.at(read)}"
        )
    if edge.other == INITIAL:
        sentence += ", which was there before anything was written"
    else:
        sentence += f", which is older: {words.because(chain)}"
    return _violation(writes, KINDS[promise], sentence, steps, read)


def _torn(writes: Writes, cycle: list[Older]) -> Violation:
    steps = _steps(writes, cycle)
    words = Words(writes, steps)
    sentence = f"{words.because(cycle)}, so what was written would be older than itself"
    kind = KINDS[WRITES_FOLLOW_READS]
    return _violation(writes, kind, sentence, steps, cycle[-1].because[1])


def _steps(writes: Writes, cycle: Sequence[Older]) -> list[int]:
    steps: set[int] = set()
    for edge in cycle:
        steps |= {*edge.because, edge.one, edge.other, *(edge.via or ())} - {INITIAL}
    return sorted(writes.grounded(steps))


def _violation(
    writes: Writes, kind: str, sentence: str, steps: Sequence[int], culprit: int
) -> Violation:
    sessions = writes.sessions
    key = sessions.key_name(culprit)
    calls = tuple(sessions.call(step) for step in steps)
    told = sentence if key is None else f"key {show(key)}: {sentence}"
    return Violation(kind, told, calls, sessions.call(culprit), key)
