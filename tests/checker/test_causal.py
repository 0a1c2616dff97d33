"""Causal consistency: against its definition, and stores that keep it or not."""

import random
from itertools import permutations, product

import pytest
import sessions_drawn
from story import Story

from checker import Verdict, judge
from checker.consistency.sessions import Sessions
from checker.consistency.violated import guarantee
from checker.models import MODELS
from checker.models.model import Kind
from checker.reading import SPLITBRAIN
from histories.event import Outcome
from histories.table import table_of


def kept(operations, model):
    return guarantee(Sessions.of(table_of(operations), MODELS[model], SPLITBRAIN), "causal")


def outcome(found):
    if found.violations:
        return Verdict.INVALID
    return Verdict.VALID if found.undecided is None else Verdict.UNKNOWN


def by_definition(operations, model):
    """Whether some order of each key's writes explains every read, given who saw whom."""
    steps = [o for o in operations if o.outcome is not Outcome.FAIL]
    steps = [o for o in steps if o.outcome is Outcome.OK or o.f != "read"]
    writers = {(o.key, o.input[1] if o.f == "cas" else o.input): o for o in steps if o.f != "read"}
    saw = {}
    for one in steps:
        if one.outcome is not Outcome.OK and one.f != "cas":
            continue
        if one.f in ("read", "cas"):
            value = one.output if one.f == "read" else one.input[0]
            if value is not None:
                saw[one.call] = writers.get((one.key, value))
            else:
                saw[one.call] = "initial"
    if model == "set":
        saw = {}
    happened = {o.call for o in steps if o.outcome is Outcome.OK}
    while True:
        more = {s.call for c, s in saw.items() if c in happened and s not in (None, "initial")}
        if more <= happened:
            break
        happened |= more
    steps = [o for o in steps if o.call in happened]
    if any(saw.get(o.call, "initial") is None for o in steps):
        return False
    calls = [o.call for o in steps]
    before = {
        (a.call, b.call) for a in steps for b in steps if a.process == b.process and a.call < b.call
    }
    before |= {(s.call, c) for c, s in saw.items() if c in happened and s != "initial"}
    for middle, one, other in product(calls, repeat=3):
        if (one, middle) in before and (middle, other) in before:
            before.add((one, other))
    if any((one, one) in before for one in calls):
        return False
    for key in {o.key for o in steps}:
        own = [o for o in steps if o.key == key]
        wrote = [o for o in own if o.f != "read"]
        if not any(explains(order, own, saw, before) for order in permutations(wrote)):
            return False
    return True


def explains(order, own, saw, before):
    place = {o.call: at for at, o in enumerate(order)}
    if any((b.call, a.call) in before for at, a in enumerate(order) for b in order[at + 1 :]):
        return False
    for one in own:
        if one.call not in saw:
            continue
        past = [o for o in order if (o.call, one.call) in before]
        latest = max(past, key=lambda o: place[o.call], default="initial")
        if latest is not saw[one.call]:
            return False
    return True


def sets_by_definition(operations):
    steps = [
        o
        for o in operations
        if o.outcome is Outcome.OK or (o.outcome is Outcome.INFO and o.f == "add")
    ]
    adders = {(o.key, o.input): o for o in steps if o.f == "add"}
    reads = [o for o in steps if o.f == "read"]
    if any((r.key, e) not in adders for r in reads for e in r.output):
        return False
    before = {
        (a.call, b.call) for a in steps for b in steps if a.process == b.process and a.call < b.call
    }
    before |= {(adders[r.key, e].call, r.call) for r in reads for e in r.output}
    calls = [o.call for o in steps]
    for middle, one, other in product(calls, repeat=3):
        if (one, middle) in before and (middle, other) in before:
            before.add((one, other))
    if any((one, one) in before for one in calls):
        return False
    return all(
        a.input in r.output
        for r in reads
        for a in adders.values()
        if a.key == r.key and (a.call, r.call) in before
    )


@pytest.mark.parametrize("model", ["register", "cas-register"])
def test_registers_are_causal_exactly_when_the_definition_says_so(model):
    seen = dict.fromkeys(Verdict, 0)
    for seed in range(120):
        rng = random.Random(seed)
        operations = sessions_drawn.drawn(rng, model, unique=True)
        found = outcome(kept(operations, model))
        seen[found] += 1
        if found is Verdict.UNKNOWN:
            continue
        mismatches = [o for o in operations if o.error == "mismatch"]
        expected = by_definition([o for o in operations if o not in mismatches], model)
        assert (found is Verdict.VALID) == expected, (seed, operations)
    assert seen[Verdict.VALID] > 15 and seen[Verdict.INVALID] > 15


