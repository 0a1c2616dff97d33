"""The search with a made-up oracle: budget, best so far, interruptions, and the passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checker.verdict import Result, Verdict, Violation
from histories.event import Operation, Outcome
from nemesis.fault import Fault, SymbolicFault
from splitbrain.finding import Finding
from splitbrain.liveness import Unavailable
from splitbrain.plan import AIMED, RANDOM, Plan
from splitbrain.record import RunRecord
from splitbrain.script import Script, ScriptedOperation
from splitbrain.shrinking import Oracle, Search, Size, shrink, wanted_kind, with_script
from splitbrain.shrinking import written_out as written
from splitbrain.shrinking.asking import Asking
from splitbrain.shrinking.passes import (
    STRETCH_MIN,
    fewer_clients,
    fewer_keys,
    fewer_nodes,
    fewer_operations,
    only_a_stretch,
)
from splitbrain.shrinking.passing_time import MS, shorter
from splitbrain.shrinking.search import BudgetSpent
from targets.target import HostUnavailable

SECOND = 1_000_000_000
STALE = Violation("stale read", "it is stale", (20, 60), 60, key=1)


def recorded(count: int = 50, **changes: object) -> RunRecord:
    """A made-up run: client i mod 10 does one operation each 100 ms, a fault each second."""
    plan = Plan("raft", "simulated", "register", faults=("partition",), strategy=RANDOM)
    operations = [
        Operation(
            process=n % 10 if n < 40 else 10 + n % 10,
            f="write" if n % 2 else "read",
            key=n % 3,
            input=n if n % 2 else None,
            output=n,
            outcome=Outcome.OK,
            call=2 * n,
            ret=2 * n + 1,
            call_ns=n * 100 * MS,
            ret_ns=n * 100 * MS + 3 * MS,
        )
        for n in range(count)
    ]
    faults = [
        Fault(
            SymbolicFault(n, "partition", "leader", n * SECOND, n * SECOND + 900 * MS, 0.5),
            {"nodes": ["n1"]},
            n * SECOND,
            heal_started_ns=n * SECOND + 800 * MS,
            healed_ns=n * SECOND + 800 * MS,
        )
        for n in range(4)
    ]
    record = RunRecord(
        run="run-1",
        folder=Path("/nowhere/run-1"),
        plan=plan,
        started="",
        events=[],
        operations=operations,
        faults=faults,
        verdict=Verdict.INVALID,
        reason=None,
        results=[Result(Verdict.INVALID, "cas-register", "", count, 3, violations=(STALE,))],
    )
    return replace(record, **changes)  # type: ignore[arg-type]


class Clock:
    """Goes on by one second with every question that is put to an oracle."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def searching(needed, budget_s: float = 1e9, **more) -> tuple[Search, list[Plan]]:
    """A search whose oracle fails where ``needed`` says so, one second a question."""
    clock, asked = Clock(), []

    def oracle(plan: Plan) -> bool:
        clock.now += 1.0
        asked.append(plan)
        return needed(plan)

    return Search(oracle, budget_s, clock=clock, **more), asked


def values(plan: Plan) -> set[object]:
    assert plan.script is not None
    return {operation.value for operation in plan.script.operations}


def test_the_run_is_written_out_with_its_clients_and_the_ends_its_faults_had() -> None:
    plan = written(recorded())
    assert plan.script is not None
    assert [o.client for o in plan.script.operations[38:42]] == [8, 9, 0, 1]
    assert plan.script.operations[7] == ScriptedOperation(700 * MS, 7, "write", 1, 7)
    assert [f.end_ns for f in plan.script.faults] == [n * SECOND + 800 * MS for n in range(4)]
    assert plan.script.shrunk_from == "run-1"
    assert (plan.faults, plan.time_limit_s) == (("partition",), 4.9)


def test_a_fault_that_never_came_is_not_in_it() -> None:
    record = recorded()
    record.faults[1].resolved = {"nodes": [], "came": False}
    assert [f.id for f in written(record).script.faults] == [0, 2, 3]


