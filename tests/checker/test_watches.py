"""Watches: every change once, in order, without a gap; and each way in which that is broken."""

from __future__ import annotations

import random

import pytest

from checker.judge import JUDGED
from checker.verdict import Verdict
from checker.watches import check_watches
from histories.errors import HistoryError
from histories.event import Operation, Outcome

OK, FAIL, INFO = Outcome.OK, Outcome.FAIL, Outcome.INFO


class Story:
    """Operations one after another, unless they are said to overlap."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.at = 0

    def _add(self, f, key, value, output, outcome, span) -> Story:
        call, ret = span or (self.at, self.at + 1)
        self.at = max(self.at, ret + 1)
        error = "timeout" if outcome is not OK else None
        done = None if outcome is INFO else ret
        self.operations.append(
            Operation(
                *(call, done, len(self.operations), f, key, value, output, outcome),
                *(call * 10**6, None if done is None else done * 10**6, "n1", error),
            )
        )
        return self

    def put(self, key, value, revision=None, outcome=OK, span=None) -> Story:
        output = [value, revision] if outcome is OK else value
        return self._add("put", key, value, output, outcome, span)

    def watch(self, first, *events, to=None, span=None) -> Story:
        told = [list(event) for event in events]
        last = to if to is not None else max(event[0] for event in events)
        output = {"from": first, "to": last, "events": told}
        return self._add("read", None, None, output, OK, span)

    def kinds(self) -> list[str]:
        result = check_watches(self.operations)
        expected = Verdict.INVALID if result.violations else Verdict.VALID
        assert result.verdict is expected, result.reason
        return [violation.kind for violation in result.violations]


def three() -> Story:
    return Story().put("x", 1, 2).put("y", 1, 4).put("x", 2, 5)


ALL = ((2, "x", 1), (4, "y", 1), (5, "x", 2))


def test_what_tells_every_change_once_and_in_order_is_valid():
    assert three().watch(1, *ALL).kinds() == []
    assert three().watch(1, ALL[0]).watch(3, *ALL[1:]).kinds() == []
    assert three().watch(1, ALL[0], to=3).kinds() == [], "a watch may lag behind"


@pytest.mark.parametrize(
    ("story", "kinds"),
    [
        (three().watch(1, ALL[1], ALL[0], ALL[2]), ["travel back in time"]),
        (three().watch(1, *ALL).watch(6, ALL[2], to=6), ["travel back in time"]),
        (three().watch(1, *ALL, ALL[2]), ["travel back in time"]),
        (three().watch(1, ALL[0], ALL[2]), ["gap"]),
        (three().watch(3, ALL[2]), ["gap"]),
        (
            three().watch(1, ALL[0], (4, "y", 9), ALL[2]).put("y", 9, outcome=INFO),
            ["disagreement", "unexpected"],
        ),
        (three().watch(1, *ALL, (7, "x", 1)), ["duplicate"]),
        (three().watch(1, *ALL, (7, "z", 3)), ["unexpected"]),
        (three().put("z", 3, outcome=FAIL).watch(1, *ALL, (7, "z", 3)), ["resurrected"]),
        (
            Story().put("x", 1, 5).put("x", 2, 4).watch(1, (4, "x", 2), (5, "x", 1)),
            ["out of order"],
        ),
    ],
)
def test_each_way_in_which_that_is_broken_has_a_name(story, kinds):
    assert story.kinds() == kinds


def test_two_that_tell_different_changes_of_one_revision_disagree():
    story = three().put("y", 9, outcome=INFO, span=(0, 9))
    assert story.watch(1, ALL[0], (4, "y", 9), ALL[2]).kinds() == ["disagreement"]
    one = Story().put("x", 1, outcome=INFO).put("x", 2, outcome=INFO).put("y", 1, 2)
    assert one.watch(1, (2, "y", 1), (3, "x", 1)).watch(1, (2, "y", 1), (3, "x", 2)).kinds() == [
        "disagreement"
    ]


def test_a_change_that_only_a_watch_tells_of_is_missed_by_others():
    story = Story().put("x", 1, outcome=INFO).put("x", 2, 3)
    story.watch(1, (2, "x", 1), (3, "x", 2))
    assert story.kinds() == []
    assert story.watch(1, (3, "x", 2)).kinds() == ["gap"]


def test_a_put_of_unknown_outcome_may_be_told_or_not_and_puts_are_told_by_then():
    assert Story().put("x", 1, outcome=INFO).put("x", 2, 2).watch(1, (2, "x", 2)).kinds() == []
    early = Story().put("x", 1, 2).watch(1, (2, "x", 1), (3, "x", 2), span=(2, 3))
    assert early.put("x", 2, 3, span=(4, 5)).kinds() == ["unexpected"]


def test_puts_one_after_another_have_growing_revisions_and_concurrent_ones_any():
    assert Story().put("x", 1, 5).put("x", 2, 4).watch(1, (4, "x", 2), (5, "x", 1)).kinds() == [
        "out of order"
    ]
    story = Story().put("x", 1, 5, span=(0, 3)).put("x", 2, 4, span=(1, 2))
    assert story.watch(1, (4, "x", 2), (5, "x", 1)).kinds() == []


def test_it_says_what_was_seen_by_whom():
    (violation,) = check_watches(three().watch(1, ALL[0], ALL[2]).operations).violations
    assert violation.sentence == (
        "process 3's watch on n1 (to 0.01 s) told all of revisions 1 to 5 without y = 1 at 4, "
        "which process 1's put of y = 1 has"
    )
    assert violation.culprit == 6 and violation.operations == (2, 6)


def test_what_tested_nothing_is_vacuous():
    assert check_watches(Story().put("x", 1, 2).operations).verdict is Verdict.VACUOUS
    told = Story().put("x", 1, outcome=INFO).watch(1, (2, "x", 1)).operations
    assert check_watches(told).verdict is Verdict.VACUOUS


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (Story()._add("write", "x", 1, 1, OK, None), "'write' is no operation"),
        (Story()._add("put", "x", 1, 1, OK, None), "the put answered 1"),
        (Story()._add("read", None, None, [1], OK, None), r"the read answered \[1\]"),
        (
            Story()._add("read", None, None, {"from": 1, "to": 2, "events": [[1]]}, OK, None),
            "the read answered",
        ),
        (Story().put("x", 1, 2).put("x", 1, 3), "is put a second time"),
    ],
)
def test_a_history_of_another_shape_is_refused(operation, told):
    with pytest.raises(HistoryError, match=told):
        check_watches(operation.operations)


def test_the_judge_knows_it():
    assert "watch" in JUDGED


@pytest.mark.parametrize("seed", range(20))
def test_a_real_store_is_valid_and_each_spoilt_watch_is_not(seed):
    rng = random.Random(seed)
    story, log = Story(), []
    reads = []
    for n in range(60):
        if rng.random() < 0.6 or not log:
            revision = len(log) * 2 + 2
            outcome = INFO if rng.random() < 0.2 else OK
            if outcome is OK or rng.random() < 0.5:
                log.append((revision, rng.choice("xy"), n))
                story.put(log[-1][1], n, revision, outcome)
            else:
                story.put("x", n, outcome=INFO)
            continue
        first = rng.randrange(len(log))
        events = log[first : first + rng.randint(1, 10)]
        story.watch(log[first][0], *events)
        reads.append(len(story.operations) - 1)
    assert story.kinds() == []
    index = rng.choice(reads)
    read = story.operations[index]
    events = read.output["events"]
    if len(events) < 3:
        return
    spoilt = rng.choice((events[::-1], events[:1] + events[2:], [*events, events[-1]]))
    known = {change.output[1] for change in story.operations if change.f == "put" and change.ret}
    if len(spoilt) < len(events) and events[1][0] not in known:
        return
    read.output["events"][:] = spoilt
    assert story.kinds() != []
