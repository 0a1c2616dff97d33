"""What an aimed fault can wait for, told by a cluster that speaks in words alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from nemesis.moments import TRIGGERS, Moment, Moments

NODES = ("n1", "n2", "n3", "n4", "n5")


class Words:
    """A system whose messages are signs already, and whose records are their text."""

    def message(self, message: Any) -> Any:
        return message

    def record(self, record: bytes) -> Any:
        word, term, index, more = record.decode().split()
        if word == "configuration" and more != "-":
            return word, int(term), int(index), tuple(more.split(","))
        return word, int(term), int(index), None if more == "-" else more


def seen(happens: Callable[[Moments], None], *triggers: str) -> list[Moment | None]:
    """The moment of each trigger, waited for from the beginning; None for one that did not come."""

    async def watch() -> list[Moment | None]:
        moments = Moments(Words(), NODES)
        waiting = [moments.when(trigger) for trigger in triggers]
        happens(moments)
        return [future.result() if future.done() else None for future in waiting]

    return asyncio.run(watch())


def heartbeat(moments: Moments, leader: str, term: int) -> None:
    moments.sent(leader, "n5", ("replicate", term, 0, None))


def test_an_election_is_won_when_a_leader_of_a_new_term_speaks() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        heartbeat(moments, "n1", 1)
        heartbeat(moments, "n2", 2)
        heartbeat(moments, "n1", 1)

    first, second, third = seen(happens, "elected", "elected#2", "elected#3")
    assert first == Moment("elected", "n1", None, 1)
    assert second == Moment("elected", "n2", "n1", 2)
    assert third is None


def test_a_second_leader_of_one_term_is_elected_too_but_once() -> None:
    def happens(moments: Moments) -> None:
        for leader in ("n1", "n2", "n1", "n2"):
            heartbeat(moments, leader, 3)

    second, third = seen(happens, "elected#2", "elected#3")
    assert second == Moment("elected", "n2", "n1", 3) and third is None


def test_a_term_may_be_given_out_again_once_its_leader_has_restarted() -> None:
    def happens(moments: Moments) -> None:
        moments.started("n1")
        heartbeat(moments, "n1", 3)
        heartbeat(moments, "n2", 2)
        moments.started("n1")
        heartbeat(moments, "n2", 2)

    assert seen(happens, "elected#2") == [Moment("elected", "n2", "n1", 2)]


def test_only_the_leader_of_the_highest_term_acknowledges() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        moments.replied("n1", {"ok": True, "value": None})
        heartbeat(moments, "n2", 2)
        moments.replied("n1", {"ok": True, "value": None})
        moments.sent("n2", "n4", ("answer", 0, 0, {"ok": True}))
        moments.replied("n4", {"ok": True})

    triggers = ("acknowledged", "acknowledged#2", "acknowledged#3", "first-acknowledgement#2")
    told = [moment and moment.node for moment in seen(happens, *triggers)]
    assert told == ["n1", "n2", None, "n2"]


def test_reads_and_refusals_acknowledge_nothing() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        moments.replied("n1", {"ok": True, "value": 7})
        moments.replied("n1", {"ok": False, "error": "busy"})

    assert seen(happens, "acknowledged") == [None]


def test_a_leader_proposes_what_it_writes_and_followers_do_not() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        moments.wrote("n2", [b"entry 1 8 -"])
        moments.wrote("n1", [b"entry 1 8 -"])
        moments.wrote("n1", [b"entry 1 8 -"])

    proposed, again = seen(happens, "proposed", "proposed#2")
    assert proposed == Moment("proposed", "n1", None, 1, 8, ("n1",)) and again is None


def test_a_read_is_asked_of_the_leader_and_of_nobody_else() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        moments.sent("n2", "n3", ("ask-read", 0, 0, None))
        moments.sent("n2", "n1", ("ask-read", 0, 0, None))

    asked, again = seen(happens, "read-asked", "read-asked#2")
    assert asked == Moment("read-asked", "n1", "n2", 1) and again is None


def test_a_change_of_members_names_who_goes_and_who_joins() -> None:
    members: list[tuple[str, ...]] = []

    def happens(moments: Moments) -> None:
        members.append(moments.members)
        heartbeat(moments, "n1", 1)
        for record in (b"configuration 1 8 n1,n2,n3,n4", b"configuration 1 9 n1,n2,n3,n4,n5"):
            moments.wrote("n1", [record])
            moments.wrote("n2", [record])
            members.append(moments.members)

    removed, added, more = seen(happens, "configured", "configured#2", "configured#3")
    assert removed == Moment("configured", "n1", "n5", 1, 8)
    assert added == Moment("configured", "n1", "n5", 1, 9) and more is None
    assert members == [NODES, NODES[:4], NODES]


def test_a_moment_after_another_is_counted_from_that_one() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        moments.wrote("n1", [b"entry 1 8 -"])
        heartbeat(moments, "n2", 2)
        moments.wrote("n2", [b"entry 2 9 -"])
        moments.wrote("n2", [b"entry 2 10 -"])

    first, second, third = seen(
        happens, "elected#2>proposed", "elected>elected>proposed#2", "elected#2>elected"
    )
    assert first == Moment("proposed", "n2", None, 2, 9, ("n2",))
    assert second == Moment("proposed", "n2", None, 2, 10, ("n2",))
    assert third is None


def test_a_minority_has_an_entry_before_a_majority_has() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        moments.wrote("n1", [b"entry 1 8 -"])
        moments.sent("n3", "n1", ("stored", 1, 8, None))
        moments.sent("n2", "n1", ("stored", 1, 8, None))
        moments.sent("n2", "n1", ("stored", 1, 8, None))
        moments.sent("n4", "n1", ("stored", 1, 8, None))

    partly, replicated, again = seen(happens, "partly-replicated", "replicated", "replicated#2")
    assert partly == Moment("partly-replicated", "n1", "n3", 1, 8, ("n1", "n3"))
    assert replicated == Moment("replicated", "n1", "n2", 1, 8, ("n1", "n2", "n3"))
    assert again is None


def test_what_a_deposed_leader_stores_counts_for_nothing() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        heartbeat(moments, "n2", 2)
        moments.wrote("n1", [b"entry 1 8 -"])
        moments.sent("n3", "n1", ("stored", 1, 8, None))

    assert seen(happens, "partly-replicated") == [None]


def test_whoever_has_what_was_acknowledged_is_known() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        moments.wrote("n1", [b"entry 1 8 -"])
        for node, index in (("n3", 8), ("n2", 7), ("n5", 8)):
            moments.sent(node, "n1", ("stored", 1, index, None))
        moments.replied("n1", {"ok": True})

    (acknowledged,) = seen(happens, "acknowledged")
    assert acknowledged is not None and acknowledged.holders == ("n1", "n3", "n5")


def test_a_vote_is_written_before_it_is_sent() -> None:
    def happens(moments: Moments) -> None:
        moments.sent("n2", "n3", ("ask-vote", 4, 0, None))
        moments.sent("n2", "n4", ("ask-vote", 4, 0, None))
        moments.wrote("n2", [b"vote 4 0 n2"])
        moments.wrote("n3", [b"vote 4 0 n2"])
        moments.sent("n3", "n2", ("vote", 4, 0, None))

    asked, again, written, sent = seen(
        happens, "candidacy", "candidacy#2", "vote-written", "vote-sent"
    )
    assert asked == Moment("candidacy", "n2", None, 4) and again is None
    assert written == Moment("vote-written", "n3", "n2", 4)
    assert sent == Moment("vote-sent", "n3", "n2", 4)


def test_a_change_of_members_counts_once_and_at_its_leader() -> None:
    def happens(moments: Moments) -> None:
        heartbeat(moments, "n1", 1)
        moments.wrote("n1", [b"configuration 1 9 -"])
        moments.wrote("n2", [b"configuration 1 9 -"])

    first, second = seen(happens, "configured", "configured#2")
    assert first is not None and (first.node, first.index) == ("n1", 9)
    assert second is None


def test_snapshots_and_restarts_are_noticed() -> None:
    def happens(moments: Moments) -> None:
        moments.started("n4")
        moments.replaced("n1", [])
        moments.sent("n1", "n4", ("snapshot", 1, 8, None))
        moments.started("n4")

    written, sent, restarted = seen(happens, "snapshot-written", "snapshot-sent", "restarted")
    assert written is not None and written.node == "n1"
    assert sent is not None and (sent.node, sent.peer) == ("n1", "n4")
    assert restarted is not None and restarted.node == "n4"


def test_moments_are_counted_from_when_somebody_waits() -> None:
    async def story() -> None:
        moments = Moments(Words(), NODES)
        heartbeat(moments, "n1", 1)
        waiting = moments.when("elected")
        assert not waiting.done()
        heartbeat(moments, "n2", 2)
        assert waiting.result().node == "n2"

    asyncio.run(story())


def test_a_trigger_that_does_not_exist_is_an_error() -> None:
    async def story() -> None:
        with pytest.raises(KeyError):
            Moments(Words(), NODES).when("full-moon")

    asyncio.run(story())
    assert len(set(TRIGGERS)) == len(TRIGGERS)


def test_a_commitment_is_told_step_by_step_with_both_who_have_part_in_it() -> None:
    def happens(moments: Moments) -> None:
        moments.sent("n1", "n2", ("ask-prepare", 0, 0, None))
        moments.wrote("n2", [b"prepared 0 0 n1"])
        moments.sent("n2", "n1", ("yes", 0, 0, None))
        moments.wrote("n1", [b"decided 0 0 -"])
        moments.sent("n1", "n2", ("decision", 0, 0, None))

    names = ("prepare-asked", "prepared", "voted", "decided", "decision-sent")
    assert seen(happens, *names, "decided#2") == [
        Moment("prepare-asked", "n1", "n2"),
        Moment("prepared", "n2", "n1"),
        Moment("voted", "n2", "n1"),
        Moment("decided", "n1"),
        Moment("decision-sent", "n1", "n2"),
        None,
    ]


def test_a_leader_that_goes_on_in_a_higher_term_with_others_was_not_elected_again() -> None:
    def speaks(moments: Moments, leader: str, term: int, since: int, *members: str) -> None:
        moments.sent(leader, "n5", ("replicate", term, 0, (since, members)))

    def happens(moments: Moments) -> None:
        speaks(moments, "n1", 1, 1, *NODES)
        speaks(moments, "n1", 2, 1, "n1", "n3", "n4", "n5")
        assert moments.members == ("n1", "n3", "n4", "n5")
        speaks(moments, "n3", 3, 3, "n3", "n4", "n5")
        assert moments.former_leader == "n1"
        speaks(moments, "n3", 4, 4, "n3", "n4", "n5")

    first, second, third, configured = seen(
        happens, "elected", "elected#2", "elected#3", "configured"
    )
    assert first == Moment("elected", "n1", None, 1)
    assert second == Moment("elected", "n3", "n1", 3)
    # It began another reign, as one that has restarted does.
    assert third == Moment("elected", "n3", "n1", 4)
    assert configured is not None
    assert (configured.node, configured.peer, configured.term) == ("n1", "n2", 2)
