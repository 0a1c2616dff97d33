"""What makes a valid history vacuous, the same from a file and through a pipe."""

import random

import oracle
import pytest
from story import Story

from checker import Verdict, judge
from checker.models import MODELS
from checker.online.monitor import Monitor
from histories.event import Event, EventType


def piped(story, model, **options):
    monitor = Monitor(model, compile=False, **options)
    for event in story.events:
        monitor.feed(event)
    return monitor.finish()


def both(story, model):
    """The verdict and the reason; the pipe must give the same."""
    result, followed = judge(story.history(), model), piped(story, model)
    assert (followed.verdict, followed.reason) == (result.verdict, result.reason)
    return result.verdict, result.reason


WRITTEN, READ = [["w", "x", 1]], [["r", "x", 1]]


def transactions(*steps):
    story = Story()
    for one in steps:
        story.did(0, "txn", one)
    return story


def test_a_transaction_that_read_a_value_saw_a_write():
    assert both(transactions(WRITTEN, READ), "multi-register") == (Verdict.VALID, None)
    long = [["w", "y", 1], ["read", "x", 1], ["r", "z", None]]
    assert both(transactions(WRITTEN, long), "multi-register") == (Verdict.VALID, None)


@pytest.mark.parametrize(
    "steps",
    [
        (WRITTEN,),
        ([["r", "x", None]], WRITTEN, [["r", "y", None], ["r", "z", None]]),
        ([["w", "x", 1], ["r", "x", 1]],),
    ],
)
def test_one_that_read_nil_or_what_it_wrote_itself_saw_none(steps):
    verdict, reason = both(transactions(*steps), "multi-register")
    assert verdict is Verdict.VACUOUS
    assert "no read or txn ever saw a write" in reason


def test_a_transaction_that_never_answered_saw_none():
    story = transactions(WRITTEN).call(1, "txn", READ).info(1)
    assert both(story, "multi-register")[0] is Verdict.VACUOUS


def test_a_read_of_registers_that_are_all_nil_saw_none():
    story = Story().did(0, "write", {"x": 1}).did(0, "read", answer={"y": None})
    assert both(story, "multi-register")[0] is Verdict.VACUOUS
    assert both(story.did(0, "read", answer={"x": 1}), "multi-register")[0] is Verdict.VALID


def test_of_a_list_whose_first_element_is_nil_something_was_seen():
    story = Story(key="x").did(0, "write", [None, 1]).did(0, "read", answer=[None, 1])
    assert both(story, "register") == (Verdict.VALID, None)


@pytest.mark.parametrize("model", ["set", "counter"])
def test_what_is_added_must_be_read(model):
    empty, one = ([], [1]) if model == "set" else (0, 1)
    assert both(Story().did(0, "add", 1), model)[0] is Verdict.VACUOUS
    assert both(Story().did(0, "read", answer=empty), model)[0] is Verdict.VACUOUS
    assert both(Story().did(0, "add", 1).did(0, "read", answer=one), model)[0] is Verdict.VALID


# Whether anybody opened a bank only the whole history tells, so none comes through a pipe.
@pytest.mark.parametrize("model", sorted(MODELS.keys() - {"bank"}))
def test_file_and_pipe_agree_on_small_histories(model):
    seen = set()
    for seed in range(150):
        rng = random.Random(seed)
        history = Story(model=model)
        history.events = _events(oracle.small_history(rng, model, rng.choice((1, 2, 4))))
        result = judge(history.history(), model)
        followed = piped(history, model)
        assert followed.verdict is result.verdict, seed
        if result.verdict is not Verdict.INVALID:
            assert followed.reason == result.reason
        seen.add(result.verdict)
    assert {Verdict.VACUOUS, Verdict.VALID} <= seen


def _events(operations):
    moments = []
    for o in operations:
        moments.append((o.call, EventType.INVOKE, o, o.input))
        if o.ret is not None:
            moments.append((o.ret, EventType(str(o.outcome)), o, o.output))
    moments.sort(key=lambda moment: moment[0])
    return [
        Event(i, i, o.process, kind, o.f, o.key, value, None, o.error)
        for i, (_, kind, o, value) in enumerate(moments)
    ]


def test_what_is_from_elsewhere_need_not_test_anything_but_must_hold_something():
    lone = Story(key="x").did(0, "write", 1)
    result = piped(lone, "register", ours=False)
    assert result.verdict is Verdict.VALID
    assert "no read ever saw a write, in 1 operation that" in (result.reason or "")
    assert piped(Story(), "register", ours=False).verdict is Verdict.VACUOUS
    assert piped(Story().did(0, "add", 1), "set", ours=False).verdict is Verdict.VACUOUS
