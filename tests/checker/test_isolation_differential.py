"""Small histories of transactions against brute force over every order and every snapshot."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from isolation_compared import TRUTH, compared, missed
from isolation_told import of
from transactions_drawn import STORES, drawn

from checker.transactions import deciding
from checker.transactions.levels import LEVELS, SERIAL, SNAPSHOTS
from histories.event import Outcome

HISTORIES = 400


def compare(seeds, *, lists, sizes=(2, 5)):
    seen = Counter()
    for seed in seeds:
        rng = Random(seed)
        operations = drawn(rng, rng.randint(*sizes), lists=lists)
        wrong, levels = compared(operations, lists=lists)
        assert not wrong, (seed, wrong)
        seen += levels
    return seen


@pytest.mark.parametrize("lists", [True, False], ids=("lists", "registers"))
def test_nobody_is_accused_falsely_and_no_level_shown_that_is_not_there(lists):
    seen = compare(range(HISTORIES), lists=lists)
    for level in SERIAL:
        assert seen[level, "valid", "valid"] > HISTORIES // 4
        assert seen[level, "invalid", "invalid"] > HISTORIES // 100


def test_inference_over_lists_misses_nothing_that_is_not_serializable(monkeypatch):
    # What is left open would be decided by every order: here it is not.
    monkeypatch.setattr(deciding, "every_order", lambda inferred, within: (False, None))
    seen = compare(range(10_000, 10_000 + HISTORIES), lists=True)
    for level in SERIAL:
        assert missed(seen)[level][0] == 0
        assert seen[level, "unknown", "valid"] == 0


def test_what_inference_over_registers_leaves_open_is_settled_by_supposing(monkeypatch):
    monkeypatch.setattr(deciding, "every_order", lambda inferred, within: (False, None))
    seen = compare(range(20_000, 20_000 + HISTORIES), lists=False)
    for level in (*SERIAL, *SNAPSHOTS):
        left, of = missed(seen)[level]
        assert left == seen[level, "unknown", "valid"] == 0 and of > HISTORIES // 100


@pytest.mark.parametrize("lists", [True, False], ids=("lists", "registers"))
def test_other_names_and_another_order_of_keys_change_nothing(lists):
    for seed in range(60):
        rng = Random(seed)
        operations = drawn(rng, rng.randint(3, 8), lists=lists)
        renamed = [other_names(one) for one in operations]
        one, other = (verdicts(told, lists) for told in (operations, renamed))
        assert one == other, seed


@pytest.mark.parametrize("lists", [True, False], ids=("lists", "registers"))
def test_values_that_are_written_twice_accuse_nobody(lists):
    for seed in range(250):
        rng = Random(seed)
        operations = [
            other_names(one, lambda value: value // 2)
            for one in drawn(rng, rng.randint(2, 5), lists=lists)
        ]
        levels = verdicts(operations, lists)
        for level in ("snapshot-isolation", "strong-snapshot-isolation", *SERIAL):
            truth = "valid" if TRUTH[level](operations) else "invalid"
            assert levels[level] in (truth, "unknown"), (seed, level)


def test_a_store_that_keeps_its_promise_is_never_accused():
    for seed in range(100):
        operations = drawn(Random(seed), 60, lists=seed % 2 == 0, store=STORES[0])
        levels = verdicts(operations, seed % 2 == 0)
        assert levels["serializable"] != "invalid", seed


def verdicts(operations, lists):
    findings = of(operations, lists=lists)
    return {level: str(findings.verdict(level)) for level in LEVELS}


def other_names(one, rename=lambda value: f"v{9 - value % 10}{value}"):
    """The same with keys and values called something else, of other kinds and order."""

    def step(told):
        f, key, value = told
        if isinstance(value, list):
            value = [rename(element) for element in value]
        elif value is not None:
            value = rename(value)
        return [f, {"x": 3, "y": 2, "z": 1}[key], value]

    known = one.outcome is Outcome.OK
    return replace(
        one,
        process=1000 - one.process,
        input=[step(told) for told in one.input],
        output=[step(told) for told in one.output] if known else None,
    )
