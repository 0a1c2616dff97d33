from __future__ import annotations

from splitbrain.deployment import BugTally


def test_a_count_that_went_back_means_a_restart_and_keeps_what_was_counted() -> None:
    tally = BugTally()
    for count in (3, 5, 1, 2):
        tally.note("n1", {"bugs": {"raft.x": count}})
    tally.note("n2", {"bugs": {"raft.x": 4}})
    assert tally.totals() == {"raft.x": 5 + 2 + 4}


def test_a_node_without_bugs_counts_nothing() -> None:
    tally = BugTally()
    tally.note("n1", {"role": "leader"})
    assert tally.totals() == {}