def test_what_remains_is_what_the_failure_needs_and_no_more() -> None:
    record = recorded()

    def needed(plan: Plan) -> bool:
        assert plan.script is not None
        return {11, 25} <= values(plan) and any(f.id == 2 for f in plan.script.faults)

    search, asked = searching(needed)
    ended = shrink(record, written(record), STALE, search)
    assert ended.minimal and search.best is not None
    assert str(Size.of(search.best)).startswith("2 operations, 1 fault, 2 nodes, 1 client")
    assert values(search.best) == {11, 25}
    assert len(asked) == len(set(asked)) == search.tries, "no plan is run twice"


def test_the_evidence_is_tried_alone_before_anything_else() -> None:
    record = recorded()
    search, asked = searching(lambda plan: True)
    shrink(record, written(record), STALE, search)
    assert asked[0].script is not None
    assert [o.at_ns for o in asked[0].script.operations] == [1 * SECOND, 3 * SECOND]
    assert [f.id for f in asked[0].script.faults] == [0, 1, 2, 3]


def test_of_operations_at_one_time_the_evidence_is_still_the_right_one() -> None:
    record = recorded()
    operations = list(record.operations)
    # As the reads at the end of a run, that every node is asked at once.
    at_once = [replace(one, call_ns=2 * SECOND) for one in reversed(operations[20:30])]
    at_once = [replace(one, call=40 + 2 * n, ret=41 + 2 * n) for n, one in enumerate(at_once)]
    record = replace(record, operations=[*operations[:20], *at_once, *operations[30:]])
    search, asked = searching(lambda plan: True)
    shown = Violation("stale read", "it is stale", (44,), 44)
    shrink(record, written(record), shown, search)
    assert asked[0].script is not None
    assert [o.client for o in asked[0].script.operations] == [7]


def test_fewer_nodes_are_fewer_machines() -> None:
    plan = plan_of(ScriptedOperation(0, 0, "read", 0), host="ssh", ssh=("a", "b", "c", "d", "e"))
    assert with_script(plan).ssh == ("a", "b", "c", "d", "e")
    assert fewer_nodes(plan, lambda p: p.nodes >= 3).ssh == ("a", "b", "c")


def test_where_no_part_fails_the_whole_is_tried_and_then_it_is_over() -> None:
    record = recorded()
    search, asked = searching(lambda plan: False)
    ended = shrink(record, written(record), STALE, search)
    assert ended.minimal and search.best is None
    assert asked[-1] == written(record)


@pytest.mark.parametrize("budget_s", [1, 2, 5, 13])
def test_the_search_ends_with_its_budget_and_keeps_the_best_so_far(budget_s: float) -> None:
    record = recorded()
    search, asked = searching(lambda plan: {11, 25} <= values(plan), budget_s)
    ended = shrink(record, written(record), STALE, search)
    assert not ended.minimal and not ended.interrupted
    assert len(asked) == budget_s
    failing = [plan for plan in asked if {11, 25} <= values(plan)]
    assert search.best == (failing[-1] if failing else None)


def test_the_same_answers_lead_to_the_same_plan_by_the_same_way() -> None:
    record = recorded()
    ways = []
    for _ in range(2):
        search, asked = searching(lambda plan: {3, 41} <= values(plan))
        shrink(record, written(record), STALE, search)
        ways.append((asked, search.best))
    assert ways[0] == ways[1]


@pytest.mark.parametrize(
    ("raised", "interrupted", "trouble"),
    [(KeyboardInterrupt(), True, None), (HostUnavailable("gone"), False, "gone")],
)
def test_an_interrupt_or_a_host_that_fails_keeps_the_best_so_far(
    raised: BaseException, interrupted: bool, trouble: str | None
) -> None:
    record = recorded()
    asked = 0

    def oracle(plan: Plan) -> bool:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise raised
        return True

    search = Search(oracle, 1e9, clock=Clock())
    ended = shrink(record, written(record), STALE, search)
    assert (ended.interrupted, ended.trouble, ended.minimal) == (interrupted, trouble, False)
    assert search.best is not None and search.tries == 2


