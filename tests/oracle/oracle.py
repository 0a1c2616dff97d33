"""One place to ask: random histories of any model, and whether one is linearizable.

    operations = oracle.random_history(rng, "fifo-queue")
    oracle.is_linearizable("fifo-queue", operations)

``random_history`` draws its parameters (concurrency, values few or unique, crashed, failed,
falsified) unless they are given; ``small_history`` and ``long_history`` are sized for the
brute force and for the frontier.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import brute
import frontier
import semantics
from frontier import TooLarge
from real_objects import OBJECTS, RealObject

from checker.reading import KNOSSOS, PORCUPINE, SPLITBRAIN, Reading
from histories.event import Operation, Outcome

__all__ = [
    "MODELS",
    "READINGS",
    "TooLarge",
    "concurrent",
    "falsified",
    "first_stuck",
    "is_linearizable",
    "long_history",
    "random_history",
    "small_history",
]

MODELS = tuple(semantics.INIT)
READINGS = (SPLITBRAIN, PORCUPINE, KNOSSOS)
FRONTIER_MAX = 40_000
LOOKS = ("read", "get", "dequeue", "txn")
"""Functions whose completion carries an answer."""


def is_linearizable(
    model: str,
    operations: Sequence[Operation],
    reading: Reading = SPLITBRAIN,
    *,
    exhaustive: bool = False,
    configurations_max: int = FRONTIER_MAX,
) -> bool:
    """Whether the whole history has a linearization, key by key where the model says so.

    By the frontier, or by trying every order when ``exhaustive``. Raises TooLarge when the
    frontier would keep more than ``configurations_max``.
    """
    for part in _parts(model, operations):
        if exhaustive:
            answer = brute.is_linearizable(part, model=model, reading=reading)
        else:
            answer = frontier.is_linearizable(
                part, model=model, reading=reading, configurations_max=configurations_max
            )
        if not answer:
            return False
    return True


def first_stuck(
    model: str,
    operations: Sequence[Operation],
    reading: Reading = SPLITBRAIN,
    *,
    configurations_max: int = FRONTIER_MAX,
) -> Operation | None:
    """Of each part the first completion that cannot be placed; of these the earliest."""
    stuck = [
        one
        for part in _parts(model, operations)
        if (
            one := frontier.first_stuck(
                part, model=model, reading=reading, configurations_max=configurations_max
            )
        )
        is not None
    ]
    return min(stuck, key=lambda one: one.ret or 0, default=None)


def _parts(model: str, operations: Sequence[Operation]) -> list[list[Operation]]:
    if not semantics.BY_KEY[model]:
        return [list(operations)]
    parts: dict[str, list[Operation]] = {}
    for operation in operations:
        parts.setdefault(repr(operation.key), []).append(operation)
    return list(parts.values())


def concurrent(
    rng: random.Random,
    model: str,
    operations: int,
    *,
    processes: int = 3,
    values: int = 3,
    crashed: float = 0.1,
    failed: float = 0.05,
    eager: float = 0.5,
    keys: Sequence[Any] = (None,),
    weights: dict[str, float] | None = None,
    crashed_max: int | None = None,
) -> list[Operation]:
    """Real objects under simulated concurrency, so linearizable by construction.

    Each operation has a call, an instant at which it happens, and a return, as separate
    steps of a random interleaving. A crashed one may happen at any later time, or never; at
    most ``crashed_max`` do. ``failed``: how often one is refused and does not happen.
    ``values`` = 0: each value is new. ``eager`` is how readily an open operation takes its
    next step. ``model`` may also be "append-lists".
    """
    kind, usual = OBJECTS[model]
    objects: dict[int, RealObject] = {i: kind(values, weights or usual) for i in range(len(keys))}
    for thing in objects.values():
        thing.fresh = objects[0].fresh
    states: dict[int, Any] = {i: thing.init for i, thing in objects.items()}
    done: list[Operation] = []
    working: dict[int, dict[str, Any]] = {}
    ghosts: list[dict[str, Any]] = []
    slots, next_process = list(range(processes)), processes
    started = index = crashes = 0

    def happen(entry: dict[str, Any]) -> tuple[str, Any]:
        at = entry["object"]
        states[at], told = objects[at].happen(
            states[at], entry["f"], entry["input"], entry["process"], rng
        )
        return told

    while started < operations or working:
        idle = [p for p in slots if p not in working]
        if ghosts and rng.random() < 0.1:
            happen(ghosts.pop(rng.randrange(len(ghosts))))
        if started < operations and idle and (not working or rng.random() > eager):
            process = rng.choice(idle)
            at = rng.randrange(len(keys))
            f, given = objects[at].ask(rng, process)
            crash = rng.random() < crashed and (crashed_max is None or crashes < crashed_max)
            crashes += crash
            working[process] = {
                "object": at,
                "process": process,
                "f": f,
                "input": given,
                "call": index,
                "crash": crash,
                "fail": rng.random() < failed,
                "told": None,
            }
            index, started = index + 1, started + 1
            continue
        process = rng.choice(list(working))
        entry = working[process]
        if entry["told"] is None:
            if entry["fail"]:
                entry["told"] = ("fail", "busy")
            elif entry["crash"] and rng.random() < 0.6:
                ghosts.append(entry)
                entry["told"] = ("info", None)
            else:
                entry["told"] = happen(entry)
                if entry["crash"]:
                    entry["told"] = ("info", None)
            continue
        del working[process]
        done.append(_completed(entry, keys[entry["object"]], index))
        index += 1
        if entry["told"][0] == "info":
            slots[slots.index(process)] = next_process
            next_process += 1
    return sorted(done, key=lambda operation: operation.call)


def _completed(entry: dict[str, Any], key: Any, index: int) -> Operation:
    told, answer = entry["told"]
    closed = told != "info"
    return Operation(
        call=entry["call"],
        ret=index if closed else None,
        process=entry["process"],
        f=entry["f"],
        key=key,
        input=copy.deepcopy(entry["input"]),
        output=copy.deepcopy(answer if told == "ok" else entry["input"]),
        outcome=Outcome(told),
        call_ns=entry["call"] * 1_000_000,
        ret_ns=index * 1_000_000 if closed else None,
        node=f"n{entry['process'] % 5 + 1}",
        error=answer if told == "fail" else "timeout" if told == "info" else None,
    )


def _misread(rng: random.Random, answer: Any) -> Any:
    """Another answer of the same shape."""
    if isinstance(answer, int):
        return answer + rng.choice((-1, 1, 2)) if rng.random() < 0.8 else max(answer - 1, 0)
    if isinstance(answer, str):
        return answer[: rng.randrange(len(answer))] if answer else answer
    if isinstance(answer, dict):
        return {k: _misread(rng, v) if rng.random() < 0.5 else v for k, v in answer.items()}
    if not isinstance(answer, list) or not answer:
        return answer
    if isinstance(answer[0], list) and len(answer[0]) == 3:
        return [
            [f, k, _misread(rng, v) if f in ("r", "read") and rng.random() < 0.7 else v]
            for f, k, v in answer
        ]
    way = rng.randrange(3)
    if way == 0:
        return answer[:-1]
    if way == 1:
        return [one for one in answer if one != answer[0]]
    return rng.sample(answer, len(answer))


def falsified(
    rng: random.Random, operations: list[Operation], changes: int | None = None
) -> list[Operation]:
    """Some things told wrong, one or more: an answer, an argument, an outcome, an interval.

    What it says instead is what some other operation of the same function and outcome said,
    so that the history stays one of its model; it may or may not be linearizable.
    """
    result = list(operations)
    for _ in range(changes or rng.choice((1, 1, 2, 3))):
        if not result:
            break
        at = rng.randrange(len(result))
        one = result[at]
        alike = [o for o in result if o.f == one.f and o.outcome is one.outcome and o is not one]
        way = rng.randrange(8)
        if way <= 2 and one.outcome is Outcome.OK and one.f in LOOKS:
            result[at] = replace(one, output=_misread(rng, one.output))
        elif way <= 3 and one.outcome is Outcome.OK and alike:
            other = rng.choice(alike)
            result[at] = replace(one, output=copy.deepcopy(other.output))
            if one.input is not None:
                result[at] = replace(result[at], input=copy.deepcopy(other.input))
        elif way == 4:
            del result[at]
        elif way <= 6 and one.outcome is Outcome.FAIL:
            answers = [o.output for o in result if o.f == one.f and o.outcome is Outcome.OK]
            if answers or one.f not in LOOKS:
                answer = rng.choice(answers) if one.input is None and answers else one.input
                if one.f != "txn":
                    result[at] = replace(one, outcome=Outcome.OK, error=None, output=answer)
        elif way == 5 and one.outcome is Outcome.OK:
            wrong = {"cas": "mismatch", "dequeue": "empty"}.get(one.f, "busy")
            result[at] = replace(one, outcome=Outcome.FAIL, error=wrong, output=one.input)
        elif way == 7 and one.ret is not None:
            # Its return earlier: no interval of its process is disturbed by that.
            result[at] = replace(one, ret=rng.randint(one.call + 1, one.ret))
    return result


def random_history(
    rng: random.Random,
    model: str,
    operations: int | None = None,
    *,
    mutated: bool | None = None,
    **parameters: Any,
) -> list[Operation]:
    """A history of ``model``; what is not given is drawn. Half of the histories are falsified."""
    lists = model == "append" and rng.random() < 0.5
    drawn = {
        "processes": rng.randint(1, 6),
        "values": rng.choice((0, 2, 3, 4)),
        "crashed": rng.choice((0.0, 0.1, 0.25)),
        "failed": rng.choice((0.0, 0.1)),
        "eager": rng.choice((0.3, 0.5, 0.7)),
        "keys": rng.choice(((None,), (None,), ("x", "y"))),
        **parameters,
    }
    if model == "multi-register":
        drawn["keys"] = (None,)
    size = rng.randint(1, 30) if operations is None else operations
    history = concurrent(rng, "append-lists" if lists else model, size, **drawn)
    if mutated is None:
        mutated = rng.random() < 0.7
    return falsified(rng, history) if mutated else history


def small_history(rng: random.Random, model: str, size: int = 7) -> list[Operation]:
    """A history for the oracle that tries every order: up to ``size`` operations of one key.

    Tiny histories tend to be valid whatever they tell, so every third is drawn again, a few
    times, until it is not.
    """
    history = _small_history(rng, model, size)
    if rng.random() < 0.33:
        for _ in range(6):
            if not is_linearizable(model, history, exhaustive=True):
                break
            history = _small_history(rng, model, size)
    return history


def _small_history(rng: random.Random, model: str, size: int) -> list[Operation]:
    history = random_history(
        rng,
        model,
        max(rng.randint(1, size), rng.randint(1, size)),
        mutated=False,
        processes=rng.randint(1, 4),
        crashed=rng.choice((0.0, 0.15, 0.35)),
        keys=(None,),
    )
    return falsified(rng, history, rng.choice((2, 4, 8))) if rng.random() < 0.85 else history


def long_history(rng: random.Random, model: str, **parameters: Any) -> list[Operation]:
    """A history of 30 to 200 operations that the frontier can decide (see TooLarge)."""
    drawn = {
        "processes": rng.randint(2, 5),
        "crashed": rng.choice((0.0, 0.03, 0.06)),
        "crashed_max": 5,
        "eager": rng.choice((0.4, 0.6, 0.8)),
        **parameters,
    }
    return random_history(rng, model, rng.randint(30, 200), **drawn)
