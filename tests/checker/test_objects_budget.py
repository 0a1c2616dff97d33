"""The general engine: sizes, budgets, and what it reports of keys it did not decide."""

import random
import time

import oracle
import pytest
from story import Story

from checker import Verdict, linearizable
from checker.linearizability.decision import Budget, Status
from checker.linearizability.objects.decide import decide
from checker.models import MODELS
from checker.models.user import user_model
from checker.reading import SPLITBRAIN
from histories.table import table_of


def crowd(adds, read, amount=1):
    """So many adds at once, all open while a read answers."""
    story = Story(key="x")
    for process in range(adds):
        story.call(process, "add", amount)
    story.did(adds, "read", answer=read)
    for process in range(adds):
        story.ok(process)
    return story.operations()


@pytest.mark.parametrize(("read", "verdict"), [(200, "valid"), (77, "valid"), (301, "invalid")])
def test_hundreds_of_equal_adds_at_once_are_as_good_as_one(read, verdict):
    result = linearizable(crowd(300, read), "counter", explained=False)
    assert result.verdict is Verdict(verdict)
    assert result.statistics["configurations"] < 1_000


def test_hundreds_of_adds_that_never_answered():
    story = Story(key="x")
    for process in range(400):
        story.call(process, "add", 1).info(process)
    for value in (0, 3, 399):
        story.did(400, "read", answer=value)
    assert linearizable(story.operations(), "counter").verdict is Verdict.VALID
    story.did(400, "read", answer=398)
    assert linearizable(story.operations(), "counter", explained=False).verdict is Verdict.INVALID


def test_more_open_operations_than_bits_in_a_word():
    for seed in range(3):
        rng = random.Random(seed)
        valid = oracle.concurrent(
            *(rng, "unordered-queue", 400), processes=150, values=0, crashed=0, eager=0.05
        )
        assert linearizable(valid, "unordered-queue").verdict is Verdict.VALID


def hard():
    """A subset sum without a solution: every read but the last is in the dark."""
    story = Story(key="x")
    for process in range(40):
        story.call(process, "add", 2 * 3**process)
    story.did(41, "read", answer=2 * 3**39 + 1)
    for process in range(40):
        story.ok(process)
    return story.operations()


class Blind:
    """A counter of which nothing is known but its step."""

    init = 0

    def step(self, state, operation):
        from checker.models.user import ILLEGAL

        if operation.f == "add":
            return state + operation.input
        return state if state == operation.output else ILLEGAL


@pytest.mark.thorough
def test_ends_in_time_and_says_how_far_it_came():
    result = linearizable(hard(), user_model(Blind), time_limit_s=1.0)
    assert result.verdict is Verdict.UNKNOWN
    assert "the time allowed is used up" in result.reason


def test_ends_within_its_memory_and_configurations():
    table, model = table_of(hard()), user_model(Blind)
    decision = decide(table, model, SPLITBRAIN, Budget(memory_bytes=4 << 20))
    assert decision.status[1] == Status.MEMORY
    decision = decide(table, model, SPLITBRAIN, Budget(configurations=300))
    assert decision.status[1] == Status.CONFIGURATIONS
    assert decision.expanded[1] == 300
    assert decision.verified[1] == 0
    assert table.operation(int(decision.stuck[1])).f == "read"


@pytest.mark.thorough
def test_a_hard_key_starves_no_other_and_a_refuted_one_settles_the_verdict():
    operations = hard()
    story = Story(key="y").did(0, "add", 1).did(0, "read", answer=2)
    offset = 1 + max(operation.ret for operation in operations)
    from dataclasses import replace

    operations += [
        replace(one, call=one.call + offset, ret=one.ret + offset) for one in story.operations()
    ]
    ticks = []
    budget = Budget(deadline=time.perf_counter() + 20, tick=lambda *told: ticks.append(told))
    decision = decide(table_of(operations), user_model(Blind), SPLITBRAIN, budget)
    assert decision.status.tolist()[1:] == [Status.SKIPPED, Status.REFUTED]


def test_keys_that_a_model_ties_together_are_one_part():
    story = Story().did(0, "txn", [["w", "x", 1], ["w", "y", 1]])
    story.did(1, "txn", [["r", "x", None]], [["r", "x", 1]])
    story.did(1, "txn", [["r", "y", None]], [["r", "y", None]])
    decision = decide(table_of(story.operations()), MODELS["multi-register"], SPLITBRAIN, Budget())
    assert decision.status.tolist() == [Status.REFUTED]
    assert decision.verified.tolist() == [2]


def test_nothing_at_all_is_linearizable():
    for model in MODELS.values():
        decision = decide(table_of([]), model, SPLITBRAIN, Budget())
        assert (decision.status == Status.LINEARIZED).all()
        assert len(decision.order) == 0
