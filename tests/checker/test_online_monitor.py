"""The monitor: events in, keys apart, violations told once and judged once more."""

import random
from dataclasses import replace

import frontier
import pytest
import random_histories
from online_feeding import in_sequence, with_crashes

from checker.online import keys
from checker.online.limits import Limits
from checker.online.monitor import Monitor
from checker.verdict import Verdict
from histories.errors import HistoryError
from histories.event import NEMESIS, Event, EventType
from histories.pairing import pair


class Feed:
    """Tells a monitor events in short, and keeps them."""

    def __init__(self, model="cas-register", **options):
        self.monitor = Monitor(model, compile=False, **options)
        self.events = []

    def told(self, process, kind, f="read", value=None, key="x", error=None):
        index = len(self.events)
        event = Event(index, index * 10**7, process, EventType(kind), f, key, value, None, error)
        self.events.append(event)
        return self.monitor.feed(event)

    def did(self, process, f, value=None, key="x"):
        self.told(process, "invoke", f, None if f == "read" else value, key)
        return self.told(process, "ok", f, value, key) or self.monitor.probe()


def test_a_stale_read_is_told_at_once_and_explained_in_the_end():
    feed = Feed()
    assert feed.did(0, "write", 4) is None
    assert feed.did(1, "write", 7) is None
    violation = feed.did(2, "read", 4)
    assert violation is not None and violation.culprit == 4
    assert violation.details["completed_ns"] == 5 * 10**7
    assert feed.did(3, "read", 7) is None, "a key is accused once"
    result = feed.monitor.finish()
    assert result.verdict is Verdict.INVALID
    assert [one.kind for one in result.violations] == ["stale read"]
    assert result.violations[0].details["confirmed"]
    assert "4 had been overwritten" in (result.reason or "")


def test_keys_are_judged_apart():
    feed = Feed()
    for key in ("a", "b", 1, True):
        assert feed.did(0, "write", key, key=key) is None
    for key in ("a", "b", 1, True):
        assert feed.did(0, "read", key, key=key) is None
    result = feed.monitor.finish()
    assert (result.verdict, result.keys, result.operations) == (Verdict.VALID, 4, 8)


def test_a_key_whose_past_is_gone_is_accused_without_being_judged_again():
    feed = Feed(limits=Limits(kept_max=4))
    for value in range(10):
        assert feed.did(0, "write", value) is None
    assert feed.did(1, "read", 3) is not None
    violation = feed.monitor.finish().violations[0]
    assert not violation.details["confirmed"]
    assert violation.sentence.endswith(
        "(not judged once more: of this key only the last 4 operations were kept)"
    )


def test_of_keys_long_unused_and_of_too_many_nothing_is_kept_but_what_they_hold():
    feed = Feed(limits=Limits(kept_all_max=50))
    for key in range(200):
        feed.did(0, "write", key, key=key)
    assert feed.monitor._keys.kept <= 51
    assert feed.did(1, "read", 5, key=5) is None
    assert feed.did(1, "read", 5, key=6) is not None


def test_keys_beyond_the_limit_are_not_followed_and_that_is_said():
    feed = Feed(limits=Limits(keys_max=2))
    for key in range(3):
        feed.did(0, "write", key, key=key)
    result = feed.monitor.finish()
    assert result.verdict is Verdict.UNKNOWN
    assert result.reason == "1 operation on keys beyond the first 2 were not followed"


def test_an_operation_that_ends_after_it_was_given_up_on_leaves_its_key_unknown():
    feed = Feed(limits=Limits(window_max=10))
    feed.told(9, "invoke", "write", 99)
    for value in range(10):
        feed.did(0, "write", value)
    feed.told(9, "ok", "write", 99)
    result = feed.monitor.finish()
    assert result.verdict is Verdict.UNKNOWN
    assert "ended after it had been open for more than 10 events; verified up to" in (
        result.reason or ""
    )


def test_the_same_without_an_answer_changes_nothing():
    feed = Feed(limits=Limits(window_max=10))
    feed.told(9, "invoke", "write", 99)
    for value in range(10):
        feed.did(0, "write", value)
    feed.told(9, "info", "write", 99)
    assert feed.did(0, "read", 99) is None
    assert feed.monitor.finish().verdict is Verdict.VALID


def test_a_run_that_tested_nothing_is_vacuous():
    assert Feed().monitor.finish().verdict is Verdict.VACUOUS
    feed = Feed()
    feed.did(0, "write", 1)
    assert feed.monitor.finish().verdict is Verdict.VACUOUS


