"""Several promises asked about at once: rows, what follows from what, and what they come to."""

import random
from dataclasses import replace

import pytest
import replicas
import sessions_drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from story import Story

from checker import Verdict, judge, load_model
from checker.consistency import GUARANTEES, PROMISES
from checker.consistency.interleaving import interleave
from checker.consistency.judging import Case, headline, judge_promises, together
from checker.consistency.order import SequentialOrder
from checker.consistency.promise import promises_of
from checker.consistency.registers import decide_registers
from checker.consistency.sequential import decide_sequential
from checker.consistency.sessions import Sessions
from checker.consistency.writes import Writes
from checker.models import CAS_REGISTER, MODELS
from checker.reading import SPLITBRAIN
from checker.verdict import Promised, Result
from histories.event import Event, EventType
from histories.history import History
from histories.table import table_of

ALL = promises_of("cas-register")


def history(operations, model="cas-register"):
    """The history of some operations."""
    events = []
    for one in operations:
        told = (one.f, one.key, one.input, one.node)
        begun = (one.call, one.call_ns, one.process, EventType.INVOKE)
        events.append((*begun, *told, None))
        if one.ret is not None:
            told = (one.f, one.key, one.output, one.node, one.error)
            ended = (one.ret, one.ret_ns, one.process, EventType(str(one.outcome)))
            events.append((*ended, *told))
    events.sort(key=lambda event: event[0])
    return History.of({"model": model}, [Event(*one) for one in events])


def rows(operations, model="cas-register", promises=("all",)):
    """What becomes of each promise; that some histories test nothing is no concern here."""
    result = judge(history(operations, model), promises=promises)
    return {
        row.promise: Verdict.VALID if row.verdict is Verdict.VACUOUS else row.verdict
        for row in result.promises
    }


def test_the_registry_says_what_implies_what():
    for promise in PROMISES.values():
        assert promise.summary and promise.decided and promise.source
        for name in promise.implies:
            assert set(PROMISES[name].implies) < set(promise.implies)
    assert PROMISES["linearizable"].implies[0] == "sequential"
    assert PROMISES["sequential"].implies == ("causal", *GUARANTEES)
    assert PROMISES["causal"].implies == GUARANTEES


def test_what_was_asked_is_answered_in_that_order_and_together():
    story = Story(key="x", model="cas-register")
    story.did(0, "write", 1).did(0, "write", 2).did(1, "read", answer=1).did(1, "read", answer=2)
    asked = ("monotonic-reads", "linearizable", "sequential")
    result = judge(story.history(), promises=asked)
    assert tuple(row.promise for row in result.promises) == asked
    assert result.verdict is Verdict.INVALID
    assert result.reason.startswith("linearizable: ")
    assert result.violations[0].details["breaks"] == ["linearizable"]
    assert headline(result.promises) == "not linearizable, yet sequential"
    alone = judge(story.history(), promises=("sequential",))
    assert alone.verdict is Verdict.VALID and alone.reason is None
    assert isinstance(alone.certificate, SequentialOrder)
    assert alone.alone("linearizable") is None
    assert alone.alone("sequential").certificate is alone.certificate


def test_linearizability_alone_is_judged_as_ever():
    story = Story(key="x", model="cas-register").did(0, "write", 1).did(1, "read", answer=1)
    result = judge(story.history(), promises=("linearizable",))
    assert result.promises == () and result.verdict is Verdict.VALID
    assert result.alone() is result and result.alone("sequential") is None


def test_an_unknown_promise_is_no_promise():
    with pytest.raises(KeyError):
        judge(Story(key="x", model="register").did(0, "read").history(), promises=("eventual",))


def test_what_tested_nothing_keeps_nothing():
    story = Story(key="x", model="register").did(0, "write", 1)
    result = judge(story.history(), promises=("sequential", "monotonic-reads"))
    assert result.verdict is Verdict.VACUOUS
    assert {row.verdict for row in result.promises} == {Verdict.VACUOUS}
    assert "no read ever saw a write" in result.reason


def test_one_violation_that_breaks_two_promises_is_told_once():
    story = Story(key="x", model="register")
    story.did(0, "write", 1).did(0, "write", 2).did(1, "read", answer=2).did(1, "read", answer=1)
    result = judge(story.history(), promises=("sequential", "monotonic-reads"))
    (violation,) = result.violations
    assert violation.details["breaks"] == ["sequential", "monotonic-reads"]


