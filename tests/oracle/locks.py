"""Locks with fencing tokens by brute force: every order of all operations of one lock.

A plain service: a lock that is granted with growing tokens and whose lease may end at any moment,
and a resource. Shares nothing with the checker. Exponential; meant for some eight operations, of
which each write writes another value and each token comes from an acknowledged acquire.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from histories.event import Operation, Outcome

OK, FAIL, INFO = Outcome.OK, Outcome.FAIL, Outcome.INFO
NS_PER_MS = 1_000_000
FUNCTIONS = ("acquire", "acquire", "renew", "release", "write", "write", "read")


@dataclass(frozen=True)
class State:
    granted: int = 0
    holds: int | None = None
    """The token that may still be good; whether its lease is over, nobody can see."""
    value: object = None
    token: int = 0


def is_possible(operations: Sequence[Operation]) -> bool:
    """Whether some order explains every acknowledgement, times aside."""
    tokens = _tokens(operations)
    rest = [
        o
        for o in operations
        if o.outcome is OK or (o.f == "write" and o.outcome is INFO and o.call in tokens)
    ]
    return _some_order(State(), rest, tokens)


def _tokens(operations: Sequence[Operation]) -> dict[int, int]:
    """What each operation was done under, by its call."""
    latest: dict[int, int] = {}
    tokens: dict[int, int] = {}
    for o in sorted(operations, key=lambda o: o.call):
        if o.outcome is OK and o.f != "read":
            tokens[o.call] = o.output[1]
        elif o.process in latest:
            tokens[o.call] = latest[o.process]
        if o.f == "acquire" and o.outcome is OK:
            latest[o.process] = o.output[1]
    return tokens


def _some_order(state: State, rest: list[Operation], tokens: dict[int, int]) -> bool:
    if all(o.outcome is INFO for o in rest):
        return True
    for o in rest:
        others = [other for other in rest if other is not o]
        if any(other.ret is not None and other.ret < o.call for other in others):
            continue
        after = _after(state, o, tokens.get(o.call, 0))
        if after is not None and _some_order(after, others, tokens):
            return True
    return False


def _after(state: State, o: Operation, token: int) -> State | None:
    if o.f == "acquire":
        return State(token, token, state.value, state.token) if token > state.granted else None
    if o.f == "renew":
        return state if state.holds == token else None
    if o.f == "release":
        free = State(state.granted, None, state.value, state.token)
        return free if state.holds == token else None
    if o.f == "write":
        written = State(state.granted, state.holds, o.input, token)
        return written if token >= state.token else None
    told = None if state.value is None else [state.value, state.token]
    return state if o.output == told else None


def excludes(operations: Sequence[Operation]) -> bool:
    """Whether nobody was granted the lock within a lease that was certainly in force."""
    tokens = _tokens(operations)
    grants = [o for o in operations if o.f == "acquire" and o.outcome is OK]
    for one in grants:
        token = tokens[one.call]
        own = [o for o in operations if tokens.get(o.call) == token]
        for other in grants:
            if tokens[other.call] <= token or other.ret < one.call:
                continue
            released = any(
                o.f == "release" and o.outcome is not FAIL and o.call < other.ret for o in own
            )
            begins = [one] + [o for o in own if o.f == "renew" and o.outcome is OK]
            ends = max(o.call_ns + one.input * NS_PER_MS for o in begins if o.call < other.ret)
            if not released and other.ret_ns < ends:
                return False
    return True


@dataclass
class Drawn:
    """A service that goes wrong now and then, and what its few clients see of it."""

    rng: random.Random
    wrong: float
    granted: int = 0
    holds: int | None = None
    value: tuple[object, int] | None = None
    events: int = 0
    tokens: dict[int, int] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)

    def history(self, count: int, processes: int = 3) -> list[Operation]:
        """``count`` operations, each under way for a while."""
        waiting: dict[int, tuple] = {}
        names = list(range(processes))
        fresh = 0
        begun = 0
        while begun < count or waiting:
            if self.rng.random() < 0.2:
                self.holds = None
            process = self.rng.choice(names)
            if process in waiting:
                self._end(process, *waiting.pop(process))
                if self.operations[-1].outcome is INFO:
                    names[names.index(process)] = max(names) + 1
                continue
            if begun == count:
                continue
            f = self.rng.choice(FUNCTIONS)
            if f not in ("acquire", "read") and process not in self.tokens:
                continue
            begun += 1
            asked = None
            if f == "acquire":
                asked = self.rng.choice((1, 1, 300, 900))
            elif f == "write":
                fresh += 1
                asked = fresh
            early = self.rng.random() < 0.5
            done = self._do(f, asked, process) if early else None
            waiting[process] = (self.events, f, asked, early, done)
            self.events += 1
        return self.operations

    def _end(self, process: int, call: int, f: str, asked: object, early: bool, done: tuple | None):
        is_lost = self.rng.random() < 0.1
        if not early and not (is_lost and self.rng.random() < 0.5):
            done = self._do(f, asked, process)
        ok, output = done or (False, None)
        outcome = INFO if is_lost and f != "read" else OK if ok else FAIL
        if f == "acquire" and outcome is OK:
            self.tokens[process] = output[1]
        ret = None if outcome is INFO else self.events
        self.operations.append(
            Operation(
                *(call, ret, process, f, "a", asked),
                *(output if outcome is OK else asked, outcome),
                *(call * 100 * NS_PER_MS, None if ret is None else ret * 100 * NS_PER_MS),
                *("n1", None if outcome is OK else "no"),
            )
        )
        self.events += 1

    def _do(self, f: str, asked: object, process: int) -> tuple[bool, object]:
        wrong = self.rng.random() < self.wrong
        token = self.tokens.get(process, 0)
        if f == "acquire":
            if self.holds is not None and not wrong:
                return False, None
            self.granted += 0 if wrong and self.granted and self.rng.random() < 0.3 else 1
            self.holds = self.granted
            return True, [asked, self.granted]
        if f == "read":
            told = self.value if not wrong else self.rng.choice([None, self.value])
            return True, None if told is None else list(told)
        if f == "write":
            if self.value is not None and token < self.value[1] and not wrong:
                return False, None
            self.value = asked, token
            return True, [asked, token]
        if self.holds != token and not wrong:
            return False, None
        if f == "release":
            self.holds = None
        return True, [None, token]
