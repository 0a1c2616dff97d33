"""Stories of transactions over several shards: stop, cut, restart, expect."""

from __future__ import annotations

from typing import Any

import pytest
from two_phase_commit_simulation import Cluster

from targets.nodes.two_phase_commit.base import ABORTED, COMMITTED
from targets.nodes.two_phase_commit.messages import (
    Abort,
    Ack,
    Commit,
    Done,
    Execute,
    Inquire,
    Prepare,
    Vote,
)
from targets.nodes.two_phase_commit.options import Options


def loses(*kinds: type, to: str | None = None) -> Any:
    """Says that messages of these kinds (to one node, if named) are lost."""
    return lambda source, target, message: isinstance(message, kinds) and to in (None, target)


class Three:
    """n1 coordinates; ``x`` is at n2 and ``y`` at n3."""

    def __init__(self, **settings: Any) -> None:
        self.cluster = Cluster(**settings)
        self.x, self.y = self.cluster.name_at("n2"), self.cluster.name_at("n3")

    def write_both(self, value: int) -> Any:
        return self.cluster.ask("n1", ("append", self.x, value), ("append", self.y, value))


def test_a_transaction_takes_effect_at_all_its_shards() -> None:
    three = Three()
    x, y, cluster = three.x, three.y, three.cluster
    wrote = cluster.ask_and_wait("n1", ("append", x, 1), ("r", x, None), ("append", y, 1))
    assert wrote.reads == [[1]]
    assert cluster.read(x, y, node="n3") == [[1], [1]]
    assert cluster.ask_and_wait("n2", ("w", x, 7), ("r", y, None)).reads == [[1]]
    assert cluster.read(x) == [7]


def test_the_decision_is_told_only_when_all_have_voted() -> None:
    three = Three()
    three.write_both(1)
    three.cluster.run(1.0)
    order = [type(message) for _, _, message in three.cluster.told]
    assert (
        order == [Execute] * 2 + [Done] * 2 + [Prepare] * 2 + [Vote] * 2 + [Commit] * 2 + [Ack] * 2
    )
    assert three.cluster.nodes["n1"].alive.decided == {}


def test_what_is_in_doubt_keeps_its_locks_until_the_coordinator_is_heard_again() -> None:
    """The known cost: n3 may neither commit nor abort, and nobody can use its keys."""
    three = Three()
    cluster = three.cluster
    cluster.dropped = loses(Commit, to="n3")
    wrote = three.write_both(1)
    assert cluster.run_until(lambda: wrote.ok)
    cluster.dropped = lambda *_: False
    cluster.run(0.01)
    cluster.isolate("n1")
    cluster.run(10.0)
    assert cluster.value(three.x) == [1]
    assert cluster.value(three.y) is None
    blocked = cluster.ask_and_wait("n2", ("r", three.y, None))
    assert blocked.error == "aborted"
    cluster.heal()
    assert cluster.read(three.x, three.y, node="n2") == [[1], [1]]


def test_a_coordinator_that_dies_undecided_has_aborted() -> None:
    three = Three()
    cluster = three.cluster
    three.write_both(1)
    cluster.run_until_told(Vote, "n3")
    cluster.kill("n1")
    cluster.run(5.0)
    assert cluster.nodes["n3"].alive.status()["in_doubt"] == 1
    cluster.start("n1")
    assert cluster.read(three.x, three.y) == [None, None]
    assert {how for how, _ in cluster.invariants.decided.values()} == {ABORTED}


def test_a_coordinator_that_dies_after_its_decision_finishes_it() -> None:
    three = Three()
    cluster = three.cluster
    cluster.dropped = loses(Commit)
    wrote = three.write_both(1)
    assert cluster.run_until(lambda: wrote.ok)
    cluster.lose_power("n1")
    cluster.run(3.0)
    cluster.dropped = lambda *_: False
    cluster.start("n1")
    assert cluster.read(three.x, three.y) == [[1], [1]]
    assert {how for how, _ in cluster.invariants.decided.values()} == {COMMITTED}


def test_a_participant_that_dies_after_its_yes_still_commits() -> None:
    three = Three()
    cluster = three.cluster
    three.write_both(1)
    cluster.run_until_told(Vote, "n3")
    cluster.lose_power("n3")
    cluster.run(1.0)
    assert cluster.value(three.x) == [1]
    cluster.start("n3")
    assert cluster.read(three.x, three.y) == [[1], [1]]


def test_a_participant_that_dies_before_its_vote_votes_no_and_keeps_nothing_locked() -> None:
    three = Three()
    cluster = three.cluster
    cluster.dropped = loses(Prepare, to="n3")
    wrote = three.write_both(1)
    cluster.run_until_told(Vote, "n2")
    cluster.restart("n3")
    cluster.dropped = lambda *_: False
    assert cluster.run_until(lambda: wrote.answer is not None)
    assert wrote.error == "aborted"
    assert cluster.read(three.x, three.y) == [None, None]