def test_the_worst_verdict_is_that_of_all():
    def row(name, verdict):
        return Promised(name, verdict, None if verdict is Verdict.VALID else "so")

    base = Result(Verdict.UNKNOWN, "register", "", 1, 1)
    unknown = together(
        [row("sequential", Verdict.VALID), row("monotonic-reads", Verdict.UNKNOWN)], base
    )
    assert unknown.verdict is Verdict.UNKNOWN and unknown.reason == "monotonic-reads: so"
    invalid = together(
        [row("sequential", Verdict.UNKNOWN), row("monotonic-reads", Verdict.INVALID)], base
    )
    assert invalid.verdict is Verdict.INVALID and invalid.verdict.exit_code == 1


@pytest.mark.parametrize("model", ["register", "cas-register", "set", "counter"])
def test_what_implies_is_never_kept_where_what_it_implies_is_not(model):
    seen = set()
    for seed in range(400):
        rng = random.Random(seed)
        operations = sessions_drawn.drawn(rng, model, unique=rng.random() < 0.8)
        verdicts = rows(operations, model)
        for name, verdict in verdicts.items():
            for implied in verdicts.keys() & PROMISES[name].implies:
                if verdict is Verdict.VALID:
                    assert verdicts[implied] is Verdict.VALID, (seed, name, implied, operations)
                if verdicts[implied] is Verdict.INVALID:
                    assert verdict is Verdict.INVALID, (seed, name, implied, operations)
        seen.add(tuple(verdicts.values()))
    assert len(seen) >= 4


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_other_process_numbers_and_later_times_change_nothing(seed, shift):
    rng = random.Random(seed)
    operations = sessions_drawn.drawn(rng, "cas-register", unique=rng.random() < 0.8)
    before = rows(operations)
    numbers = list({one.process for one in operations})
    rng.shuffle(numbers)
    renamed = {number: 100 + at for at, number in enumerate(numbers)}
    moved = [
        _changed(
            one,
            process=renamed[one.process],
            call_ns=one.call_ns + shift,
            ret_ns=None if one.ret_ns is None else one.ret_ns + shift,
        )
        for one in operations
    ]
    assert rows(moved) == before


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9))
def test_real_time_between_processes_changes_nothing_but_linearizability(seed):
    """The same sessions one after the other, or interleaved some other way."""
    rng = random.Random(seed)
    operations = sessions_drawn.drawn(rng, "cas-register", unique=rng.random() < 0.8)
    weaker = [name for name in ALL if name != "linearizable"]
    before = rows(operations, promises=weaker)
    own = {}
    for one in operations:
        own.setdefault(one.process, []).append(one)
    told, event = [], 0
    while own:
        process = rng.choice(list(own))
        one = own[process].pop(0)
        told.append(_changed(one, call=event, ret=None if one.ret is None else event + 1))
        event += 2
        if not own[process]:
            del own[process]
    after = rows(told, promises=weaker)
    # Where nothing is broken it may be found valid by one way and not by another.
    assert after["sequential"] == before["sequential"]
    known = {Verdict.VALID, Verdict.INVALID}
    for name in weaker:
        if {before[name], after[name]} <= known:
            assert before[name] == after[name]


def _changed(one, **members):
    return replace(one, **members)


def test_what_is_too_much_to_try_is_unknown_with_how_far_it_got():
    operations = [
        _changed(
            one,
            input=None if one.input is None else one.input % 3,
            output=None if one.output is None else one.output % 3,
        )
        for one in replicas.lagging(random.Random(4), 400, cas=0.0, crashed=0.0)
    ]
    sessions = Sessions.of(table_of(operations), CAS_REGISTER, SPLITBRAIN)
    assert not interleave(sessions, configurations_max=200).complete
    found = decide_sequential(sessions, time_limit_s=0.3)
    assert found.verdict is Verdict.UNKNOWN
    assert "neither an order of all 400 operations nor a proof" in found.reason
    assert "of 400 completed operations; it is decided soon where every value is" in found.reason


