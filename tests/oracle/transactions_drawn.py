"""Draws small histories of transactions, from stores that keep more or less of their promises."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from histories.event import Operation, Outcome


@dataclass(frozen=True, slots=True)
class Store:
    """How far a store goes wrong: chances that a transaction reads an old snapshot, that a read
    is of a moment of its own, that one sees what failed or is not yet whole, that a list loses
    an element in the middle, and that conflicts of snapshots go unnoticed."""

    stale: float = 0.0
    torn: float = 0.0
    dirty: float = 0.0
    mangled: float = 0.0
    careless: float = 0.0


STORES = (
    Store(),
    Store(stale=0.5),
    Store(stale=0.5, careless=1.0),
    Store(stale=0.3, torn=0.3, careless=1.0),
    Store(stale=0.3, torn=0.2, dirty=0.2, careless=1.0),
    Store(stale=0.2, mangled=0.15, careless=0.5),
)


def drawn(
    rng: Random, transactions: int, *, lists: bool, store: Store | None = None, keys: str = "xyz"
) -> list[Operation]:
    """A history of so many transactions, some of which failed or are of unknown outcome."""
    store = store or rng.choice(STORES)
    keys = keys[: rng.randint(1, len(keys))]
    processes = rng.randint(1, 4)
    versions: dict[str, list[Any]] = {key: [[] if lists else None] for key in keys}
    log: list[dict[str, int]] = [dict.fromkeys(keys, 0)]
    fresh = dict.fromkeys(keys, 0)
    dirt: dict[str, list[Any]] = {key: [] for key in keys}
    told = []
    for number in range(transactions):
        steps: list[list[Any]] = []
        chance = rng.random()
        outcome = Outcome.OK if chance < 0.8 else Outcome.INFO if chance < 0.92 else Outcome.FAIL
        taken = len(log) - 1
        if rng.random() < store.stale:
            taken = rng.randrange(len(log))
        own: dict[str, Any] = {}
        added: dict[str, list[Any]] = {}
        for _ in range(rng.randint(1, 3)):
            key = rng.choice(keys)
            if rng.random() < 0.5:
                at = rng.randrange(len(log)) if rng.random() < store.torn else taken
                value = versions[key][log[at][key]]
                if rng.random() < store.dirty and dirt[key]:
                    value = rng.choice(dirt[key])
                if key in own:
                    value = [*value, *added[key]] if lists else own[key]
                if lists and value and rng.random() < store.mangled:
                    value = [one for one in value if one != rng.choice(value)]
                steps.append(["r", key, list(value) if lists else value])
            else:
                fresh[key] += 1
                own[key] = fresh[key]
                added.setdefault(key, []).append(fresh[key])
                steps.append(["append" if lists else "w", key, fresh[key]])
                now = versions[key][log[-1][key]]
                dirt[key].append([*now, *added[key]] if lists else fresh[key])
        conflict = any(log[-1][key] != log[taken][key] for key in own)
        if conflict and rng.random() >= store.careless and outcome is Outcome.OK:
            outcome = Outcome.FAIL
        if outcome is Outcome.OK or (outcome is Outcome.INFO and rng.random() < 0.5):
            state = dict(log[-1])
            for key in own:
                now = versions[key][state[key]]
                versions[key].append([*now, *added[key]] if lists else own[key])
                state[key] = len(versions[key]) - 1
            log.append(state)
        told.append(
            (number % processes if outcome is not Outcome.INFO else 90 + number, steps, outcome)
        )
    return _timed(rng, told)


def _timed(rng: Random, told: list[tuple[int, list[list[Any]], Outcome]]) -> list[Operation]:
    """Give each an interval around its place, and a process one after the other."""
    events: list[tuple[float, int, bool]] = []
    free: dict[int, float] = {}
    for number, (process, _, _) in enumerate(told):
        call = max(number - rng.random() * 2, free.get(process, -9.0))
        ret = max(number + rng.random() * 2, call + 0.001)
        free[process] = ret + 0.001
        events += [(call, number, True), (ret, number, False)]
    index = {(number, call): at for at, (_, number, call) in enumerate(sorted(events))}
    operations = []
    for number, (process, steps, outcome) in enumerate(told):
        known = outcome is Outcome.OK
        operations.append(
            Operation(
                call=index[number, True],
                ret=None if outcome is Outcome.INFO else index[number, False],
                process=process,
                f="txn",
                key=None,
                input=[[f, key, None if f == "r" else value] for f, key, value in steps],
                output=steps if known else None,
                outcome=outcome,
                call_ns=index[number, True],
                ret_ns=None if outcome is Outcome.INFO else index[number, False],
            )
        )
    return sorted(operations, key=lambda one: one.call)
