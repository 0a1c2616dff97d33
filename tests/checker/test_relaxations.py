"""Relaxations never make a linearizable history unlinearizable, whatever the object."""

import random
from collections import Counter

import brute
import oracle
import pytest
import random_histories
from story import Story

from checker import Verdict, linearizable
from checker.linearizability.aspect import Unsound
from checker.linearizability.aspects import aspect_of
from checker.linearizability.exhaustive import some_order
from checker.linearizability.relaxation import (
    Cut,
    Drop,
    Fold,
    Only,
    Relaxer,
    Start,
    relaxation_from_json,
)
from checker.models import CAS_REGISTER, MODELS
from checker.reading import SPLITBRAIN
from histories.canonical import canonical


def valid_history(rng, model, reading):
    """A linearizable history of one key; sometimes one that was falsified and is valid still."""
    lists = model == "append" and rng.random() < 0.5
    history = oracle.concurrent(
        rng,
        "append-lists" if lists else model,
        rng.choice((4, 8, 14)),
        processes=rng.randint(1, 5),
        values=rng.choice((0, 2, 3)),
        crashed=rng.choice((0, 0.1, 0.3)),
        crashed_max=4,
        eager=rng.choice((0.3, 0.5, 0.7)),
    )
    if rng.random() < 0.5:
        history = oracle.falsified(rng, history)
    return history if oracle.is_linearizable(model, history, reading) else None


def some_relaxation(rng, relaxer, operations):
    way = rng.randrange(6)
    returns = [o.ret for o in operations if o.ret is not None]
    if way == 0 and returns:
        return Cut(rng.choice(returns))
    if way == 1 and operations:
        return Start(rng.choice(operations).call)
    if way == 2:
        values = {canonical(v): v for o in operations for v in relaxer.aspect.values(o)}
        return Only(tuple(v for v in values.values() if rng.random() < 0.6))
    if way == 3:
        return Fold()
    unwanted = {o.call for o in operations if rng.random() < rng.choice((0.2, 0.5, 1))}
    return Drop(frozenset(relaxer.droppable(operations, unwanted)))


@pytest.mark.parametrize("model", oracle.MODELS)
def test_no_relaxations_of_a_valid_history_make_it_invalid(model):
    changed = Counter()
    for seed in range(200):
        rng = random.Random(seed)
        reading = rng.choice(oracle.READINGS)
        history = valid_history(rng, model, reading)
        if history is None:
            continue
        relaxer = Relaxer(MODELS[model], reading)
        operations = relaxer.relaxed(history, [])
        taken = []
        for _ in range(rng.randint(1, 5)):
            step = some_relaxation(rng, relaxer, operations)
            try:
                left = step.apply(operations, relaxer)
            except Unsound:
                continue
            changed[type(step).__name__] += left != operations
            operations = left
            taken.append(step)
        assert some_order(operations, MODELS[model], reading) is True, (seed, taken)
        told = [relaxation_from_json(step.to_json()) for step in taken]
        assert relaxer.relaxed(history, told) == operations
    assert changed["Cut"] > 10
    assert sum(changed.values()) > 50


@pytest.mark.parametrize("model", oracle.MODELS)
def test_a_pinned_state_is_the_one_there_is(model):
    """``founding`` leads to the state after the operation, whatever it was before."""
    pins = 0
    for seed in range(60):
        rng = random.Random(seed)
        history = oracle.concurrent(rng, model, 12, processes=1, crashed=0, failed=0)
        definition, aspect = MODELS[model], aspect_of(MODELS[model], SPLITBRAIN)
        states, founded = {definition.init}, None
        for operation in history:
            effect = definition.effect(operation, SPLITBRAIN)
            if effect is None:
                continue
            states = {after for state in states for after in definition.step(state, effect)}
            founding = aspect.founding(operation, history)
            if founding is None:
                continue
            founded = definition.init
            for f, given in founding:
                one = operation.__class__(
                    **{name: getattr(operation, name) for name in operation.__slots__}
                    | {"f": f, "input": given, "output": given, "error": None}
                )
                (founded,) = definition.step(founded, definition.effect(one, SPLITBRAIN))
            if model == "append":
                # Pieces of a text that are put together are no other text.
                assert {"".join(state) for state in states} == {"".join(founded)}
            else:
                assert states == {founded}
            pins += 1
    assert pins > 20