def test_everybody_loses_power_in_the_middle_of_a_commit() -> None:
    three = Three()
    cluster = three.cluster
    wrote = three.write_both(1)
    cluster.run_until_told(Commit)
    for name in cluster.names:
        cluster.lose_power(name)
    for name in cluster.names:
        cluster.start(name)
    assert cluster.read(three.x, three.y) == [[1], [1]]
    assert wrote.ok


def test_an_idle_participant_gives_its_locks_up_when_its_coordinator_never_comes_back() -> None:
    three = Three()
    cluster = three.cluster
    cluster.dropped = loses(Prepare)
    three.write_both(1)
    cluster.run_until_told(Done, "n3")
    cluster.kill("n1")
    cluster.dropped = lambda *_: False
    cluster.run(Options().idle_s + 0.2)
    assert cluster.read(three.x, three.y, node="n2") == [None, None]


def test_a_silent_shard_aborts_a_transaction_in_time_and_definitely() -> None:
    three = Three()
    cluster = three.cluster
    cluster.isolate("n3")
    wrote = three.write_both(1)
    assert cluster.run_until(lambda: wrote.answer is not None, Options().work_s + 0.2)
    assert wrote.answer is not None
    assert (wrote.error, wrote.answer["definite"]) == ("aborted", True)
    assert wrote.answer["detail"] == "nothing was heard of n3"
    cluster.heal()
    assert cluster.read(three.x, three.y) == [None, None]


def test_two_that_want_each_others_locks_both_happen_one_after_the_other() -> None:
    three = Three()
    x, y, cluster = three.x, three.y, three.cluster
    one = cluster.ask("n2", ("append", x, 1), ("append", y, 1))
    two = cluster.ask("n3", ("append", y, 2), ("append", x, 2))
    assert cluster.run_until(lambda: one.answer is not None and two.answer is not None)
    assert one.ok and two.ok
    lists = cluster.read(x, y)
    assert lists[0] == lists[1] and sorted(lists[0]) == [1, 2]


def test_reads_leave_nothing_in_any_log_and_no_lock() -> None:
    three = Three()
    cluster = three.cluster
    cluster.ask_and_wait("n1", ("append", three.x, 1))
    cluster.run(0.5)
    before = [len(node.disk.records) for node in cluster.nodes.values()]
    assert cluster.read(three.x, three.y) == [[1], None]
    assert [len(node.disk.records) for node in cluster.nodes.values()] == before
    assert all(not node.alive.locks.items() for node in cluster.nodes.values())


def test_a_late_copy_of_what_is_over_begins_nothing_anew() -> None:
    """Execute and Prepare come once more, while the coordinator still waits for another."""
    three = Three()
    cluster = three.cluster
    cluster.dropped = loses(Commit, to="n3")
    wrote = three.write_both(1)
    assert cluster.run_until(lambda: wrote.ok)
    cluster.run(0.05)
    copies = [m for _, t, m in cluster.told if t == "n2" and isinstance(m, Execute | Prepare)]
    for restarted in (False, True):
        if restarted:
            cluster.restart("n2")
        for copy in copies:
            cluster.deliver("n1", "n2", copy)
        cluster.run(0.5)
        assert cluster.value(three.x) == [1]
    cluster.dropped = lambda *_: False
    assert cluster.read(three.x, three.y) == [[1], [1]]


def test_an_abort_that_overtakes_what_it_is_about_is_remembered() -> None:
    three = Three()
    cluster = three.cluster
    execute = Execute("n1.99.1", (1, "n1.99.1"), [(0, "append", '[0,"z"]', 1)])
    cluster.deliver("n1", "n2", Abort(execute.id))
    cluster.deliver("n1", "n2", execute)
    assert cluster.nodes["n2"].alive.locks.items() == []


def test_who_asks_about_what_is_not_decided_yet_is_not_told_that_it_was_aborted() -> None:
    three = Three()
    cluster = three.cluster
    cluster.dropped = loses(Vote)
    three.write_both(1)
    cluster.run_until_told(Prepare, "n1")
    (running,) = cluster.nodes["n1"].alive.running
    cluster.told.clear()
    cluster.deliver("n2", "n1", Inquire(running))
    assert not any(isinstance(message, Abort) for _, _, message in cluster.told)
    cluster.run(2.0)
    assert any(isinstance(message, Abort) for _, _, message in cluster.told)


def test_a_vote_against_aborts_at_all_shards() -> None:
    three = Three(options=Options(refuse=0.999))
    wrote = three.write_both(1)
    three.cluster.run(1.0)
    assert wrote.error == "aborted"
    assert three.cluster.value(three.x) is three.cluster.value(three.y) is None


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_cluster_of_any_size_serves(size: int) -> None:
    cluster = Cluster(size=size)
    names = [f"k{i}" for i in range(6)]
    assert cluster.ask_and_wait("n1", *(("append", name, 1) for name in names)).ok
    assert cluster.read(*names) == [[1]] * 6
