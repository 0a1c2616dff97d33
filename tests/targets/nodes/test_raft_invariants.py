"""The checks of figure 3 can fail: each on the smallest cluster that breaks it."""

from __future__ import annotations

import pytest
from test_raft_election import raft
from test_raft_replication import entries, leader
from test_raft_snapshots import install, snapshot_of

from targets.nodes.command import Command
from targets.nodes.effects import Received
from targets.nodes.raft.invariants import InvariantBroken, Invariants
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import Append


def test_two_leaders_of_one_term() -> None:
    invariants = Invariants()
    one, other = leader([1], term=1), leader([1], term=1)
    other.node = "n2"
    invariants.observe(one)
    with pytest.raises(InvariantBroken, match="election safety: n1 and n2 both lead term 2"):
        invariants.observe(other)


def test_a_leader_that_lacks_a_committed_entry() -> None:
    invariants = Invariants()
    follower = raft([1, 1], term=1, name="n3")
    follower.step([Received("n2", Append(1, 2, 1, 2, 1))])
    invariants.observe(follower)
    invariants.observe(leader([1, 1], term=2))
    with pytest.raises(InvariantBroken, match=r"leader completeness: n1, .* term 5, lacks .* 2"):
        invariants.observe(leader([1], term=4))


def test_two_entries_committed_at_one_index() -> None:
    invariants = Invariants()
    for name, term in (("n1", 1), ("n3", 2)):
        node = raft([term], term=2, name=name)
        node.step([Received("n2", Append(2, 1, term, 1, 1))])
        if name == "n3":
            with pytest.raises(InvariantBroken, match="state-machine safety: n3 commits another"):
                invariants.observe(node)
        else:
            invariants.observe(node)


def test_two_states_after_the_same_entries() -> None:
    invariants = Invariants()
    witness = raft([1, 1], term=1)
    witness.step([Received("n2", Append(1, 2, 1, 2, 1))])
    invariants.observe(witness)
    one, other = raft([], term=1, name="n1"), raft([], term=1, name="n3")
    install(one, snapshot_of(2, 1, value=7), term=1)
    install(other, snapshot_of(2, 1, value=8), term=1)
    invariants.observe(one)
    with pytest.raises(InvariantBroken, match=r"n3 has another state .* after entry 2"):
        invariants.observe(other)


def test_logs_that_agree_at_the_end_and_differ_before() -> None:
    one, other = raft([1], term=2), raft([1], term=2, name="n3")
    for node, value in ((one, 1), (other, 2)):
        different = Entry(2, 1, Command("write", "x", value, "s", 1))
        node.step([Received("n2", Append(2, 1, 1, 0, 1, [different, *entries(3, 2)]))])
    with pytest.raises(InvariantBroken, match=r"log matching: n1 and n3 .* entry 3 .* entry 2"):
        Invariants().check_logs_match([one, other])


def test_a_state_that_nobody_committed() -> None:
    node = raft([], term=1)
    install(node, snapshot_of(2, 1), term=1)
    with pytest.raises(InvariantBroken, match="n1 has a state up to entry 2, and nobody"):
        Invariants().observe(node)