def test_sets_and_counters_at_a_glance_are_never_called_valid():
    for model in ("set", "counter"):
        feed = Feed(model, exact=False)
        feed.did(0, "add", 1)
        feed.did(0, "read", [1] if model == "set" else 1)
        assert feed.monitor.finish().verdict is Verdict.UNKNOWN
        feed = Feed(model)
        feed.did(0, "add", 1)
        feed.did(0, "read", [1] if model == "set" else 1)
        assert feed.monitor.finish().verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("model", "answer", "kind"), [("set", [1], "lost write"), ("counter", 1, "counter too low")]
)
@pytest.mark.parametrize("exact", [True, False])
def test_sets_and_counters_are_told_in_the_words_of_their_checkers(model, answer, kind, exact):
    feed = Feed(model, exact=exact)
    feed.did(0, "add", 1)
    feed.did(0, "add", 2)
    assert feed.did(1, "read", answer) is not None
    assert feed.monitor.finish().violations[0].kind == kind


def test_faults_are_passed_over():
    monitor = Monitor("register")
    assert monitor.feed(Event(0, 0, NEMESIS, EventType.INFO, "partition")) is None
    assert monitor.events == 0


@pytest.mark.parametrize(
    ("story", "seen"),
    [
        ([(0, "ok")], "process 0 completed 'read' with 'ok', but it has no operation open."),
        (
            [(0, "invoke"), (0, "invoke")],
            "process 0 invoked 'read' while its 'read' (event 0) is still open.",
        ),
        (
            [(0, "invoke"), (0, "info"), (0, "invoke")],
            "process 0 invoked 'read' although its 'read' ended in 'info' (event 1).",
        ),
        (
            [(0, "invoke"), (0, "ok", "write")],
            "process 0 completed 'write', but it had invoked 'read' (event 0).",
        ),
        (
            [(0, "invoke", "pop")],
            "'pop' is no operation of the model 'cas-register' (read, write, cas).",
        ),
        ([(0, "invoke", "cas", 3)], "a cas carries [expected, new], not 3."),
    ],
)
def test_what_cannot_be_a_history_is_refused_in_the_words_of_the_readers(story, seen):
    feed = Feed()
    with pytest.raises(HistoryError) as caught:
        for event in story:
            feed.told(*event)
    (problem,) = caught.value.problems
    assert problem.seen == seen
    if "process" in seen:
        with pytest.raises(HistoryError) as told:
            pair(feed.events, lambda position: f"event {position}")
        assert told.value.problems[0].seen == seen


def test_however_often_it_is_asked_the_verdict_is_the_same():
    for seed in range(150):
        rng = random.Random(seed)
        operations = random_histories.mixed(rng, 25)
        if sum(one.ret is None for one in operations) > 6:
            continue
        events = list(with_crashes(rng, in_sequence(operations)))
        verdicts = set()
        for often in (0.0, 0.2, 1.0):
            monitor = Monitor("cas-register", compile=False)
            for event in events:
                monitor.feed(event)
                if rng.random() < often:
                    monitor.probe()
            verdicts.add(monitor.finish().verdict)
        # Confirmed, for the search would not let a false accusation pass.
        assert len(verdicts) == 1, seed


def test_a_key_that_was_at_rest_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr(keys, "SWEEP_EVENTS", 12)
    rested = invalid = 0
    for seed in range(120):
        rng = random.Random(seed)
        operations = in_sequence(random_histories.mixed(rng, 30))
        if sum(one.ret is None for one in operations) > 6:
            continue
        monitor = Monitor("cas-register", compile=False, explain=False)
        index, found = 0, None
        for event in with_crashes(rng, operations):
            # Between two events of the key, now and then others for a while.
            for number in range(20 if rng.random() < 0.3 else 0):
                for kind in ("invoke", "ok"):
                    other = Event(index, 0, 10_000, EventType(kind), "write", "else", number)
                    monitor.feed(other)
                    index += 1
                if number == 10:
                    monitor.probe()
            rested += len(monitor._keys._resting)
            told = replace(event, index=index, key="x")
            index += 1
            found = found or monitor.feed(told) or monitor.probe()
        expected = frontier.first_stuck(operations)
        assert (found is not None) == (expected is not None), seed
        invalid += found is not None
    assert rested > 100 and invalid > 20
