"""The engines asked directly: rules off, one way of searching, no monitor, plain or compiled."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import fuzz_drawing
import numpy as np
from fuzz_checks import Skipped, premature, unlawful
from fuzz_drawing import Drawn

from checker import MODELS, Certificate
from checker.linearizability.decision import Budget, Decision, Status
from checker.linearizability.objects import decide as objects
from checker.linearizability.registers import decide as registers
from histories.table import table_of

CONFIGURATIONS_MAX = 60_000
"""What an engine without all its rules may expand; it may well not get there."""

CONFIGURATIONS_MAX_PLAIN = 1_000

Engine = Callable[..., Decision]


def engine(drawn: Drawn) -> str | None:
    """The engine of the model's family, with switches set by chance, decides the truth.

    Undecided is no fault where rules are off. A register now and then goes to the engine of all
    the other objects, which shares nothing with its own but the semantics.
    """
    model, rng = MODELS[drawn.model], drawn.rng
    strange = model.family == "register" and rng.random() < 0.3
    chosen = objects if strange or model.family != "register" else registers
    options = switches(chosen.decide, drawn)
    table = table_of(drawn.operations)
    plain = options.get("compiled") is False
    budget = Budget(configurations=CONFIGURATIONS_MAX_PLAIN if plain else CONFIGURATIONS_MAX)
    found = chosen.decide(table, model, drawn.reading, budget, **options)
    told = f"with {options}" + (" the engine of objects" if strange else "")
    if (found.status == Status.REFUTED).any():
        if drawn.valid:
            return f"{told} refutes a valid history"
        for key in np.flatnonzero(found.status == Status.REFUTED):
            accused = table.operation(int(found.stuck[key]))
            if (wrong := premature(drawn, accused)) is not None:
                return f"{told} {wrong}"
        return None
    if (found.status == Status.LINEARIZED).all():
        if not drawn.valid:
            return f"{told} linearizes an invalid history"
        certificate = Certificate.of(table, found, model, drawn.reading)
        wrong = unlawful(drawn, drawn.operations, certificate)
        return None if wrong is None else f"{told} gives an order that {wrong}"
    raise Skipped


def switches(decide: Engine, drawn: Drawn) -> dict[str, Any]:
    """Some of the keyword arguments that an engine has for tests, set by chance."""
    rng, parameters = drawn.rng, inspect.signature(decide).parameters
    options: dict[str, Any] = {}
    if "rules" in parameters:
        rules = parameters["rules"].default
        bits = [1 << bit for bit in range(rules.bit_length()) if rules >> bit & 1]
        off = rng.choice((0, 1, 1, 1, 2, 3, len(bits)))
        options["rules"] = rules & ~sum(rng.sample(bits, off))
    for name in ("monitors", "monitored"):
        if name in parameters:
            options[name] = rng.random() < 0.3
    if "ways" in parameters and rng.random() < 0.7:
        options["ways"] = (rng.choice(parameters["ways"].default),)
    if "compiled" in parameters:
        options["compiled"] = rng.random() < fuzz_drawing.COMPILED_SHARE
    return options
