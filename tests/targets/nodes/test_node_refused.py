"""Which forwarded requests are not taken any more because one of them was refused for good."""

from __future__ import annotations

from targets.nodes.refused import LIFE_BITS, RefusedForwards


def test_what_was_refused_is_not_taken_when_it_comes_again() -> None:
    refused = RefusedForwards()
    refused.add("n2", (7 << LIFE_BITS) + 3)
    assert refused.covers("n2", (7 << LIFE_BITS) + 3)
    assert refused.covers("n2", (7 << LIFE_BITS) + 2)
    assert not refused.covers("n2", (7 << LIFE_BITS) + 4)
    assert not refused.covers("n3", (7 << LIFE_BITS) + 3)


def test_a_peer_that_has_restarted_is_heard_again() -> None:
    """Incarnations are random: the next one may well be the smaller number."""
    refused = RefusedForwards()
    refused.add("n2", (7 << LIFE_BITS) + 3)
    assert not refused.covers("n2", (5 << LIFE_BITS) + 1)
    refused.add("n2", (5 << LIFE_BITS) + 1)
    assert refused.covers("n2", (5 << LIFE_BITS) + 1)
    assert refused.covers("n2", (7 << LIFE_BITS) + 3)
