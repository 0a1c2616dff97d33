"""Golden histories of several promises: the folder is one verdict, the header names them all."""

from pathlib import Path

import pytest

from checker import judge
from checker.consistency import PROMISES
from checker.consistency.judging import headline
from checker.consistency.proof import claim_of, problem_of
from checker.explanation import violation_diagram
from checker.models import MODELS
from checker.reading import SPLITBRAIN
from checker.transactions.levels import LEVELS
from checker.verdict import Verdict, compose
from histories.history import read_history

GOLDEN = Path(__file__).parents[1] / "golden" / "promises"
FILES = sorted(GOLDEN.glob("*/*/*.jsonl"))


def test_there_are_golden_histories_of_every_promise_that_is_weaker():
    folders = {path.parts[-3] for path in FILES}
    assert folders == set(PROMISES) - {"linearizable"}
    for folder in folders:
        verdicts = {path.parts[-2] for path in FILES if path.parts[-3] == folder}
        assert {"valid", "invalid"} <= verdicts


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(GOLDEN).as_posix())
def test_each_promise_gets_its_verdict(path):
    history = read_history(path)
    result = judge(history, promises=("all",))
    rows = {row.promise: row for row in result.promises}
    wanted = history.header["promises"]
    assert {name: str(row.verdict) for name, row in rows.items()} == wanted
    assert wanted[path.parts[-3]] == path.parts[-2] or path.parts[-2] == "unknown"
    assert result.verdict is compose(row.verdict for row in result.promises)
    assert history.header["source"]
    for row in result.promises:
        assert row.reason or row.verdict is Verdict.VALID
        for violation in row.violations:
            assert violation_diagram(violation, history.operations)
        if row.certificate is not None:
            table = history.table
            model = MODELS.get(result.model)
            claim, verdict = claim_of(row.certificate)
            assert verdict == row.verdict
            assert claim == row.promise or claim in LEVELS
            assert problem_of(table, model, row.certificate, SPLITBRAIN) is None
    if result.model in MODELS and rows["sequential"].verdict is not Verdict.UNKNOWN:
        assert rows["sequential"].certificate is not None


def told(name, promise):
    (path,) = GOLDEN.glob(f"*/*/{name}.jsonl")
    (row,) = judge(read_history(path), promises=(promise,)).promises
    return row.reason


def test_a_read_that_goes_back_is_told_with_what_shows_its_age():
    assert told("read-goes-back", "monotonic-reads") == (
        'key "x": process 1 read 2 at 0.06 s on n2 and then 1 at 0.08 s on n2, which is older: '
        "process 0 had written 1 before it wrote 2"
    )


def test_an_own_write_that_was_not_read_is_told():
    assert told("own-write-not-there-yet", "read-your-writes") == (
        'key "x": process 0 wrote 2 at 0.04 s on n1 and then read 1 at 0.06 s on n1, which is '
        "older: process 0 had written 1 before it wrote 2"
    )


def test_what_had_to_be_seen_with_a_write_is_told():
    assert told("message-without-its-content", "monotonic-writes") == (
        'key "content": process 1 had seen 1 of key "flag" (at 0.06 s on n2), which process 0 '
        'wrote after it had written 1 of key "content", and yet it read nil from key "content" '
        "at 0.08 s on n2, which was there before anything was written"
    )
    assert "which process 1 wrote after it had read 1" in told(
        "answer-without-its-question", "writes-follow-reads"
    )


def test_a_cycle_over_keys_is_told_step_by_step():
    assert told("store-buffering", "sequential") == (
        "these 4 operations have no order that keeps each process's own and in which each sees "
        "what came before it: process 0's read of nil from key \"y\" comes before process 1's "
        'write of 1 to key "y" (which overwrote what it saw); that comes before process 1\'s read '
        'of nil from key "x" (the same process ran it later); that comes before process 0\'s '
        'write of 1 to key "x" (which overwrote what it saw); that comes before process 0\'s read '
        'of nil from key "y" (the same process ran it later); each of the 2 keys alone has one'
    )


def test_what_cannot_be_decided_says_why():
    assert told("same-value-twice-and-own-write-missing", "monotonic-reads") == (
        'key "x": 1 was written more than once, so a read of it does not tell which write it saw'
    )
    assert "which nobody can have written" in told("value-from-nowhere", "read-your-writes")
    assert told("counter-slots-taken", "monotonic-writes") == (
        "which adds the sum of a counter consists of cannot be told"
    )


def test_the_headline_says_the_weakest_that_is_broken_and_the_strongest_that_is_kept():
    def line(name):
        (path,) = GOLDEN.glob(f"*/*/{name}.jsonl")
        return headline(judge(read_history(path), promises=("all",)).promises)

    assert line("stale-read-of-another-session") == "not linearizable, yet sequential"
    assert line("message-with-its-content") is None
    assert line("read-goes-back") == (
        "not monotonic-reads, yet read-your-writes, monotonic-writes and writes-follow-reads"
    )