def test_a_budget_that_is_used_up_is_unknown_not_a_guess():
    operations = replicas.lagging(random.Random(1), 2_000)
    sessions = Sessions.of(table_of(operations), CAS_REGISTER, SPLITBRAIN)
    found = decide_registers(sessions, Writes.of(sessions), deadline=0.0)
    assert found.order is None and found.refuted is None
    found = decide_sequential(sessions, memory_limit_mb=0.01, time_limit_s=0.2)
    assert found.verdict is Verdict.UNKNOWN and "processes inference needs more" in found.reason


def test_processes_that_are_no_sessions_are_unknown():
    story = Story(key="x", model="register").did(0, "write", 1).did(1, "read", answer=1)
    operations = story.operations()
    odd = [_changed(one, process=0, call=at, ret=at + 5) for at, one in enumerate(operations)]
    case = Case(table_of(odd), MODELS["register"], SPLITBRAIN, None, None, None, True)
    (row,) = judge_promises(case, ("sequential",))
    assert row.verdict is Verdict.UNKNOWN and "two at once" in row.reason


def test_a_step_of_a_users_model_that_does_not_return_is_ended(tmp_path):
    path = tmp_path / "endless.py"
    path.write_text(
        "class Endless:\n"
        "    init = 0\n"
        "    def step(self, state, operation):\n"
        "        while operation.f == 'spin':\n"
        "            pass\n"
        "        return state\n"
    )
    model = load_model(f"{path}:Endless")
    story = Story(key="x").did(0, "spin", 1).did(1, "spin", 2)
    sessions = Sessions.of(table_of(story.operations()), model, SPLITBRAIN)
    found = decide_sequential(sessions, time_limit_s=0.1)
    assert found.verdict is Verdict.UNKNOWN and "at most 0.1 s" in found.reason


def test_a_users_model_is_judged_sequentially(tmp_path):
    path = tmp_path / "last.py"
    path.write_text(
        "from checker import ILLEGAL\n"
        "class Last:\n"
        "    init = None\n"
        "    def step(self, state, operation):\n"
        "        if operation.f == 'write':\n"
        "            return operation.input\n"
        "        return state if operation.output == state else ILLEGAL\n"
    )
    model = load_model(f"{path}:Last")
    story = Story(key="x").did(0, "write", 1).did(0, "write", 2).did(1, "read", answer=1)
    result = judge(story.history(), model, promises=("linearizable", "sequential"))
    assert [row.verdict for row in result.promises] == [Verdict.INVALID, Verdict.VALID]
    story.did(1, "read", answer=2).did(1, "read", answer=1)
    result = judge(story.history(), model, promises=("sequential", "monotonic-reads"))
    assert [row.verdict for row in result.promises] == [Verdict.INVALID, Verdict.UNKNOWN]


def test_what_implies_something_broken_is_broken_though_its_search_had_no_time():
    operations = replicas.lagging(random.Random(1), 3_000, hops=0.1, forgetful=0.5, lag=200)
    undecided = Result(Verdict.UNKNOWN, "cas-register", "", 3_000, 1, reason="no time")
    case = Case(table_of(operations), CAS_REGISTER, SPLITBRAIN, undecided, 0.0, None, True)
    rows = judge_promises(case, ("linearizable", "monotonic-reads"))
    assert [row.verdict for row in rows] == [Verdict.INVALID, Verdict.INVALID]
    assert rows[0].reason.startswith("it implies monotonic-reads, which is broken: key ")
    (alone,) = judge_promises(case, ("linearizable",))
    assert alone.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("model", ["cas-register", "set", "counter", "lock", "multi-register"])
def test_where_nothing_asserts_anything_an_empty_order_is_an_order(model):
    nothing = decide_sequential(Sessions.of(table_of([]), MODELS[model], SPLITBRAIN))
    assert nothing.verdict is Verdict.VALID and len(nothing.certificate) == 0
    f = MODELS[model].functions[0]
    story = Story(key="x").call(0, f, 1).fail(0, "refused").call(1, f, 2).info(1)
    if model == "multi-register":
        story = Story(key="x").call(0, "write", 1).fail(0, "refused")
    found = decide_sequential(Sessions.of(table_of(story.operations()), MODELS[model], SPLITBRAIN))
    assert found.verdict is Verdict.VALID
