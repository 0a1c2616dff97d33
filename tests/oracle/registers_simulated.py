"""Histories of registers as real stores give them: busy clients, hundreds of transactions."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from histories.event import Operation, Outcome

PROMISED = {
    "serial": "strict-serializable",
    "stale": "serializable",
    "snapshot": "strong-snapshot-isolation",
    "careless": "strong-session-causal",
}
"""What each kind of store keeps at least."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to simulate. ``store``: "serial" runs transactions one after the other; "snapshot"
    lets each read as of when it began, and refuses whoever would overwrite what is newer than
    that; "careless" refuses nobody; "stale" is serial, and reads alone may be of the past. Of a
    hundred transactions ``crashed`` are of unknown outcome."""

    transactions: int
    clients: int = 10
    keys: int = 10
    store: str = "serial"
    crashed: int = 1


def simulated(rng: Random, asked: Asked) -> list[Operation]:
    """A history in order of call."""
    clock = 0
    versions: list[dict[str, Any]] = [{}]
    begun: list[tuple[int, int, list[list[Any]]]] = []
    told: list[Operation] = []
    fresh = 0
    free = list(range(asked.clients))
    process_max = asked.clients
    waiting: list[list[Any]] = []
    while len(told) < asked.transactions:
        choices = [*free] * 2 + ["go"] * (len(begun) + len(waiting))
        choice = rng.choice(choices)
        clock += 1
        if choice != "go":
            free.remove(choice)
            steps = []
            for _ in range(rng.randint(1, 4)):
                key = f"k{rng.randrange(asked.keys)}"
                if rng.random() < 0.5:
                    steps.append(["r", key, None])
                else:
                    fresh += 1
                    steps.append(["w", key, fresh])
            begun.append((choice, clock, steps))
            # Snapshots are of when it began.
            begun[-1] = (*begun[-1], len(versions) - 1)  # type: ignore[assignment]
            continue
        at = rng.randrange(len(begun) + len(waiting))
        if at >= len(begun):
            one = waiting.pop(at - len(begun))
            told.append(_operation(one, clock))
            if one[4] is Outcome.INFO:
                free.append(process_max)
                process_max += 1
            else:
                free.append(one[0])
            continue
        process, call, steps, snapshot = begun.pop(at)  # type: ignore[misc]
        done, outcome = _executed(rng, steps, snapshot, versions, asked)
        waiting.append([process, call, steps, done, outcome])
    told += [_operation(one, clock + 1 + at) for at, one in enumerate(waiting)]
    return sorted(told, key=lambda one: one.call)


def _executed(
    rng: Random, steps: list[list[Any]], snapshot: int, versions: list[dict[str, Any]], asked: Asked
) -> tuple[list[list[Any]], Outcome]:
    """What the transaction saw, and what became of it."""
    written = {key for f, key, _ in steps if f == "w"}
    base = versions[-1]
    if asked.store in ("snapshot", "careless"):
        base = versions[snapshot]
    elif asked.store == "stale" and not written and rng.random() < 0.05:
        base = versions[max(0, len(versions) - 1 - rng.randint(1, 5))]
    crashed = rng.random() * 100 < asked.crashed
    lost = crashed and rng.random() < 0.5
    if asked.store == "snapshot" and any(
        versions[-1].get(key) != versions[snapshot].get(key) for key in written
    ):
        return steps, Outcome.FAIL
    own: dict[str, Any] = {}
    done = []
    for f, key, value in steps:
        if f == "w":
            own[key] = value
        done.append([f, key, value if f == "w" else own.get(key, base.get(key))])
    if written and not lost:
        versions.append({**versions[-1], **own})
    return done, Outcome.INFO if crashed else Outcome.OK


def _operation(one: list[Any], ret: int) -> Operation:
    process, call, steps, done, outcome = one
    known = outcome is not Outcome.INFO
    return Operation(
        call=call,
        ret=ret if known else None,
        process=process,
        f="txn",
        key=None,
        input=steps,
        output=done if outcome is Outcome.OK else None,
        outcome=outcome,
        call_ns=call,
        ret_ns=ret if known else None,
    )
