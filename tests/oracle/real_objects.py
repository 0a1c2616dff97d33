"""Real sequential objects for the random histories: what clients ask, and what they do.

Each has ``init``; ``ask(rng, values, process)``: an operation's f and input; ``happen(state,
f, input, process, rng)``: the state after and the completion, ("ok", output) or ("fail",
error). ``values`` is how many values or elements there are; 0 means that each is new.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Happening = tuple[Any, tuple[str, Any]]


@dataclass
class RealObject:
    """One object's behaviour; ``weights`` of its operations can be changed by a caller."""

    values: int
    weights: dict[str, float]
    init: Any = None
    fresh: Any = field(default_factory=lambda: count(1))

    def value(self, rng: random.Random) -> Any:
        return rng.randrange(self.values) if self.values else next(self.fresh)

    def ask(self, rng: random.Random, process: int) -> tuple[str, Any]:
        f = rng.choices(list(self.weights), list(self.weights.values()))[0]
        return f, self.input(f, rng)

    def input(self, f: str, rng: random.Random) -> Any:
        raise NotImplementedError

    def happen(self, state: Any, f: str, given: Any, process: int, rng: random.Random) -> Happening:
        raise NotImplementedError


class Register(RealObject):
    def input(self, f, rng):
        if f == "read":
            return None
        if f == "write":
            return self.value(rng)
        if self.values:
            return [rng.randrange(self.values), rng.randrange(self.values)]
        new = next(self.fresh)
        return [rng.randrange(max(1, new - 6), new + 1), new]

    def happen(self, state, f, given, process, rng):
        if f == "write":
            return given, ("ok", given)
        if f == "read":
            return state, ("ok", state)
        expected, new = given
        return (state, ("fail", "mismatch")) if state != expected else (new, ("ok", given))


class MultiRegister(RealObject):
    registers = "xyz"

    def input(self, f, rng):
        if f in ("read", "write"):
            some = rng.sample(self.registers, rng.randint(1, 2))
            return {k: self.value(rng) for k in sorted(some)} if f == "write" else None
        steps = []
        for _ in range(rng.randint(1, 3)):
            register = rng.choice(self.registers)
            if rng.random() < 0.5:
                steps.append([rng.choice(("r", "read")), register, None])
            else:
                steps.append([rng.choice(("w", "write")), register, self.value(rng)])
        return steps

    def happen(self, state, f, given, process, rng):
        state = dict(state or {})
        if f == "write":
            return {**state, **given}, ("ok", given)
        if f == "read":
            some = sorted(rng.sample(self.registers, 2))
            return state, ("ok", {k: state.get(k) for k in some})
        answer = []
        for kind, register, value in given:
            if kind in ("w", "write"):
                state[register] = value
            answer.append([kind, register, state.get(register)])
        return state, ("ok", answer)


class Mutex(RealObject):
    def input(self, f, rng):
        return None

    def happen(self, state, f, given, process, rng):
        if (state is None) == (f == "acquire"):
            return ("held" if f == "acquire" else None), ("ok", None)
        return state, ("fail", "held" if f == "acquire" else "free")


class Lock(Mutex):
    def happen(self, state, f, given, process, rng):
        if f == "acquire":
            return (process, ("ok", None)) if state is None else (state, ("fail", "held"))
        return (None, ("ok", None)) if state == process else (state, ("fail", "not the owner"))


class Queue(RealObject):
    first_in_first_out = True

    def input(self, f, rng):
        return self.value(rng) if f == "enqueue" else None

    def happen(self, state, f, given, process, rng):
        state = tuple(state or ())
        if f == "enqueue":
            return (*state, given), ("ok", given)
        if not state:
            return state, rng.choice((("fail", "empty"), ("ok", None)))
        at = 0 if self.first_in_first_out else rng.randrange(len(state))
        return state[:at] + state[at + 1 :], ("ok", state[at])


class UnorderedQueue(Queue):
    first_in_first_out = False


class GrowSet(RealObject):
    def input(self, f, rng):
        return self.value(rng) if f == "add" else None

    def happen(self, state, f, given, process, rng):
        state = state or frozenset()
        if f == "add":
            return state | {given}, ("ok", given)
        return state, ("ok", rng.sample(sorted(state), len(state)))