def test_the_search_tells_of_itself_every_two_seconds() -> None:
    told: list[int] = []
    search, _ = searching(
        lambda plan: False, tell=lambda search: told.append(search.tries), budget_s=7
    )
    plans = [with_script(written(recorded(n)), []) for n in range(10)]
    with pytest.raises(BudgetSpent):
        for number, plan in enumerate(plans):
            search.fails(replace(plan, seed=number))
    assert told == [2, 4, 6]


def test_a_plan_fails_when_it_does_in_k_of_n_runs_and_no_more_are_made_than_settle_it() -> None:
    plan = written(recorded())
    for found, expected, runs in (
        ("yy", True, 2),
        ("yny", True, 3),
        ("nyy", True, 3),
        ("nn", False, 2),
        ("nyn", False, 3),
    ):
        answers = iter(found)
        oracle = Oracle(
            lambda plan, answers=answers: Finding(("stale read",) * (next(answers) == "y")),
            "stale read",
            needed=2,
            times=3,
        )
        assert oracle(plan) is expected
        assert len(found) - len(list(answers)) == runs


def test_an_anomaly_of_another_kind_is_not_the_same_failure() -> None:
    oracle = Oracle(lambda plan: Finding(("lost write",)), "stale read")
    assert not oracle(written(recorded()))


def test_the_kind_that_must_stay_is_the_one_told_first() -> None:
    assert wanted_kind(recorded()) == ("stale read", STALE)
    valid = Result(Verdict.VALID, "cas-register", "", 50, 3)
    assert wanted_kind(recorded(results=[valid], verdict=Verdict.VALID)) is None


def test_clients_must_go_on_asking_a_system_that_is_said_to_be_gone() -> None:
    """Who leaves out all that asks after the heal has shown nothing."""
    fault = SymbolicFault(0, "kill", "all", SECOND, 2 * SECOND, 0.5)
    asked = [ScriptedOperation(0, 0, "write", 0, 0)]
    asked += [ScriptedOperation(2 * SECOND + n * 500 * MS, 0, "write", 0, n) for n in range(1, 21)]
    whole = with_script(plan_of(*asked), faults=[fault])
    asking = Asking.of(whole)
    assert asking.gap_ns_max == SECOND, "a tenth of the ten seconds it may take"
    assert asking(whole)
    assert asking(with_script(whole, asked[::2]))
    assert not asking(with_script(whole, asked[:1]))
    assert not asking(with_script(whole, [*asked[:5], *asked[9:]]))
    reads = [replace(one, f="read", value=None) for one in asked]
    assert not asking(with_script(whole, reads)), "a read may be answered by who knows nothing"
    oracle = Oracle(lambda plan: pytest.fail("not to be run"), "unavailable", fit=asking)
    assert not oracle(with_script(whole, asked[:1]))


