"""Every pruning rule of the register search, on and off, against oracles that have none."""

import random
from dataclasses import replace

import brute
import frontier
import pytest
import random_histories
from story import Story

from checker.linearizability.decision import Budget, Status
from checker.linearizability.registers import decide as deciding
from checker.linearizability.registers import (
    functions,
    layout,
    memory,
    preparation,
    rules,
    stepping,
    turns,
    windows,
)
from checker.linearizability.registers.decide import decide
from checker.linearizability.registers.effects import effects_of
from checker.models import CAS_REGISTER
from checker.reading import SPLITBRAIN
from histories.event import Outcome
from histories.table import table_of

FIRM = rules.ALL & ~(rules.ENABLE | rules.NEEDED_ONLY)
CHOICES = {
    "all": rules.ALL,
    "none": 0,
    "observers late": rules.ALL & ~rules.OBSERVERS,
    # ENABLE and NEEDED_ONLY rest on HIDDEN.
    "nothing hidden": FIRM & ~rules.HIDDEN & ~rules.WINDOWS,
    "equality alone": rules.ALL & ~(rules.DOMINANCE | rules.SUBSET),
    "equal sets": rules.ALL & ~rules.SUBSET,
    "useless writes": rules.ALL & ~rules.ENABLE,
    "needless values": rules.ALL & ~rules.NEEDED_ONLY,
    "no windows": rules.ALL & ~rules.WINDOWS,
    "only observers": rules.OBSERVERS,
    "only hidden": rules.HIDDEN,
    "only dominance": rules.DOMINANCE | rules.SUBSET,
}


@pytest.fixture(params=(1, 1000), ids=("impatient", "patient"))
def patience(request, monkeypatch):
    """Windows at once, or only when a search is stuck for long."""
    monkeypatch.setattr(turns, "PATIENCE", request.param)


def decided(operations, chosen=rules.ALL, budget=None):
    table = table_of(operations)
    return decide(
        table, CAS_REGISTER, SPLITBRAIN, budget or Budget(), rules=chosen, monitored=False
    )


def assert_linearization(operations, rows):
    """The order is legal, complete, without repetition, and respects real time."""
    needed = {
        row
        for row, operation in enumerate(operations)
        if operation.ret is not None and brute.semantics.relevant("cas-register", operation)
    }
    assert len(set(rows)) == len(rows) and needed <= set(rows)
    state, latest = None, -1
    for row in rows:
        operation = operations[row]
        assert operation.ret is None or operation.ret >= latest
        latest = max(latest, operation.call)
        (state,) = brute.semantics.apply("cas-register", state, operation)


def assert_agrees(operations, stuck, chosen):
    decision = decided(operations, chosen)
    if stuck is None:
        assert decision.status[0] == Status.LINEARIZED, operations
        assert_linearization(operations, decision.order.tolist())
    else:
        assert decision.status[0] == Status.REFUTED, operations
        if chosen & rules.OBSERVERS:
            assert operations[int(decision.stuck[0])].call == stuck.call


@pytest.mark.parametrize("chosen", CHOICES.values(), ids=CHOICES)
def test_small_histories_get_the_verdict_of_the_oracles(chosen, patience):
    invalid = 0
    for seed in range(400):
        operations = random_histories.mixed(random.Random(seed), 8)
        stuck = frontier.first_stuck(operations)
        assert (stuck is None) == brute.is_linearizable(operations)
        invalid += stuck is not None
        assert_agrees(operations, stuck, chosen)
    assert invalid >= 120


@pytest.mark.parametrize("name", ("all", "equal sets", "useless writes", "no windows"))
def test_longer_histories_get_the_verdict_of_the_unpruned_engine(name, patience):
    invalid = 0
    for seed in range(60):
        rng = random.Random(seed)
        values = rng.choice((2, 3, 4, 6))
        operations = random_histories.concurrent(
            rng, rng.randint(30, 100), rng.randint(2, 6), values,
            rng.choice((0, 0.03)), rng.choice((0, 0.1)), rng.choice((0.1, 0.3, 0.6)),
            rng.choice((0.3, 0.5, 0.8)),
        )  # fmt: skip
        if rng.random() < 0.7:
            operations = random_histories.mutated(rng, operations, values)
        if sum(operation.ret is None for operation in operations) > 4:
            continue
        stuck = frontier.first_stuck(operations)
        invalid += stuck is not None
        assert_agrees(operations, stuck, CHOICES[name])
    assert invalid >= 15


