"""The acceptor and phase 1, message by message ("Paxos Made Simple", sections 2.2 and 3)."""

from __future__ import annotations

import random
from typing import Any

from targets.nodes.command import Command
from targets.nodes.effects import (
    Effect,
    Elapsed,
    Event,
    Fsync,
    Received,
    Requested,
    Send,
    Started,
    Synced,
    Write,
)
from targets.nodes.paxos.ballot import NO_OP, Ballot, Decree, PValue
from targets.nodes.paxos.base import Recovered, Role
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.messages import (
    Accept,
    Accepted,
    Heartbeat,
    Learned,
    Message,
    Preempted,
    Prepare,
    Promise,
)
from targets.nodes.paxos.options import Options

MEMBERS = ("n1", "n2", "n3", "n4", "n5")


def value(number: int) -> Decree:
    return Decree(Command("write", "x", number, "s", number))


def pvalue(slot: int, ballot: Ballot, number: int) -> PValue:
    return PValue(slot, ballot, value(number))


def started(recovered: Recovered | None = None, **options: Any) -> Paxos:
    node = Paxos(
        "n1",
        MEMBERS,
        recovered=recovered or Recovered(),
        rng=random.Random(1),
        incarnation=1,
        options=Options(**options),
    )
    node.clock = lambda: 0.0
    node.step([Started()])
    return node


def sent(effects: list[Effect], to: str = "n2") -> list[Message]:
    return [e.message for e in effects if isinstance(e, Send) and e.peer == to]


def tell(node: Paxos, peer: str, *messages: Message) -> list[Effect]:
    return node.step([Received(peer, message) for message in messages])


def synced(node: Paxos, effects: list[Effect]) -> list[Effect]:
    events: list[Event] = [Synced(e.index, e.term) for e in effects if isinstance(e, Fsync)]
    return node.step(events)


def test_a_promise_is_durable_before_it_is_told() -> None:
    effects = tell(started(), "n2", Prepare(Ballot(3, "n2"), 1))
    kinds = [type(effect) for effect in effects if isinstance(effect, Write | Fsync | Send)]
    assert kinds == [Write, Fsync, Send]
    assert sent(effects) == [Promise(Ballot(3, "n2"), 0)]


def test_nothing_below_a_promise_is_promised_or_accepted() -> None:
    node = started()
    tell(node, "n2", Prepare(Ballot(3, "n2"), 1))
    low = Ballot(3, "n1")
    assert sent(tell(node, "n3", Prepare(low, 1)), "n3") == [Preempted(low, Ballot(3, "n2"), None)]
    effects = tell(node, "n3", Accept(low, 0, [pvalue(1, low, 7)]))
    assert sent(effects, "n3") == [Preempted(low, Ballot(3, "n2"), None)]
    assert not node.accepted


def test_what_is_accepted_is_durable_before_it_is_told_and_may_come_out_of_order() -> None:
    node, ballot = started(), Ballot(3, "n2")
    effects = tell(node, "n2", Accept(ballot, 0, [pvalue(6, ballot, 1), pvalue(2, ballot, 2)]))
    kinds = [type(effect) for effect in effects if isinstance(effect, Write | Fsync | Send)]
    assert kinds == [Write, Fsync, Send]
    assert sent(effects) == [Accepted(ballot, [6, 2])]
    assert sorted(node.accepted) == [2, 6]


def test_to_accept_is_to_promise() -> None:
    node, high, low = started(), Ballot(5, "n2"), Ballot(4, "n3")
    tell(node, "n2", Accept(high, 0, [pvalue(1, high, 1)]))
    assert sent(tell(node, "n3", Accept(low, 0, [pvalue(1, low, 2)])), "n3") == [
        Preempted(low, high, "n2")
    ]


