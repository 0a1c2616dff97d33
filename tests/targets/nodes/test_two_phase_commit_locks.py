"""The lock table, case by case and against a dumb one that goes over everything each time."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from targets.nodes.two_phase_commit.locks import Answer, Claim, LockTable, Mode

S, X = Mode.SHARED, Mode.EXCLUSIVE


def asked(table: LockTable, age: int, item: str, mode: Mode) -> Answer:
    return table.ask(f"T{age}", (age, f"T{age}"), item, mode)


def test_what_does_not_conflict_is_held_together() -> None:
    table = LockTable()
    assert [asked(table, age, "x", S) for age in (3, 1, 2)] == [Answer.GRANTED] * 3


@pytest.mark.parametrize(("held", "wanted"), [(S, X), (X, S), (X, X)])
def test_the_older_waits_and_the_younger_dies(held: Mode, wanted: Mode) -> None:
    table = LockTable()
    assert asked(table, 5, "x", held) is Answer.GRANTED
    assert asked(table, 4, "x", wanted) is Answer.WAITS
    assert asked(table, 6, "x", wanted) is Answer.DIES
    assert table.release("T5") == [("T4", "x")]


def test_nobody_passes_a_waiter_whom_he_would_keep_waiting() -> None:
    table = LockTable()
    asked(table, 9, "x", S)
    assert asked(table, 5, "x", X) is Answer.WAITS
    # Reading beside T9 would be fine, but then T5 would wait for T7, and one day for T2.
    assert asked(table, 7, "x", S) is Answer.DIES
    assert asked(table, 2, "x", S) is Answer.WAITS
    assert table.release("T9") == [("T5", "x")]
    assert table.release("T5") == [("T2", "x")]


def test_all_readers_at_the_head_of_a_queue_are_let_in_together() -> None:
    table = LockTable()
    asked(table, 9, "x", X)
    for age, mode in ((8, S), (7, S), (6, X)):
        assert asked(table, age, "x", mode) is Answer.WAITS
    assert table.release("T9") == [("T8", "x"), ("T7", "x")]


def test_who_gives_up_waiting_lets_those_behind_go_on() -> None:
    table = LockTable()
    asked(table, 9, "x", S)
    asked(table, 5, "x", X)
    asked(table, 3, "x", S)
    assert table.release("T5") == [("T3", "x")]
    table.release("T9")
    table.release("T3")
    assert table.items() == []


class Dumb:
    """Claims in the order in which they came; who holds is found out by going over all."""

    def __init__(self) -> None:
        self.claims: list[tuple[str, Claim]] = []

    def ask(self, claim: Claim, item: str) -> Answer:
        before = [other for at, other in self.claims if at == item and other.conflicts(claim)]
        if any(claim.age >= other.age for other in before):
            return Answer.DIES
        self.claims.append((item, claim))
        return Answer.WAITS if before else Answer.GRANTED

    def holders(self, item: str) -> set[str]:
        """In order of arrival: whoever conflicts with nobody before him, waiting or not."""
        here = [claim for at, claim in self.claims if at == item]
        return {
            claim.transaction
            for place, claim in enumerate(here)
            if not any(claim.conflicts(other) for other in here[:place])
        }

    def release(self, transaction: str) -> None:
        self.claims = [one for one in self.claims if one[1].transaction != transaction]


@pytest.mark.parametrize("seed", range(30))
def test_it_grants_what_the_dumb_one_grants_and_no_circle_ever_closes(seed: int) -> None:
    rng = random.Random(seed)
    table, dumb = LockTable(), Dumb()
    ages = list(range(300))
    rng.shuffle(ages)
    living: list[str] = []
    for age in ages:
        name = f"T{age}"
        living.append(name)
        for item in rng.sample("abcd", rng.randint(1, 3)):
            mode = rng.choice((S, X))
            answer = asked(table, age, item, mode)
            assert answer is dumb.ask(Claim(name, (age, name), mode), item)
            if answer is Answer.DIES:
                table.release(name)
                dumb.release(name)
                living.remove(name)
                break
        while len(living) > rng.randint(2, 8):
            gone = rng.choice(living)
            before = {(n, i) for i in "abcd" for n in dumb.holders(i)}
            granted = table.release(gone)
            dumb.release(gone)
            living.remove(gone)
            after = {(n, i) for i in "abcd" for n in dumb.holders(i)}
            assert set(granted) == after - before
        for item in "abcd":
            holders = table.holders(item)
            assert {claim.transaction for claim in holders} == dumb.holders(item)
            assert not any(one.conflicts(other) for one, other in combinations(holders, 2))
            for place, waiter in enumerate(waiters := table.waiters(item)):
                ahead = [c for c in (*holders, *waiters[:place]) if c.conflicts(waiter)]
                assert all(waiter.age < claim.age for claim in ahead)