def test_sets_are_causal_exactly_when_the_definition_says_so():
    seen = dict.fromkeys(Verdict, 0)
    for seed in range(120):
        operations = sessions_drawn.drawn(random.Random(seed), "set", unique=True)
        found = outcome(kept(operations, "set"))
        seen[found] += 1
        if found is not Verdict.UNKNOWN:
            expected = sets_by_definition(operations)
            assert (found is Verdict.VALID) == expected, (seed, operations)
    assert seen[Verdict.VALID] > 15 and seen[Verdict.INVALID] > 10


class Store:
    """Replicas that take writes of others in some order that causality allows; the latest by a
    logical clock stays (Lloyd et al., COPS). Careless ones wait for nothing that a write needs."""

    def __init__(self, rng, replicas, careful):
        self.rng, self.careful = rng, careful
        self.held = [{} for _ in range(replicas)]
        self.clock = [0] * replicas
        self.have = [set() for _ in range(replicas)]
        self.log = []

    def write(self, at, key, value):
        self.log.append((key, value, (self.clock[at] + 1, at), frozenset(self.have[at])))
        self._take(at, len(self.log) - 1)

    def _take(self, at, number):
        key, value, stamp, _ = self.log[number]
        self.have[at].add(number)
        self.clock[at] = max(self.clock[at], stamp[0])
        if stamp > self.held[at].get(key, (None, (0, 0)))[1]:
            self.held[at][key] = value, stamp

    def deliver(self, at):
        """One write of somebody else, if there is one that may come."""
        missing = [n for n in range(len(self.log)) if n not in self.have[at]]
        if self.careful:
            missing = [n for n in missing if self.log[n][3] <= self.have[at]]
        if missing:
            self._take(at, self.rng.choice(missing))


def run(seed, careful, operations=200):
    """A history of clients each at a replica of its own."""
    rng = random.Random(seed)
    store, story = Store(rng, 4, careful), Story(model="register")
    for number in range(1, operations):
        at = rng.randrange(4)
        story.key = rng.choice("uvwxyz")
        if rng.random() < 0.4:
            store.write(at, story.key, number)
            story.did(at, "write", number)
        else:
            story.did(at, "read", answer=store.held[at].get(story.key, (None,))[0])
        if rng.random() < 0.7:
            store.deliver(rng.randrange(4))
    return story.operations()


def test_a_causal_store_is_causal_and_one_that_waits_for_nothing_is_not():
    careless = 0
    for seed in range(10):
        assert outcome(kept(run(seed, careful=True), "register")) is Verdict.VALID, seed
        careless += outcome(kept(run(seed, careful=False), "register")) is Verdict.INVALID
    assert careless > 5


def test_what_was_known_by_way_of_others_is_told():
    story = Story(model="register", key="x").did(0, "write", 1)
    story.did(1, "read", answer=1)
    story.key = "y"
    story.did(1, "write", 2).did(2, "read", answer=2)
    story.key = "x"
    story.call(2, "read").ok(2)
    (row,) = judge(story.history(), promises=("causal",)).promises
    (violation,) = row.violations
    assert violation.kind == "causally stale read" and violation.culprit == 8
    assert violation.sentence == (
        'key "x": process 2 read nil from key "x" at 0.10 s on n3, which was there before anything '
        'was written, though it knew of 1 (process 0 wrote 1 to key "x", process 1 read that and '
        'then wrote 2 to key "y", process 2 read that)'
    )


def test_where_a_mismatch_may_need_an_order_of_its_own_the_answer_is_open():
    story = Story(model="cas-register", key="x").did(0, "write", 1)
    story.call(0, "cas", [1, 2]).fail(0, "mismatch").did(0, "read", answer=1)
    found = kept(story.operations(), "cas-register")
    assert not found.violations and "need not have found one that is known" in found.undecided
    assert Kind.DIFFERS in {
        e.kind
        for e in Sessions.of(
            table_of(story.operations()), MODELS["cas-register"], SPLITBRAIN
        ).effect
    }
