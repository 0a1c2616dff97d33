"""The time diagram: order exact, widths kept, labels explained."""

import random

import pytest
import random_histories
from story import Story

from checker import linearizable
from checker.explanation import diagram, violation_diagram

STALE = Story().did(0, "write", 4).did(1, "write", 7).did(3, "read", answer=4).operations()


def test_a_stale_read_under_a_partition():
    drawn = diagram(STALE, culprit=4, width=90, bands=[(25_000_000, 90_000_000, "isolate n4")])
    assert drawn.splitlines()[:4] == [
        "faults                         [============== isolate n4 ==============]",
        "process 0 n1  |- write 4 --|",
        "process 1 n2                        |- write 7 --|",
        "process 3 n4                                          |-- read 4 -|  <- has no place",
    ]


def test_order_of_calls_and_returns_is_exact():
    story = Story().call(0, "write", 1).call(1, "read").ok(0).call(2, "read").ok(1, 1).ok(2, 1)
    lines = diagram(story.operations()).splitlines()
    starts = [line.index("|") for line in lines[:3]]
    ends = [line.rindex("|") for line in lines[:3]]
    assert starts[0] < starts[1] < ends[0] < starts[2] < ends[1] < ends[2]


def test_an_indeterminate_operation_has_no_right_end():
    story = Story().call(0, "write", 1).info(0).did(1, "read", answer=1)
    first = diagram(story.operations()).splitlines()[0]
    assert first.endswith("…?") and first.count("|") == 1


def test_faults_far_away_are_counted_not_drawn():
    bands = [(10**12, 2 * 10**12, "much too late"), (0, 50_000_000, "here")]
    drawn = diagram(STALE, bands=bands)
    assert "here" in drawn and "much too late" not in drawn
    assert "(1 other fault, earlier or later)" in drawn


def test_overlapping_faults_get_lanes_of_their_own():
    bands = [(0, 30_000_000, "first"), (20_000_000, 50_000_000, "second")]
    assert [line[:6] for line in diagram(STALE, bands=bands).splitlines()[:2]] == ["faults"] * 2


def test_long_labels_become_letters_that_are_explained():
    story = Story()
    for round_ in range(5):
        story.did(0, "write", f"a long value {round_}")
    drawn = diagram(story.operations(), width=80)
    assert "  A: write" in drawn
    assert max(len(line) for line in drawn.splitlines()) <= 80


def test_nothing_to_draw():
    assert diagram([]) == "(no operations to draw)"


@pytest.mark.parametrize("width", (80, 100, 120))
def test_any_violation_is_drawn_within_the_width(width):
    drawn = 0
    for seed in range(120):
        rng = random.Random(seed)
        operations = random_histories.concurrent(rng, 40, 5, 4, 0.05, 0.05)
        operations = random_histories.mutated(rng, operations, 4)
        for violation in linearizable(operations).violations:
            text = violation_diagram(violation, operations, width=width)
            assert "<- has no place" in text
            if len(violation.operations) <= 8:
                assert max(len(line) for line in text.splitlines()) <= width
            drawn += 1
    assert drawn > 30


def test_what_has_no_place_keeps_its_label():
    story = Story()
    for round_ in range(6):
        story.did(0, "write", f"value {round_}")
    story.did(1, "read", answer="value 0")
    operations = story.operations()
    drawn = diagram(operations, width=100, culprit=operations[-1].call)
    (lane,) = [line for line in drawn.splitlines() if line.endswith("<- has no place")]
    assert 'read "value 0"' in lane
    assert "  A: write" in drawn


def test_a_transaction_is_told_by_its_steps():
    story = Story().did(0, "txn", [["w", "x", 1], ["r", "y", None]], [["w", "x", 1], ["r", "y", 4]])
    assert "txn w x 1, r y 4" in diagram(story.operations())