class Counter(RealObject):
    def input(self, f, rng):
        return rng.choice((1, 1, 1, 2, 3, -1)) if f == "add" else None

    def happen(self, state, f, given, process, rng):
        state = state or 0
        return (state + given, ("ok", given)) if f == "add" else (state, ("ok", state))


class Appends(RealObject):
    """Strings: a get answers nil while nothing is there, or the empty string."""

    def input(self, f, rng):
        if f in ("get", "read"):
            return None
        value = self.value(rng)
        return "a" * (value + 1) if self.values else f"<{value}>"

    def happen(self, state, f, given, process, rng):
        if f == "append":
            return (state or "") + given, ("ok", given)
        if f == "put":
            return given, ("ok", given)
        return state, ("ok", "" if state is None and rng.random() < 0.5 else state)


class ListAppends(Appends):
    def input(self, f, rng):
        if f == "put":
            return [self.value(rng) for _ in range(rng.randrange(3))]
        return self.value(rng) if f == "append" else None

    def happen(self, state, f, given, process, rng):
        state = list(state or ())
        if f == "append":
            return [*state, given], ("ok", given)
        if f == "put":
            return given, ("ok", given)
        return state, ("ok", None if not state and rng.random() < 0.5 else state)


class ListTransactions(RealObject):
    """Transactions over two lists: appends, and reads that answer nil while nothing is there."""

    lists = "xy"

    def input(self, f, rng):
        return [
            [rng.choice(("r", "read")), rng.choice(self.lists), None]
            if rng.random() < 0.5
            else ["append", rng.choice(self.lists), self.value(rng)]
            for _ in range(rng.randint(1, 3))
        ]

    def happen(self, state, f, given, process, rng):
        state = {name: list(held) for name, held in (state or {}).items()}
        answer = []
        for kind, name, value in given:
            held = state.setdefault(name, [])
            if kind == "append":
                held.append(value)
                answer.append([kind, name, value])
            else:
                answer.append([kind, name, list(held) or rng.choice((None, []))])
        return state, ("ok", answer)


class Bank(RealObject):
    """Two accounts, opened by who comes first, and now and then again."""

    accounts = "ab"

    def ask(self, rng, process):
        first = next(self.fresh) == 1
        f = "open" if first else super().ask(rng, process)[0]
        return f, self.input(f, rng)

    def input(self, f, rng):
        if f == "open":
            return {name: rng.choice((2, 3)) for name in self.accounts}
        if f == "read":
            return None
        source, target = rng.sample(self.accounts, 2)
        return {"from": source, "to": target, "amount": rng.randint(1, 2)}

    def happen(self, state, f, given, process, rng):
        if f == "open":
            return dict(given), ("ok", given)
        if f == "read":
            return state, ("ok", dict(state) if state else dict.fromkeys(self.accounts))
        if not state or state[given["from"]] < given["amount"]:
            return state, ("fail", "refused")
        moved = {given["from"]: -given["amount"], given["to"]: given["amount"]}
        return {name: held + moved.get(name, 0) for name, held in state.items()}, ("ok", given)


READS = {"read": 0.4}
OBJECTS: dict[str, tuple[Callable[..., RealObject], dict[str, float]]] = {
    "register": (Register, {"write": 0.6, "read": 0.4}),
    "cas-register": (Register, {"write": 0.3, "read": 0.4, "cas": 0.3}),
    "multi-register": (MultiRegister, {"txn": 0.8, "read": 0.1, "write": 0.1}),
    "mutex": (Mutex, {"acquire": 0.5, "release": 0.5}),
    "lock": (Lock, {"acquire": 0.5, "release": 0.5}),
    "fifo-queue": (Queue, {"enqueue": 0.5, "dequeue": 0.5}),
    "unordered-queue": (UnorderedQueue, {"enqueue": 0.5, "dequeue": 0.5}),
    "set": (GrowSet, {"add": 0.6, "read": 0.4}),
    "counter": (Counter, {"add": 0.6, "read": 0.4}),
    "append": (Appends, {"append": 0.5, "get": 0.35, "read": 0.1, "put": 0.05}),
    "list-append": (ListTransactions, {"txn": 1.0}),
    "bank": (Bank, {"open": 0.1, "transfer": 0.4, "read": 0.5}),
    "append-lists": (ListAppends, {"append": 0.5, "get": 0.1, "read": 0.35, "put": 0.05}),
}
"""By model; "append-lists" is the model "append" over lists."""