def test_a_proposal_that_comes_twice_is_written_once() -> None:
    node, ballot = started(), Ballot(3, "n2")
    accept = Accept(ballot, 0, [pvalue(1, ballot, 1)])
    tell(node, "n2", accept)
    effects = tell(node, "n2", accept)
    assert not [e for e in effects if isinstance(e, Write)]
    assert sent(effects) == [Accepted(ballot, [1])]


def test_a_promise_reports_the_highest_accepted_and_leaves_out_what_is_chosen() -> None:
    node, one, two = started(), Ballot(1, "n2"), Ballot(2, "n2")
    tell(node, "n2", Accept(one, 0, [pvalue(slot, one, slot) for slot in (1, 2, 3)]))
    tell(node, "n2", Accept(two, 1, [pvalue(1, two, 1), pvalue(2, two, 9)]))
    node.leader_is_silent = True
    (promise,) = sent(tell(node, "n3", Prepare(Ballot(3, "n3"), 1)), "n3")
    assert isinstance(promise, Promise)
    assert promise.chosen == 1
    assert [(p.slot, p.ballot, p.decree.encoded) for p in promise.pvalues] == [
        (2, two, value(9).encoded),
        (3, one, value(3).encoded),
    ]


def test_a_report_that_does_not_fit_is_asked_for_piece_by_piece() -> None:
    node, one, three = started(message_bytes_max=50), Ballot(1, "n2"), Ballot(3, "n3")
    tell(node, "n2", Accept(one, 0, [pvalue(slot, one, slot) for slot in (1, 2, 3)]))
    node.leader_is_silent = True
    first, slots = 1, []
    while first is not None:
        (promise,) = sent(tell(node, "n3", Prepare(three, first)), "n3")
        assert isinstance(promise, Promise)
        slots += [p.slot for p in promise.pvalues]
        first = promise.more  # type: ignore[assignment]
    assert slots == [1, 2, 3]


def test_an_acceptor_that_hears_a_leader_stands_by_it() -> None:
    node, ballot = started(), Ballot(3, "n2")
    tell(node, "n2", Heartbeat(ballot, 0, 1))
    high = Ballot(9, "n3")
    assert sent(tell(node, "n3", Prepare(high, 1)), "n3") == [Preempted(high, ballot, "n2")]
    # The leader itself may raise its ballot at any time.
    assert sent(tell(node, "n2", Prepare(Ballot(9, "n2"), 1))) == [Promise(Ballot(9, "n2"), 0)]
    # And once it is silent, anybody may.
    node.step([Elapsed("election")])
    (answer,) = sent(tell(node, "n3", Prepare(Ballot(9, "n3"), 1)), "n3")
    assert isinstance(answer, Promise)


# Phase 1 from the other side.


def candidate(recovered: Recovered | None = None, **options: Any) -> Paxos:
    node = started(recovered, **options)
    node.step([Elapsed("election")])
    assert node.role is Role.CANDIDATE
    return node


def test_a_ballot_is_on_the_disk_before_anybody_hears_of_it() -> None:
    effects = started().step([Elapsed("election")])
    kinds = [type(effect) for effect in effects if isinstance(effect, Write | Fsync | Send)]
    assert kinds == [Write, Fsync, Send, Send, Send, Send]
    assert sent(effects) == [Prepare(Ballot(1, "n1"), 1)]


def test_a_ballot_is_never_used_again_after_a_restart() -> None:
    node = candidate(Recovered(promised=Ballot(7, "n4")))
    assert node.ballot == Ballot(8, "n1")


def test_one_prepare_speaks_for_all_slots_and_a_quorum_makes_a_leader() -> None:
    node = candidate()
    assert not sent(tell(node, "n2", Promise(node.ballot, 0)))
    assert node.role is Role.CANDIDATE
    tell(node, "n3", Promise(node.ballot, 0))
    assert node.role is Role.LEADER
    # From here on a command costs one round trip: no slot is prepared again.
    request = {"f": "write", "key": "x", "value": 1, "session": "s", "seq": 1}
    (accept,) = sent(node.step([Requested("me", request)]))
    assert isinstance(accept, Accept)
    assert [p.slot for p in accept.pvalues] == [1]


