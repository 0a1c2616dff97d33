from __future__ import annotations

from splitbrain.deployment import BugTally


def test_the_highest_count_a_node_ever_told_is_taken() -> None:
    tally = BugTally()
    for count in (3, 1000, 990, 1010):
        tally.note("n1", {"bugs": {"raft.x": count}})
    tally.note("n2", {"bugs": {"raft.x": 4}})
    assert tally.totals() == {"raft.x": 1010 + 4}


def test_a_node_without_bugs_counts_nothing() -> None:
    tally = BugTally()
    tally.note("n1", {"role": "leader"})
    assert tally.totals() == {}