def test_many_operations_dropped_in_one_pass_leave_a_long_valid_history_valid():
    for seed in range(60):
        rng = random.Random(seed)
        relaxer = Relaxer(CAS_REGISTER, SPLITBRAIN)
        operations = random_histories.concurrent(rng, 150, 4, 4, 0.02, 0.05)
        unwanted = {o.call for o in operations if rng.random() < 0.5}
        kept = relaxer.without(operations, unwanted)
        assert len(kept) < len(operations)
        assert linearizable(kept).verdict is Verdict.VALID


def test_a_text_does_not_tell_its_pieces():
    story = Story().did(0, "append", "a").did(0, "append", "b").did(0, "get", answer="ab")
    operations = story.did(1, "get", answer=["a", "b"]).operations()
    relaxer = Relaxer(MODELS["append"], SPLITBRAIN)
    assert some_order(operations, MODELS["append"], SPLITBRAIN) is True
    with pytest.raises(Unsound, match="does not tell the whole state"):
        Start(4).apply(operations, relaxer)


def test_a_write_that_somebody_needs_is_not_dropped():
    # Dropping write 1 alone would make this valid history invalid.
    story = Story().call(0, "write", 1).call(1, "write", 2).did(2, "read", answer=1).ok(0).ok(1)
    operations = story.operations()
    assert brute.is_linearizable(operations)
    kept = Relaxer(CAS_REGISTER, SPLITBRAIN).without(operations, {o.call for o in operations})
    assert brute.is_linearizable(kept)


def test_open_operations_that_only_enable_each_other_go_together():
    story = Story().call(1, "cas", [1, 2]).info(1).call(2, "cas", [2, 1]).info(2)
    story.call(3, "write", 1).info(3).did(0, "read")
    relaxer = Relaxer(CAS_REGISTER, SPLITBRAIN)
    operations = story.operations()
    assert [o.f for o in relaxer.without(operations, {o.call for o in operations[:3]})] == ["read"]


def test_the_cover_of_a_dropped_write_is_not_dropped_with_it():
    story = Story().did(0, "write", 1).did(0, "write", 2).did(0, "read", answer=2)
    relaxer = Relaxer(CAS_REGISTER, SPLITBRAIN)
    kept = relaxer.without(story.operations(), {0, 2})
    assert [o.call for o in kept] == [2, 4]


def test_what_a_cut_leaves_open_keeps_its_answer():
    story = Story().did(0, "enqueue", 1).did(0, "enqueue", 2).call(1, "dequeue")
    story.did(2, "dequeue", answer=1).ok(1, 2)
    relaxer = Relaxer(MODELS["fifo-queue"], SPLITBRAIN)
    left = Cut(6).apply(story.operations(), relaxer)
    assert [(o.call, o.ret, o.output) for o in left if o.f == "dequeue"] == [
        (4, None, 2),
        (5, 6, 1),
    ]


def test_dropping_one_operation_of_a_value_alone_is_refused():
    story = Story().did(0, "enqueue", 1).did(1, "dequeue", answer=1)
    relaxer = Relaxer(MODELS["fifo-queue"], SPLITBRAIN)
    with pytest.raises(Unsound, match="operation 0 cannot be left out"):
        Drop(frozenset({0})).apply(story.operations(), relaxer)


def test_witnesses_are_small_and_refuted_by_brute_force():
    sizes = []
    for seed in range(250):
        rng = random.Random(seed)
        operations = random_histories.concurrent(rng, 60, 5, 4, 0.04, 0.05)
        operations = random_histories.mutated(rng, operations, 4)
        result = linearizable(operations)
        if result.verdict is not Verdict.INVALID:
            continue
        (violation,) = result.violations
        assert violation.details["exhaustive"]
        assert violation.culprit in violation.operations
        sizes.append(len(violation.operations))
    assert len(sizes) > 80
    assert sum(size < 10 for size in sizes) >= 0.9 * len(sizes)
    assert sorted(sizes)[len(sizes) // 2] <= 4
