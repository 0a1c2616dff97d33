"""Small random histories for the promises: several keys, a few processes, answers of any age."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import interleavings
import oracle

from histories.event import Operation, Outcome

KEYS = ((None,), ("x", "y"), ("x", "y"), ("x", "y", "z"))


def drawn(rng: random.Random, model: str, *, unique: bool, size: int = 8) -> list[Operation]:
    """A history of up to ``size`` operations of ``model``; two of five or so are not sequential.

    Real objects under simulated concurrency, of which reads are told other answers than they
    got, most often such as some other read could have got. Small ones tend to be sequential
    whatever they tell, so many are drawn again, a few times, until they are not.
    """
    history = _drawn(rng, model, unique, size)
    if rng.random() < 0.3:
        for _ in range(6):
            if not interleavings.is_sequential(model, history):
                break
            history = _drawn(rng, model, unique, size)
    return history


def _drawn(rng: random.Random, model: str, unique: bool, size: int) -> list[Operation]:
    history = oracle.concurrent(
        rng,
        model,
        rng.randint(3, size),
        processes=rng.randint(2, 3),
        values=0 if unique else rng.choice((2, 3)),
        crashed=rng.choice((0, 0.15, 0.35)),
        failed=rng.choice((0, 0.1)),
        eager=rng.choice((0.3, 0.5, 0.7)),
        keys=(None,) if model == "multi-register" else rng.choice(KEYS),
    )
    if model not in ("register", "cas-register"):
        return oracle.falsified(rng, history, rng.choice((1, 2, 4, 8)))
    written: dict[Any, list[Any]] = {}
    for one in history:
        values = written.setdefault(one.key, [None])
        if one.f == "write":
            values.append(one.input)
        elif one.f == "cas":
            values.append(one.input[1])
    share = rng.choice((0.1, 0.3, 0.6, 1.0))
    return [_retold(rng, one, written[one.key]) if rng.random() < share else one for one in history]


def _retold(rng: random.Random, one: Operation, values: list[Any]) -> Operation:
    if one.f == "read" and one.outcome is Outcome.OK:
        return replace(one, output=99 if rng.random() < 0.02 else rng.choice(values))
    if one.f == "cas" and rng.random() < 0.3:
        return replace(one, input=[rng.choice(values), one.input[1]])
    return one


def messages(rng: random.Random, size: int = 8) -> list[Operation]:
    """Registers as processes use them to tell each other something: some mostly write, some read.

    One operation after the other; a read answers any value that is ever written to its key. Of
    these about a third break the guarantees that concern several keys.
    """
    keys = ("x", "y") if rng.random() < 0.7 else ("x", "y", "z")
    mostly = [rng.choice((0.15, 0.5, 0.9)) for _ in range(rng.choice((2, 3, 3)))]
    plan = []
    for _ in range(rng.randint(4, size)):
        process = rng.randrange(len(mostly))
        plan.append((process, "write" if rng.random() < mostly[process] else "read"))
    fresh = 0
    told: list[tuple[int, str, str, int | None]] = []
    for process, f in plan:
        fresh += f == "write"
        told.append((process, f, rng.choice(keys), fresh if f == "write" else None))
    written: dict[str, list[int | None]] = {key: [None] for key in keys}
    for _, f, key, value in told:
        if f == "write":
            written[key].append(value)
    return [
        Operation(
            2 * at,
            2 * at + 1,
            process,
            f,
            key,
            value,
            value if f == "write" else rng.choice(written[key]),
            Outcome.OK,
            2 * at * 1_000_000,
            (2 * at + 1) * 1_000_000,
            f"n{process + 1}",
        )
        for at, (process, f, key, value) in enumerate(told)
    ]
