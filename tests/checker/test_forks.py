"""Long forks and causal reverses: held against every pair of reads, and against isolation."""

import random
from itertools import combinations, product

import pytest
from story import Story

from checker import Verdict, judge
from checker.forks import check_causal_reverse, check_long_fork
from checker.transactions.verifying import verify_isolation
from histories.errors import HistoryError
from histories.event import Outcome

KEYS = "xyz"


def drawn(rng, faithful):
    """Each key written once, at most, and reads of some; ``faithful``: by one copy of them."""
    story, held = Story(model="rw-register"), {}
    writes = [[["w", key, number]] for number, key in enumerate(KEYS, 1) if rng.random() < 0.9]
    asked = [*writes, *(None for _ in range(rng.randint(2, 5)))]
    rng.shuffle(asked)
    open_ = {}

    def end():
        number = rng.choice(list(open_))
        steps = open_.pop(number)
        told = rng.random()
        if steps[0][0] == "r" or (told < 0.7 and (steps[0][1] in held or not faithful)):
            story.ok(number, steps)
        elif told < 0.85 and steps[0][1] not in held:
            story.fail(number)
        else:
            story.info(number)

    for process, steps in enumerate(asked):
        if steps is None:
            names = rng.sample(KEYS, rng.randint(1, 3))
            steps = [["r", name, None] for name in names]
            story.call(process, "txn", steps)
            seen = {name: KEYS.index(name) + 1 for name in KEYS if rng.random() < 0.5}
            shown = held if faithful else seen
            steps = [["r", name, shown.get(name)] for name in names]
        else:
            story.call(process, "txn", steps)
            if rng.random() < 0.8:
                held[steps[0][1]] = steps[0][2]
        open_[process] = steps
        while open_ and rng.random() < 0.5:
            end()
    while open_:
        end()
    return story


def looks(operations):
    """Reads that were answered: what each saw of every key."""
    return [
        (one, {name: value for _, name, value in one.output})
        for one in operations
        if one.outcome is Outcome.OK and one.output[0][0] == "r"
    ]


def written(operations):
    """Who wrote each key, if that did not fail."""
    return {
        one.input[0][1]: one
        for one in operations
        if one.input[0][0] == "w" and one.outcome is not Outcome.FAIL
    }


def forked(operations):
    """Whether two reads exclude each other, by trying every two of them and of the keys."""
    there = written(operations)
    for (_, one), (_, other) in combinations(looks(operations), 2):
        for x, y in product(there, repeat=2):
            both = {x, y} <= one.keys() & other.keys()
            if both and one[x] and not one[y] and other[y] and not other[x]:
                return True
    return False


def reversed_(operations):
    there = written(operations)
    return any(
        {x, y} <= saw.keys()
        and not saw[x]
        and saw[y]
        and there[x].outcome is Outcome.OK
        and there[x].ret < there[y].call
        for _, saw in looks(operations)
        for x, y in product(there, repeat=2)
    )


@pytest.mark.parametrize(
    ("check", "plainly"), [(check_long_fork, forked), (check_causal_reverse, reversed_)]
)
def test_what_is_accused_is_what_every_pair_shows_and_its_evidence_holds(check, plainly):
    seen = set()
    for seed in range(200):
        operations = drawn(random.Random(seed), faithful=False).operations()
        result = check(operations)
        assert (result.verdict is Verdict.INVALID) == plainly(operations), (seed, operations)
        seen.add(result.verdict)
        if result.certificate is not None:
            assert verify_isolation(operations, result.certificate) is None
    assert {Verdict.VALID, Verdict.INVALID, Verdict.VACUOUS} <= seen


def test_one_copy_of_everything_is_never_accused():
    for seed in range(200):
        operations = drawn(random.Random(seed), faithful=True).operations()
        for check in (check_long_fork, check_causal_reverse):
            assert check(operations).verdict is not Verdict.INVALID, (seed, operations)


def test_what_is_accused_is_ruled_out_by_a_level_of_isolation():
    forks = 0
    for seed in range(15):
        history = drawn(random.Random(seed), faithful=False).history()
        rows = judge(history, promises=("long-fork", "causal-reverse")).promises
        broken = {row.promise for row in rows if row.verdict is Verdict.INVALID}
        if not broken:
            continue
        forks += "long-fork" in broken
        levels = judge(history).statistics["isolation"]["levels"]
        assert levels["strict-serializable"] == "invalid"
        if "long-fork" in broken:
            assert levels["snapshot-isolation"] == "invalid"
    assert forks > 1


def test_a_transaction_that_writes_what_it_reads_forks_with_nobody():
    story = Story(model="rw-register")
    story.did(0, "txn", [["r", "x", None], ["w", "x", 1]], [["r", "x", None], ["w", "x", 1]])
    story.did(1, "txn", [["r", "x", None]], [["r", "x", 1]])
    assert check_long_fork(story.operations()).verdict is Verdict.VACUOUS
    assert check_causal_reverse(story.operations()).verdict is Verdict.VACUOUS
    with pytest.raises(HistoryError, match="is no operation"):
        check_long_fork(Story().did(0, "read").operations())


def test_a_key_written_again_leaves_the_answer_open_unless_nil_tells():
    story = Story(model="rw-register").did(0, "txn", [["w", "x", 1]]).did(0, "txn", [["w", "x", 2]])
    story.did(1, "txn", [["w", "y", 3]])
    story.did(2, "txn", [["r", "x", None]], [["r", "x", 2], ["r", "y", 3]])
    unknown = check_long_fork(story.operations())
    assert unknown.verdict is Verdict.UNKNOWN
    assert "x was written more than once" in unknown.reason
    story.did(2, "txn", [["r", "x", None]], [["r", "x", None], ["r", "y", 3]])
    assert check_causal_reverse(story.operations()).verdict is Verdict.INVALID