def test_crowds_of_more_than_a_word_are_decided():
    for seed in range(4):
        rng = random.Random(seed)
        operations = random_histories.concurrent(rng, 400, 150, 4, 0.02, 0.0, 0.2, 0.02)
        decision = decided(operations)
        assert decision.status[0] == Status.LINEARIZED
        assert_linearization(operations, decision.order.tolist())
        reads = [
            row
            for row, one in enumerate(operations)
            if one.f == "read" and one.outcome is Outcome.OK
        ]
        spoiled = list(operations)
        spoiled[reads[-20]] = replace(operations[reads[-20]], output="never written")
        decision = decided(spoiled)
        assert decision.status[0] == Status.REFUTED
        assert decision.stuck[0] == reads[-20]


def test_lists_are_values_like_others():
    """A table keeps lists of two apart; what compares them must not notice."""
    pairs = Story().did(0, "write", [1, 2]).did(1, "read", answer=[1, 2]).did(0, "write", [2, 1])
    valid = pairs.did(1, "cas", [[2, 1], 7]).did(0, "read", answer=7).operations()
    assert decided(valid).status[0] == Status.LINEARIZED
    invalid = Story().did(0, "write", [1, 2]).did(1, "read", answer=[2, 1]).operations()
    assert decided(invalid).status[0] == Status.REFUTED


@pytest.mark.parametrize("way", ("DEPTH", "THRIFT", "BREADTH"))
def test_every_way_of_searching_gets_the_verdict_of_the_unpruned_engine(way, monkeypatch, patience):
    functions.compiled()
    monkeypatch.setattr(deciding, "WAYS", (getattr(stepping, way),))
    for seed in range(50):
        rng = random.Random(1000 + seed)
        operations = random_histories.concurrent(
            rng, rng.randint(30, 90), rng.randint(2, 6), 3, 0.03, 0.1, 0.6, 0.3
        )
        if rng.random() < 0.5:
            operations = random_histories.mutated(rng, operations, 3)
        if sum(operation.ret is None for operation in operations) > 4:
            continue
        assert_agrees(operations, frontier.first_stuck(operations), rules.ALL)


@pytest.mark.parametrize("chosen", (rules.ALL, rules.ALL & ~rules.OBSERVERS))
def test_no_window_refutes_what_is_linearizable(chosen):
    """Every completion of valid histories, by windows that begin anywhere before it."""
    tried = 0
    for seed in range(14):
        rng = random.Random(seed)
        operations = random_histories.concurrent(
            rng, rng.randint(20, 80), rng.randint(2, 9), rng.choice((2, 3, 4)),
            rng.choice((0, 0.1, 0.3)), rng.choice((0, 0.1)), rng.choice((0, 0.3, 0.9)),
            rng.choice((0.05, 0.3, 0.8)),
        )  # fmt: skip
        part, spare = prepared(operations, chosen)
        for high in range(part.sizes[layout.REQUIRED]):
            tried += 1
            assert not windows.refuted_by_window(part, spare, high, 60), (seed, high)
    assert tried > 300


def test_a_window_in_which_nobody_needs_a_value_begins_somewhere():
    told = Story().did(0, "read").did(0, "write", 1).did(0, "read", answer=1).did(0, "write", 1)
    part, spare = prepared(told.operations(), rules.ALL)
    assert not any(windows.refuted_by_window(part, spare, high, 60) for high in range(4))


def prepared(operations, chosen):
    """The part of one key in plain Python, and an arena."""
    table = table_of(operations)
    effects = effects_of(table, CAS_REGISTER, SPLITBRAIN, functions.PLAIN)
    rows = [row for row in range(len(table)) if effects.kind[row] >= 0]
    space = memory.Memory.of(len(table), 1 << 30, plain=True)
    space.part.sizes[layout.RULES] = chosen
    columns = [column.tolist() for column in (*effects[:3], table.call, table.ret)]
    home = [-1] * effects.values
    preparation.prepare(*columns, rows, 0, len(rows), 0, home, space.part)
    assert space.make_room() and set(home) == {-1}
    stepping.begin(space.part, space.arena, 1, stepping.DEPTH)
    return space.part, space.spare
