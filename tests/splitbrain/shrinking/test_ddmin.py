"""Delta debugging with made-up oracles: minimal, repeatable, and never asked what is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from splitbrain.shrinking.ddmin import fewest, first_that_fails

ITEMS = st.integers(1, 40).map(lambda count: list(range(count)))


@st.composite
def needs(draw: st.DrawFn) -> tuple[list[int], Callable[[list[int]], bool]]:
    """Items, and an oracle that fails where all of some group of them are there."""
    items = draw(ITEMS)
    member = st.sampled_from(items)
    groups = draw(st.lists(st.frozensets(member, max_size=5), min_size=1, max_size=4))
    return items, lambda kept: any(group <= {*kept} for group in groups)


@given(needs())
def test_nothing_more_can_be_left_out(
    case: tuple[list[int], Callable[[list[int]], bool]],
) -> None:
    items, fails = case
    kept = fewest(items, fails)
    assert fails(kept)
    assert kept == [item for item in items if item in kept], "in their order, each once"
    for gone in kept:
        assert not fails([item for item in kept if item != gone])


@given(ITEMS, st.randoms(use_true_random=False))
def test_an_oracle_without_rhyme_or_reason_still_gives_a_1_minimal_list(items, rng) -> None:
    """Leaving out more may make it fail again: what is asked is asked of one oracle."""
    answers: dict[tuple[int, ...], bool] = {tuple(items): True}

    def fails(kept: list[int]) -> bool:
        return answers.setdefault(tuple(kept), rng.random() < 0.3)

    kept = fewest(items, fails)
    assert fails(kept)
    for gone in kept:
        less = [item for item in kept if item != gone]
        assert not less or not fails(less)


@given(needs())
def test_the_same_answers_give_the_same_questions(
    case: tuple[list[int], Callable[[list[int]], bool]],
) -> None:
    items, fails = case
    asked: list[list[list[int]]] = [[], []]
    for questions in asked:

        def told(kept: list[int], questions: list[list[int]] = questions) -> bool:
            questions.append(list(kept))
            return fails(kept)

        fewest(items, told)
    assert asked[0] == asked[1]


def test_two_of_a_thousand_are_found_with_few_questions() -> None:
    questions = 0

    def fails(kept: list[int]) -> bool:
        nonlocal questions
        questions += 1
        return {17, 930} <= {*kept}

    assert fewest(range(1000), fails) == [17, 930]
    assert questions < 100


def test_what_fails_without_anything_is_nothing() -> None:
    assert fewest([1, 2, 3], lambda kept: True) == []
    assert fewest([], lambda kept: pytest.fail("there is nothing to ask")) == []


def test_what_the_oracle_raises_ends_it() -> None:
    def fails(kept: list[int]) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fewest([1, 2], fails)


def test_the_first_that_fails_is_taken_and_no_other_is_asked() -> None:
    asked = []

    def fails(number: int) -> bool:
        asked.append(number)
        return number >= 3

    assert first_that_fails([1, 3, 5], fails) == 3
    assert asked == [1, 3]
    assert first_that_fails([1, 2], fails) is None
