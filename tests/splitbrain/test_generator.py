"""A schedule is a pure function of a generator's value and a seed."""

from collections import Counter
from itertools import islice, pairwise
from random import Random

import pytest

from splitbrain.generator import (
    ASAP,
    Draw,
    Each,
    Invoke,
    Limit,
    Listed,
    Mix,
    PerKey,
    Phase,
    Phases,
    Repeat,
    Reserve,
    Stagger,
    TimeLimit,
)

SECOND = 10**9


def first(count, generator, seed=0):
    return list(islice(generator.items(Random(seed)), count))


def test_a_leaf_repeats_draws_or_lists():
    assert first(2, Repeat("read", "x")) == [Invoke(ASAP, "read", "x")] * 2
    assert [item.value for item in first(4, Draw("add", lambda rng, n: n))] == [0, 1, 2, 3]
    listed = (Invoke(0, "read"), Invoke(5, "write", "x", 1))
    assert first(9, Listed(listed)) == list(listed)


def test_a_mix_keeps_to_its_weights():
    seen = Counter(item.f for item in first(10_000, Mix(((3, Repeat("a")), (1, Repeat("b"))))))
    assert 7_200 < seen["a"] < 7_800


def test_a_mix_goes_on_with_the_others_when_one_is_used_up():
    mix = Mix(((1, Limit(Repeat("a"), 3)), (1, Limit(Repeat("b"), 20))))
    assert Counter(item.f for item in first(100, mix)) == {"a": 3, "b": 20}


def test_stagger_spreads_items_around_the_rate():
    items = first(10_000, Stagger(Repeat("read"), rate=500))
    times = [item.at_ns for item in items]
    assert times == sorted(times)
    assert 19 * SECOND < times[-1] < 21 * SECOND
    gaps = [later - earlier for earlier, later in pairwise(times)]
    # Exponential: a share of 1/e of the gaps is longer than the mean.
    assert 0.34 < sum(gap > 2_000_000 for gap in gaps) / len(gaps) < 0.40


def test_rate_0_means_as_fast_as_workers_free_up():
    timed = Listed((Invoke(7, "read"), Invoke(9, "read")))
    assert [item.at_ns for item in first(5, Stagger(timed, 0))] == [ASAP, ASAP]


def test_the_pace_does_not_shift_what_is_done():
    values = Draw("write", lambda rng, n: rng.randrange(1000))
    slow, fast, free = (first(50, Stagger(values, rate)) for rate in (1, 900, 0))
    assert [i.value for i in slow] == [i.value for i in fast] == [i.value for i in free]


def test_a_time_limit_ends_at_the_first_item_that_is_not_before_it():
    listed = Listed((Invoke(0, "a"), Invoke(9, "b"), Invoke(10, "c"), Invoke(11, "d")))
    assert [item.f for item in first(9, TimeLimit(listed, 10))] == ["a", "b"]


def test_per_key_keeps_several_keys_in_use_and_retires_each_after_its_operations():
    keyed = first(300, PerKey(Repeat("read"), keys=3, operations=10))
    used = Counter(item.key for item in keyed)
    retired = [key for key, count in used.items() if count == 10]
    assert len(used) - len(retired) <= 3
    assert max(used.values()) == 10
    active = set()
    for item in keyed:
        active.add(item.key)
        used[item.key] -= 1
        if not used[item.key]:
            active.discard(item.key)
        assert len(active) <= 3


def test_per_key_gives_each_key_a_fresh_copy():
    keyed = first(200, PerKey(Draw("write", lambda rng, n: n), keys=4, operations=8))
    by_key: dict = {}
    for item in keyed:
        by_key.setdefault(item.key, []).append(item.value)
    assert all(values == list(range(len(values))) for values in by_key.values())


def test_per_key_moves_on_when_a_copy_is_used_up():
    keyed = first(20, PerKey(Limit(Repeat("read"), 2), keys=1, operations=5))
    assert [item.key for item in keyed[:6]] == [0, 0, 1, 1, 2, 2]


def test_reserve_marks_lanes_and_gives_streams_that_do_not_wait_for_each_other():
    reserve = Reserve(((2, Repeat("a")), (1, Stagger(Repeat("b"), 10))), rest=Repeat("c"))
    assert reserve.sizes == (2, 1)
    heads = [next(stream) for stream in reserve.streams(Random(0))]
    assert [(item.f, item.lane) for item in heads] == [("a", 0), ("b", 1), ("c", 2)]


def test_lanes_merge_by_time_and_take_turns_at_the_same_time():
    even = Listed((Invoke(0, "a"), Invoke(2, "a"), Invoke(4, "a")))
    odd = Listed((Invoke(1, "b"), Invoke(3, "b")))
    assert [i.f for i in first(9, Reserve(((1, even), (1, odd))))] == list("ababa")
    endless = Reserve(((1, Repeat("a")), (1, Repeat("b"))))
    assert [i.f for i in first(6, endless)] == list("ababab")


def test_lanes_do_not_nest():
    inner = Reserve(((1, Repeat("a")),))
    with pytest.raises(ValueError, match="lanes do not nest"):
        first(1, Reserve(((1, inner),)))


def test_each_asks_every_node():
    items = first(99, Each(Listed((Invoke(0, "read"),)), nodes=3))
    assert [(item.f, item.node) for item in items] == [("read", 0), ("read", 1), ("read", 2)]


def test_phases_follow_each_other_behind_their_barriers():
    main, final = Phase("main", SECOND), Phase("final", heal=True, quiet_ns=5)
    phases = Phases(((main, Limit(Repeat("a"), 2)), (final, Limit(Repeat("b"), 1))))
    items = list(phases.items(Random(0)))
    assert items == [main, Invoke(ASAP, "a"), Invoke(ASAP, "a"), final, Invoke(ASAP, "b")]
    played = [
        (phase, [item for stream in streams for item in stream])
        for phase, streams in phases.play(Random(0))
    ]
    assert played == [(main, items[1:3]), (final, items[4:])]


def test_what_one_part_draws_does_not_shift_its_siblings():
    def final_of(main):
        final = Draw("write", lambda rng, n: rng.random())
        phases = Phases(((Phase("main"), main), (Phase("final"), Limit(final, 3))))
        return list(phases.items(Random(5)))[-3:]

    greedy = Draw("write", lambda rng, n: [rng.random() for _ in range(100)])
    assert final_of(Limit(Repeat("read"), 10)) == final_of(Limit(greedy, 7))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Stagger(Repeat("a"), -1), "rate is -1"),
        (lambda: Stagger(Repeat("a"), float("nan")), "rate is nan"),
        (lambda: Mix(()), "weights above 0"),
        (lambda: Mix(((0, Repeat("a")),)), "weights above 0"),
        (lambda: PerKey(Repeat("a"), 0, 5), "0 keys"),
        (lambda: Reserve(((0, Repeat("a")),)), "at least one worker"),
        (lambda: Phase("main", limit_ns=-1), "limit_ns is -1"),
        (lambda: Phase("main", quiet_ns=-1), "quiet_ns is -1"),
    ],
)
def test_refuses_values_that_make_no_schedule(make, message):
    with pytest.raises(ValueError, match=message):
        make()
