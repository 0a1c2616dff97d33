"""Which forwarded requests are not taken any more because a copy of them has come before."""

from __future__ import annotations

from targets.nodes.met import LIFE_BITS, LIVES_MAX, REMEMBERED_MAX, MetForwards

FIRST = 7 << LIFE_BITS


def test_a_request_is_met_once() -> None:
    met = MetForwards()
    assert met.meet("n1", FIRST)
    assert not met.meet("n1", FIRST)
    assert met.meet("n2", FIRST)


def test_requests_that_overtake_one_another_are_all_met() -> None:
    met = MetForwards()
    assert [met.meet("n1", FIRST + n) for n in (3, 1, 2, 1, 3)] == [True, True, True, False, False]


def test_a_peer_that_has_restarted_is_heard_though_its_incarnation_may_be_smaller() -> None:
    met = MetForwards()
    assert met.meet("n1", FIRST)
    assert met.meet("n1", 5 << LIFE_BITS)
    assert not met.meet("n1", FIRST)


def test_what_is_too_old_to_be_told_apart_is_passed_over() -> None:
    met = MetForwards()
    for number in range(REMEMBERED_MAX + 10):
        assert met.meet("n1", FIRST + number)
    assert not met.meet("n1", FIRST)


def test_memory_is_bounded_however_often_peers_restart() -> None:
    met = MetForwards()
    for life in range(2 * LIVES_MAX):
        assert met.meet("n1", life << LIFE_BITS)
    assert not met.meet("n1", (2 * LIVES_MAX - 1) << LIFE_BITS)
    assert len(met._met) == LIVES_MAX
