"""A replicated store with one order of writes and replicas that lag behind: what ZooKeeper is.

Writes take effect in one order; a read is answered by the replica that its session is connected
to, which is as far behind as it happens to be, but never behind what the session knows. So every
history is sequentially consistent and hardly one is linearizable. With ``forgetful`` a replica
now and then answers though it is behind, and then the session's guarantees are gone, too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from histories.event import Operation, Outcome


@dataclass
class _Session:
    process: int
    replica: int
    known: int = 0
    open: dict[str, Any] | None = None


@dataclass
class _Store:
    replicas: int
    log: list[tuple[int, int]] = field(default_factory=list)
    state: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.applied = [0] * self.replicas
        self.views: list[dict[int, int]] = [{} for _ in range(self.replicas)]

    def write(self, key: int, value: int) -> None:
        self.state[key] = value
        self.log.append((key, value))

    def catch_up(self, replica: int, to: int) -> None:
        for key, value in self.log[self.applied[replica] : to]:
            self.views[replica][key] = value
        self.applied[replica] = max(self.applied[replica], to)


def lagging(
    rng: random.Random,
    operations: int,
    *,
    clients: int = 10,
    replicas: int = 5,
    keys: int = 5,
    per_key: int = 200,
    reads: float = 0.5,
    cas: float = 0.2,
    crashed: float = 0.002,
    lag: int = 40,
    forgetful: float = 0.0,
    hops: float = 0.0,
) -> list[Operation]:
    """``keys`` in use at once, each given up after ``per_key`` operations; values are unique.

    ``lag``: writes a replica may be behind. ``hops``: how often a session moves to another one.
    """
    store = _Store(replicas)
    sessions = [_Session(c, c % replicas) for c in range(clients)]
    active = [[key, 0, 1] for key in range(keys)]
    fresh_key, fresh_process = keys, clients
    done: list[Operation] = []
    event = started = 0
    while started < operations or any(session.open for session in sessions):
        for replica in range(replicas):
            behind = len(store.log) - store.applied[replica]
            if behind > lag or (behind and rng.random() < 0.1):
                store.catch_up(replica, rng.randint(store.applied[replica], len(store.log)))
        session = rng.choice(sessions)
        if session.open is None:
            if started >= operations:
                continue
            use = rng.choice(active)
            if use[1] >= per_key:
                use[:] = [fresh_key, 0, 1]
                fresh_key += 1
            session.open = _asked(rng, store, use, reads, cas) | {
                "call": event,
                "crashed": rng.random() < crashed,
                "outcome": None,
            }
            event, started = event + 1, started + 1
        elif session.open["outcome"] is None:
            if rng.random() < hops:
                session.replica = rng.randrange(replicas)
            _happen(rng, store, session, session.open, forgetful)
        else:
            done.append(_completed(session, session.open, event))
            event += 1
            if session.open["outcome"] is Outcome.INFO:
                session.process, session.known = fresh_process, 0
                fresh_process += 1
            session.open = None
    return sorted(done, key=lambda one: one.call)


def _asked(
    rng: random.Random, store: _Store, use: list[int], reads: float, cas: float
) -> dict[str, Any]:
    use[1] += 1
    key, draw = use[0], rng.random()
    if draw < reads:
        return {"f": "read", "key": key, "input": None}
    value = use[2]
    use[2] += 1
    expected = store.state.get(key) if rng.random() < 0.7 else max(1, value - 1)
    if draw < reads + cas and expected is not None and expected != value:
        return {"f": "cas", "key": key, "input": [expected, value]}
    return {"f": "write", "key": key, "input": value}


def _happen(
    rng: random.Random, store: _Store, session: _Session, one: dict[str, Any], forgetful: float
) -> None:
    key = one["key"]
    one["outcome"], one["answer"], one["error"] = Outcome.OK, one["input"], None
    if one["f"] == "read":
        if store.applied[session.replica] < session.known and rng.random() >= forgetful:
            store.catch_up(session.replica, session.known)
        session.known = max(session.known, store.applied[session.replica])
        one["answer"] = store.views[session.replica].get(key)
        return
    if one["crashed"]:
        one["outcome"], one["error"] = Outcome.INFO, "timeout"
        if rng.random() < 0.5:
            return
    if one["f"] == "cas" and store.state.get(key) != one["input"][0]:
        if not one["crashed"]:
            one["outcome"], one["error"] = Outcome.FAIL, "mismatch"
    else:
        store.write(key, one["input"][1] if one["f"] == "cas" else one["input"])
    session.known = len(store.log)


def _completed(session: _Session, one: dict[str, Any], event: int) -> Operation:
    closed = one["outcome"] is not Outcome.INFO
    return Operation(
        call=one["call"],
        ret=event if closed else None,
        process=session.process,
        f=one["f"],
        key=one["key"],
        input=one["input"],
        output=one["answer"],
        outcome=one["outcome"],
        call_ns=one["call"] * 1_000_000,
        ret_ns=event * 1_000_000 if closed else None,
        node=f"n{session.replica + 1}",
        error=one["error"],
    )


def apart(rng: random.Random, operations: int, *, clients: int = 10) -> list[Operation]:
    """Five replicas that catch up key by key, in no order: each key alone is sequential.

    A session stays on its replica and knows of each key what it saw, so it reads its own writes
    and never goes back; yet soon two sessions each miss what the other wrote before.
    """
    logs: dict[int, list[int]] = {}
    views: list[dict[int, int]] = [{} for _ in range(5)]
    done = []
    for at in range(operations):
        for view in views:
            key = rng.randrange(5)
            if rng.random() < 0.2 and key in logs:
                view[key] = rng.randint(view.get(key, 0), len(logs[key]))
        process, key = rng.randrange(clients), rng.randrange(5)
        log, view = logs.setdefault(key, []), views[process % 5]
        if read := rng.random() < 0.5:
            seen = view.get(key, 0)
            answer = log[seen - 1] if seen else None
        else:
            answer = len(log) + 1
            log.append(answer)
            view[key] = len(log)
        done.append(
            Operation(
                call=2 * at,
                ret=2 * at + 1,
                process=process,
                f="read" if read else "write",
                key=key,
                input=None if read else answer,
                output=answer,
                outcome=Outcome.OK,
                call_ns=2 * at * 1_000_000,
                ret_ns=(2 * at + 1) * 1_000_000,
                node=f"n{process % 5 + 1}",
            )
        )
    return done