def test_promises_of_an_earlier_attempt_do_not_count() -> None:
    node = candidate()
    old = node.ballot
    tell(node, "n2", Promise(old, 0), Preempted(old, Ballot(4, "n5"), None))
    node.step([Elapsed("election")])
    assert node.ballot == Ballot(5, "n1")
    tell(node, "n3", Promise(old, 0))
    tell(node, "n4", Promise(old, 0))
    assert node.role is Role.CANDIDATE


def test_the_highest_accepted_is_proposed_again_and_gaps_are_filled_with_no_ops() -> None:
    node = candidate()
    one, two = Ballot(0, "n4"), Ballot(0, "n5")
    tell(node, "n2", Promise(node.ballot, 0, None, [pvalue(1, one, 1), pvalue(4, one, 4)]))
    effects = tell(node, "n3", Promise(node.ballot, 0, None, [pvalue(1, two, 9)]))
    (accept, _) = sent(effects)
    assert isinstance(accept, Accept)
    assert [(p.slot, p.ballot, p.decree.encoded) for p in accept.pvalues] == [
        (1, node.ballot, value(9).encoded),
        (2, node.ballot, NO_OP.encoded),
        (3, node.ballot, NO_OP.encoded),
        (4, node.ballot, value(4).encoded),
    ]
    assert node.next_slot == 5


def test_who_knows_more_to_be_chosen_counts_once_it_has_been_learnt() -> None:
    node = candidate()
    tell(node, "n2", Promise(node.ballot, 2))
    tell(node, "n3", Promise(node.ballot, 0))
    assert node.role is Role.CANDIDATE
    tell(node, "n2", Learned(2, [(1, value(1)), (2, value(2))]))
    assert node.role is Role.LEADER
    assert node.chosen == 2


def test_a_leader_counts_itself_once_its_own_copy_is_on_the_disk() -> None:
    node = candidate()
    for peer in ("n2", "n3"):
        tell(node, peer, Promise(node.ballot, 0))
    request = {"f": "write", "key": "x", "value": 1, "session": "s", "seq": 1}
    effects = node.step([Requested("me", request)])
    # One that tells it twice is one.
    tell(node, "n2", Accepted(node.ballot, [1]), Accepted(node.ballot, [1]))
    tell(node, "n3", Accepted(node.ballot, [1]))
    assert node.chosen == 0
    synced(node, effects)
    assert node.chosen == 1


def test_acceptances_under_another_ballot_are_another_proposal() -> None:
    node = candidate()
    for peer in ("n2", "n3"):
        tell(node, peer, Promise(node.ballot, 0))
    request = {"f": "write", "key": "x", "value": 1, "session": "s", "seq": 1}
    synced(node, node.step([Requested("me", request)]))
    tell(node, "n2", Accepted(Ballot(0, "n4"), [1]))
    tell(node, "n3", Accepted(Ballot(0, "n5"), [1]))
    assert node.chosen == 0


def test_an_attempt_that_nobody_answers_goes_on_under_the_same_ballot() -> None:
    node = candidate()
    ballot = node.ballot
    tell(node, "n2", Promise(ballot, 0))
    effects = node.step([Elapsed("election")])
    assert node.ballot == ballot
    assert not [e for e in effects if isinstance(e, Write)]
    # Whoever has promised already is not asked again.
    assert (sent(effects, "n2"), sent(effects, "n3")) == ([], [Prepare(ballot, 1)])


def test_a_refusal_out_of_loyalty_to_another_does_not_stop_an_attempt() -> None:
    node = candidate()
    tell(node, "n2", Preempted(node.ballot, Ballot(0, "n5"), "n5"))
    for peer in ("n3", "n4"):
        tell(node, peer, Promise(node.ballot, 0))
    assert node.role is Role.LEADER
