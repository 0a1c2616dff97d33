"""Set-full: what became of each element, against the definitions spelt out, and planted losses."""

import random
from dataclasses import replace

import oracle
import pytest
import sessions_drawn
from story import Story

from checker import Verdict, judge
from checker.elements import account_text
from checker.sets import check_set_full, check_set_full_linearizable
from histories.event import Outcome


def told(story):
    return check_set_full(story.operations()).statistics["elements"]


def plainly(operations):
    """Lost, stale, stable and never read, word by word as ``checker/elements.py`` defines them."""
    ends = {"lost": set(), "stale": set(), "stable": set(), "never_read": set()}
    reads = [one for one in operations if one.f == "read" and one.outcome is Outcome.OK]
    added = {one.input for one in operations if one.f == "add"}
    for element in added | {value for read in reads for value in read.output}:
        have = [read for read in reads if element in read.output]
        known = [read.ret for read in have]
        known += [
            one.ret
            for one in operations
            if (one.f, one.input, one.outcome) == ("add", element, Outcome.OK)
        ]
        if not known:
            continue
        lack = [one for one in reads if one.call > min(known) and element not in one.output]
        gone = [one for one in lack if not any(read.ret >= one.call for read in have)]
        if gone:
            ends["lost"].add(element)
        elif have:
            ends["stable"].add(element)
            if lack:
                ends["stale"].add(element)
        else:
            ends["never_read"].add(element)
    return ends


def test_elements_end_as_the_definitions_say():
    kinds = set()
    for seed in range(400):
        rng = random.Random(seed)
        operations = [
            replace(one, key=None) for one in sessions_drawn.drawn(rng, "set", unique=True)
        ]
        full = check_set_full(operations)
        told, ends = full.statistics["elements"], plainly(operations)
        for name in ("lost", "stale", "never_read"):
            assert sorted(told[f"{name}_elements"]) == sorted(ends[name]), (seed, operations)
        assert told["stable"] == len(ends["stable"])
        if ends["lost"]:
            assert full.verdict is Verdict.INVALID
        strict = check_set_full_linearizable(operations)
        if ends["stale"] or ends["lost"]:
            assert strict.verdict is Verdict.INVALID
        kinds.update(name for name, those in ends.items() if those)
    assert kinds == {"lost", "stale", "stable", "never_read"}


@pytest.mark.parametrize("crashed", [0, 0.2])
def test_a_real_set_loses_nothing_and_what_is_taken_away_is_lost(crashed):
    planted = 0
    for seed in range(80):
        rng = random.Random(seed)
        operations = oracle.concurrent(rng, "set", 30, processes=4, values=0, crashed=crashed)
        told = check_set_full_linearizable(operations)
        assert told.verdict in (Verdict.VALID, Verdict.VACUOUS), (seed, told.reason)
        reads = [one for one in operations if one.f == "read" and one.outcome is Outcome.OK]
        first = next((one for one in reads if one.output), None)
        later = [one for one in reads if first is not None and one.call > first.ret]
        if not later:
            continue
        element = first.output[0]
        spoiled = [
            replace(one, output=[value for value in one.output if value != element])
            if one.f == "read" and one.outcome is Outcome.OK and one.ret > first.ret
            else one
            for one in operations
        ]
        lost = check_set_full(spoiled)
        assert lost.verdict is Verdict.INVALID
        assert element in lost.statistics["elements"]["lost_elements"]
        planted += 1
    assert planted > 50


def test_how_soon_elements_are_stable_is_told_by_quantiles():
    story = Story()
    for element in range(4):
        story.did(0, "add", element)
    story.did(1, "read", answer=[0, 1, 2]).did(1, "read", answer=[0, 1, 2, 3])
    account = told(story)
    assert (account["stable"], account["stale_elements"]) == (4, [3])
    assert account["stable_latencies_ms"] == {"0": 0, "0.5": 0, "0.95": 10, "0.99": 10, "1": 10}
    assert account["worst_stale"] == [{"element": 3, "stable_after_ms": 10}]
    assert account_text(account) == (
        "4 elements: 4 stable, 1 stale, 0 lost; from known to stable, in ms: least 0, median 0, "
        "95 % 10, 99 % 10, most 10"
    )


def test_what_nobody_reads_is_not_lost():
    story = Story().did(0, "add", 1).did(1, "read", answer=[1]).did(0, "add", 2)
    story.call(2, "add", 3).info(2)
    account = told(story)
    assert account["never_read_elements"] == [2]
    assert (account["attempted"], account["acknowledged"], account["unknown"]) == (3, 2, 1)


def test_only_what_is_lost_breaks_set_full():
    story = Story(model="set").did(0, "add", 1).did(1, "read", answer=[])
    story.did(1, "read", answer=[1])
    rows = judge(story.history(), promises=("set-full", "set-full-linearizable")).promises
    assert [row.verdict for row in rows] == [Verdict.VALID, Verdict.INVALID]
    assert rows[0].statistics["elements"]["stale"] == 1
    story.did(2, "read", answer=[])
    (row,) = judge(story.history(), promises=("set-full",)).promises
    assert row.verdict is Verdict.INVALID and row.violations[0].kind == "lost write"
