"""Random histories of one register: valid by construction, mutated, or plain noise."""

from __future__ import annotations

import random
from dataclasses import replace

from histories.event import Operation, Outcome


def concurrent(
    rng: random.Random,
    operations: int,
    processes: int = 3,
    values: int = 3,
    crashed: float = 0.1,
    failed: float = 0.05,
    cas: float = 0.4,
    eager: float = 0.5,
) -> list[Operation]:
    """A real register under simulated concurrency, so linearizable by construction.

    Each operation has a call, an instant at which it happens, and a return, as separate
    steps of a random interleaving. A crashed one may happen at any later time, or never.
    ``eager`` is how readily an open operation takes its next step.
    """
    state: int | None = None
    done: list[Operation] = []
    working: dict[int, list[object]] = {}
    ghosts: list[list[object]] = []
    next_process = processes
    slots = list(range(processes))
    started = 0
    index = 0
    while started < operations or working:
        idle = [p for p in slots if p not in working]
        if ghosts and rng.random() < 0.1:
            ghost = ghosts.pop(rng.randrange(len(ghosts)))
            state, _ = _happen(state, ghost[0], ghost[1])
        if started < operations and idle and (not working or rng.random() > eager):
            process = rng.choice(idle)
            f = rng.choices(("read", "write", "cas"), (0.4, 1 - 0.4 - 0.6 * cas, 0.6 * cas))[0]
            value: object = None
            if f == "write":
                value = rng.randrange(values)
            elif f == "cas":
                value = [rng.randrange(values), rng.randrange(values)]
            # [f, value, call, happened, output, will crash, will fail]
            working[process] = [f, value, index, False, None, rng.random() < crashed, False]
            working[process][6] = rng.random() < failed
            index += 1
            started += 1
            continue
        process = rng.choice(list(working))
        entry = working[process]
        f, value, call, happened, output, crash, fail = entry
        if not happened:
            entry[3] = True
            if fail:
                entry[4] = ("fail", "busy")
            elif crash and rng.random() < 0.6:
                # Its effect comes later, or never.
                ghosts.append([f, value])
                entry[4] = ("info", None)
            else:
                state, entry[4] = _happen(state, f, value)
                if crash:
                    entry[4] = ("info", None)
            continue
        del working[process]
        kind, answer = output
        outcome = Outcome(kind)
        closed = outcome is not Outcome.INFO
        done.append(
            Operation(
                call=call,
                ret=index if closed else None,
                process=process,
                f=f,
                key=None,
                input=value,
                output=answer if outcome is Outcome.OK and f == "read" else value,
                outcome=outcome,
                call_ns=call * 1_000_000,
                ret_ns=index * 1_000_000 if closed else None,
                node=f"n{process % 5 + 1}",
                error=answer if outcome is Outcome.FAIL else None,
            )
        )
        index += 1
        if outcome is Outcome.INFO:
            slots[slots.index(process)] = next_process
            next_process += 1
    return sorted(done, key=lambda operation: operation.call)


def _happen(state: object, f: object, value: object) -> tuple[object, tuple[str, object]]:
    """The effect of one operation at its instant: the state after, and the completion."""
    if f == "write":
        return value, ("ok", None)
    if f == "read":
        return state, ("ok", state)
    expected, new = value
    if state != expected:
        return state, ("fail", "mismatch")
    return new, ("ok", None)


def mutated(rng: random.Random, operations: list[Operation], values: int = 3) -> list[Operation]:
    """One or two outcomes falsified; the result may or may not be linearizable."""
    result = list(operations)
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(result))
        one = result[at]
        if one.f == "read" and one.outcome is Outcome.OK:
            result[at] = replace(one, output=rng.choice([None, *range(values)]))
        elif one.f == "write":
            result[at] = replace(one, input=rng.randrange(values))
        elif one.f == "cas" and one.outcome is Outcome.FAIL:
            result[at] = replace(one, outcome=Outcome.OK, error=None)
        elif one.f == "cas" and one.outcome is Outcome.OK:
            result[at] = replace(one, outcome=Outcome.FAIL, error="mismatch")
        else:
            result[at] = replace(one, input=[rng.randrange(values), rng.randrange(values)])
            if one.f == "read":
                result[at] = replace(one, input=None)
    return result


def mixed(rng: random.Random, size: int = 7) -> list[Operation]:
    """A small history of any kind, for the oracle that tries every order."""
    values = rng.choice((2, 3, 4))
    operations = concurrent(
        rng,
        operations=rng.randint(1, size),
        processes=rng.randint(1, 5),
        values=values,
        crashed=rng.choice((0.0, 0.15, 0.35)),
        failed=rng.choice((0.0, 0.1)),
        cas=rng.choice((0.2, 0.5, 0.9)),
        eager=rng.choice((0.3, 0.5, 0.7)),
    )
    if rng.random() < 0.7:
        operations = mutated(rng, operations, values)
    return operations
