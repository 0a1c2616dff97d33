"""Orders of a key's operations: each legal, the longest where every one was tried."""

import random

import oracle
import pytest
from story import Story

from checker import linearizable
from checker.linearizability.account import accounts
from checker.linearizability.reach import ROOT
from checker.models import MODELS
from checker.reading import SPLITBRAIN
from checker.verdict import Verdict
from histories.table import NEVER, table_of


def accounts_of(operations, model="cas-register"):
    table = table_of(operations)
    result = linearizable(table, model)
    return accounts(table, result, MODELS[model], SPLITBRAIN), result


def ret(operation):
    return NEVER if operation.ret is None else operation.ret


def longest(operations, definition):
    """For each operation the most answered ones that a prefix with it holds: every order tried."""
    effects = [definition.effect(operation, SPLITBRAIN) for operation in operations]
    relevant = [i for i, effect in enumerate(effects) if effect is not None]
    seen = {(frozenset(), definition.init)}
    todo = list(seen)
    best = {}
    while todo:
        placed, state = todo.pop()
        answered = sum(operations[i].ret is not None for i in placed)
        for i in placed:
            best[i] = max(best.get(i, 0), answered)
        left = [i for i in relevant if i not in placed]
        bound = min((ret(operations[i]) for i in left), default=NEVER)
        for i in left:
            if operations[i].call <= bound:
                for after in definition.step(state, effects[i]):
                    successor = (placed | {i}, after)
                    if successor not in seen:
                        seen.add(successor)
                        todo.append(successor)
    return best


def check_path(reach, node, operations, definition):
    """Each step is legal, and leaves out nothing that had returned before it was called."""
    effects = [definition.effect(operation, SPLITBRAIN) for operation in operations]
    placed = set()
    state = definition.init
    for v in reach.path(node):
        i = reach.operations[v]
        assert i not in placed and effects[i] is not None
        earlier = {
            j
            for j, other in enumerate(operations)
            if effects[j] is not None and ret(other) < operations[i].call
        }
        assert earlier <= placed
        assert reach.states[v] in definition.step(state, effects[i])
        state = reach.states[v]
        placed.add(i)
    for i in reach.refused.get(node, ()):
        assert i not in placed and not definition.step(state, effects[i])
        assert all(
            ret(other) >= operations[i].call
            for j, other in enumerate(operations)
            if effects[j] is not None and j not in placed
        )
    return placed


def check_account(account, operations, definition, *, tried_all=False):
    reach = account.reach
    assert reach is not None
    own = [operations[row] for row in account.rows.tolist()]
    placed = check_path(reach, reach.best, own, definition)
    for i, node in reach.through.items():
        assert i in check_path(reach, node, own, definition) and i not in placed
    if account.verdict is Verdict.VALID:
        answered = {i for i, o in enumerate(own) if o.ret is not None}
        assert {i for i in answered if definition.effect(own[i], SPLITBRAIN)} <= placed
        return
    end = own[account.stuck].ret
    before = {i for i, o in enumerate(own) if ret(o) < end and definition.effect(o, SPLITBRAIN)}
    # Of several that return at once, any may be named.
    at_once = {i for i, o in enumerate(own) if ret(o) == end}
    assert before <= placed and not at_once <= placed
    if tried_all and reach.exhaustive:
        truth = longest(own, definition)
        for i in range(len(own)):
            found = (
                check_path(reach, reach.through[i], own, definition) if i in reach.through else ()
            )
            assert (i in placed or i in reach.through) == (i in truth)
            if i in reach.through:
                assert sum(own[j].ret is not None for j in found) == truth[i]


def test_a_stale_read_has_no_place_after_what_came_before():
    story = Story("x").did(0, "write", 4).did(1, "write", 7).did(3, "read", answer=4)
    (account,), _ = accounts_of(story.operations())
    assert account.stuck == 2
    assert [account.reach.operations[v] for v in account.reach.path(account.reach.best)] == [0, 1]
    assert account.reach.states == [4, 7]
    assert account.reach.refused == {1: [2]}
    assert account.reach.exhaustive


def test_each_of_two_rivals_has_an_order_of_its_own():
    story = Story("x").did(0, "write", 0).call(1, "cas", [0, 1]).call(2, "cas", [0, 2])
    (account,), _ = accounts_of(story.ok(1).ok(2).operations())
    reach = account.reach
    assert account.stuck == 2
    assert [reach.operations[v] for v in reach.path(reach.best)] == [0, 1]
    assert [reach.operations[v] for v in reach.path(reach.through[2])] == [0, 2]
    assert reach.refused[reach.through[2]] == [1]


def test_a_valid_history_has_one_order_and_its_states():
    story = Story("x").call(0, "write", 1).did(1, "read").ok(0).did(1, "read", answer=1)
    (account,), _ = accounts_of(story.operations())
    assert account.verdict is Verdict.VALID
    assert [account.reach.operations[v] for v in account.reach.path(account.reach.best)] == [
        1,
        0,
        2,
    ]
    assert account.reach.states == [None, 1, 1]


def test_an_unanswered_operation_that_helps_nobody_is_in_an_order_all_the_same():
    story = Story("x").call(0, "write", 9).info(0).did(1, "write", 1).did(2, "read", answer=2)
    (account,), _ = accounts_of(story.operations())
    reach = account.reach
    assert [reach.operations[v] for v in reach.path(reach.best)] == [1]
    assert 0 in [reach.operations[v] for v in reach.path(reach.through[0])]


def test_keys_have_accounts_of_their_own():
    bad = Story("x").did(0, "write", 4).did(1, "read", answer=5)
    operations = bad.operations()
    good = Story("y")
    good.events = list(bad.events)
    good.did(2, "write", 1)
    told, result = accounts_of(good.operations())
    assert result.verdict is Verdict.INVALID
    assert [(a.key, a.verdict) for a in told] == [("x", Verdict.INVALID), ("y", Verdict.VALID)]
    assert len(operations) == 2


@pytest.mark.parametrize("model", tuple(MODELS))
def test_every_order_is_legal_and_the_longest(model):
    definition = MODELS[model]
    refuted = 0
    for seed in range(150):
        operations = oracle.small_history(random.Random(f"{model} {seed}"), model)
        told, result = accounts_of(operations, model)
        assert any(a.verdict is Verdict.INVALID for a in told) == (
            result.verdict is Verdict.INVALID
        )
        for account in told:
            check_account(account, operations, definition, tried_all=True)
            refuted += account.verdict is Verdict.INVALID
    assert refuted > 15


@pytest.mark.parametrize("model", ("cas-register", "fifo-queue"))
def test_orders_of_longer_histories_are_legal(model):
    for seed in range(12):
        operations = oracle.long_history(random.Random(f"{model} {seed}"), model)
        told, _ = accounts_of(operations, model)
        for account in told:
            assert account.reach is not None and account.reach.best != ROOT
            check_account(account, operations, MODELS[model])