def test_of_a_system_that_was_gone_the_requests_after_the_heal_are_tried_first() -> None:
    late = Unavailable(healed_s=3.8, within_s=1.0, served_s=None, watched_s=5.0)
    valid = Result(Verdict.VALID, "cas-register", "", 50, 3)
    record = recorded(results=[valid], verdict=Verdict.VALID, unavailable=late)
    assert wanted_kind(record) == ("unavailable", None)
    search, asked = searching(lambda plan: True)
    shrink(record, written(record), None, search)
    assert asked[0].script is not None
    assert [o.at_ns // (100 * MS) for o in asked[0].script.operations] == [1, *range(38, 50)]


def plan_of(*operations: ScriptedOperation, **changes: object) -> Plan:
    plan = Plan("raft", "docker", "register", faults=(), script=Script(operations))
    return with_script(replace(plan, **changes))  # type: ignore[arg-type]


def test_operations_that_only_go_together_are_left_out_together() -> None:
    plan = plan_of(*(ScriptedOperation(n, 0, "add", None, n) for n in range(6)))
    left = fewer_operations(plan, lambda p: values(p) in ({*range(6)}, {0, 2, 4, 5}, {2, 5}))
    assert values(left) == {2, 5}


def test_a_long_plan_is_cut_to_the_stretch_that_matters() -> None:
    faults = [SymbolicFault(n, "kill", "all", n * 100, n * 100 + 50, 0.5) for n in range(8)]
    whole = plan_of(*(ScriptedOperation(n, 0, "add", None, n) for n in range(800)))
    whole = with_script(whole, faults=faults)
    left = only_a_stretch(whole, lambda p: {300, 310} <= values(p))
    assert {300, 310} <= values(left) and len(values(left)) <= 64
    assert left.script is not None
    assert {fault.id for fault in left.script.faults} <= {2, 3}
    short = with_script(whole, whole.script.operations[:STRETCH_MIN])
    assert only_a_stretch(short, lambda p: pytest.fail("one by one is cheap enough")) == short


def test_keys_that_do_not_matter_go_whole() -> None:
    plan = plan_of(*(ScriptedOperation(n, 0, "write", n % 4, n) for n in range(12)))
    left = fewer_keys(plan, lambda p: {1, 5, 9} <= values(p))
    assert values(left) == {1, 5, 9}


def test_a_smaller_cluster_keeps_clients_of_one_node_together_and_faults_possible() -> None:
    operations = [ScriptedOperation(n, client, "read", 0) for n, client in enumerate((3, 8, 4))]
    ring = SymbolicFault(0, "partition", "ring", 0, 10, 0.5)
    seen: list[int] = []

    def fails(plan: Plan) -> bool:
        assert plan.script is not None
        seen.append(plan.nodes)
        assert plan.concurrency >= plan.nodes
        first, second, third = (o.client % plan.nodes for o in plan.script.operations)
        assert first == second
        return plan.nodes >= 3 and first != third

    plan = plan_of(*operations)
    assert fewer_nodes(plan, fails).nodes == 3
    assert seen[0] == 1
    with_ring = with_script(plan, faults=[ring])
    seen.clear()
    assert fewer_nodes(with_ring, fails).nodes == 4, "a ring of three cuts nobody off"
    assert set(seen) == {4}


def test_one_client_takes_over_from_another_where_that_makes_no_difference() -> None:
    operations = [ScriptedOperation(n, c, "read", 0) for n, c in enumerate((2, 7, 3, 9))]

    def fails(plan: Plan) -> bool:
        assert plan.script is not None
        return len({o.client % 5 for o in plan.script.operations}) >= 2

    left = fewer_clients(plan_of(*operations), fails)
    assert left.script is not None
    assert len(left.script.clients) == 2
    assert left.concurrency == 5


def test_time_passes_only_where_it_is_needed_and_moments_get_round() -> None:
    fault = SymbolicFault(0, "kill", "leader", 2_003_456_789, 6_123_456_789, 0.5)
    operations = [ScriptedOperation(1_987_654_321, 0, "write", 0, 1)]
    operations.append(ScriptedOperation(9_876_543_210, 0, "read", 0))

    def fails(plan: Plan) -> bool:
        assert plan.script is not None
        write, read = (o.at_ns for o in plan.script.operations)
        (kill,) = plan.script.faults
        return write <= kill.start_ns and read - kill.start_ns >= 490 * MS

    plan = with_script(plan_of(*operations), faults=[fault])
    left = shorter(plan, fails)
    assert left.script is not None
    assert left.script.end_ns <= SECOND
    assert left.time_limit_s <= 1.0
    assert all(o.at_ns % (10 * MS) == 0 for o in left.script.operations)


def test_a_plan_without_aimed_faults_is_no_longer_an_aimed_one() -> None:
    aimed = SymbolicFault(0, "kill", "node", 0, 10, 0.5, trigger="elected")
    plan = plan_of(ScriptedOperation(0, 0, "read", 0), strategy=AIMED)
    assert with_script(replace(plan, strategy=AIMED), faults=[aimed]).strategy == AIMED
    assert with_script(replace(plan, strategy=AIMED), faults=[]).strategy == RANDOM
