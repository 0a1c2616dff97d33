"""The numbers of a run."""

from report_records import MS, STALE_READ, S, operation, partition

from histories.event import Outcome
from splitbrain.report.statistics import (
    count,
    quantiles,
    reads_of_others,
    recoveries,
    statistics,
)


def one_client_each(process):
    return process


def test_a_quantile_is_a_value_that_was_measured():
    q = quantiles(ms * MS for ms in range(1, 101))
    assert (q.p50_ms, q.p95_ms, q.p99_ms, q.max_ms) == (50, 95, 99, 100)
    assert quantiles([7 * MS]).p50_ms == 7
    assert quantiles([]) is None


def test_only_ok_operations_count_for_latency():
    seen = count(
        [
            operation(0, 0, "write", value=1, lasts_ns=3 * MS),
            operation(
                2, 1, "write", value=2, lasts_ns=900 * MS, outcome=Outcome.FAIL, error="busy"
            ),
            operation(4, 2, "write", value=3, outcome=Outcome.INFO, error="timeout"),
        ]
    )
    assert (seen.ok, seen.fail, seen.info, seen.total) == (1, 1, 1, 3)
    assert seen.latency.max_ms == 3
    assert seen.errors == {"busy": 1, "timeout": 1}


def test_rate_counts_ok_operations_from_first_call_to_last_return():
    operations = [operation(2 * i, 0, "read", at_ns=i * S, lasts_ns=S) for i in range(10)]
    numbers = statistics(operations, [], concurrency=1)
    assert numbers.duration_s == 10
    assert numbers.rate_ok == 1.0


def test_nothing_at_all_has_numbers_too():
    numbers = statistics([], [partition()], concurrency=10)
    assert numbers.all.total == 0
    assert numbers.share_of_others is None
    assert numbers.recoveries[0].any_ok_s is None


def test_a_read_of_another_clients_write_is_one_of_others():
    assert reads_of_others(STALE_READ, one_client_each) == (1, 1)


def test_a_read_of_ones_own_write_is_not():
    mine = [operation(0, 0, "write", value=1), operation(2, 0, "read", output=1)]
    assert reads_of_others(mine, one_client_each) == (1, 0)


def test_a_read_of_nothing_is_not():
    assert reads_of_others([operation(0, 0, "read", output=None)], one_client_each) == (1, 0)


def test_the_latest_writer_of_a_value_counts():
    again = [
        operation(0, 1, "write", value=1),
        operation(2, 0, "write", value=1),
        operation(4, 0, "read", output=1),
    ]
    assert reads_of_others(again, one_client_each) == (1, 0)


def test_an_indeterminate_write_may_be_read_and_a_failed_one_not():
    maybe = operation(0, 1, "cas", value=[0, 5], outcome=Outcome.INFO)
    refused = operation(0, 1, "cas", value=[0, 5], outcome=Outcome.FAIL)
    read = operation(2, 0, "read", output=5)
    assert reads_of_others([maybe, read], one_client_each) == (1, 1)
    assert reads_of_others([refused, read], one_client_each) == (1, 0)


def test_true_is_not_one():
    odd = [operation(0, 1, "write", value=1), operation(2, 0, "read", output=True)]
    assert reads_of_others(odd, one_client_each) == (1, 0)


def test_a_set_is_of_others_when_it_holds_an_element_of_theirs():
    adds = [operation(0, 0, "add", value=1), operation(2, 1, "add", value=2)]
    mine = operation(4, 0, "read", output=[1])
    both = operation(6, 0, "read", output=[1, 2])
    assert reads_of_others([*adds, mine, both], one_client_each) == (2, 1)


def test_a_counter_is_of_others_when_own_adds_do_not_explain_it():
    adds = [operation(0, 0, "add", value=1), operation(2, 1, "add", value=1)]
    mine = operation(4, 0, "read", output=1)
    both = operation(6, 0, "read", output=2)
    assert reads_of_others([*adds, mine, both], one_client_each) == (2, 1)


def test_a_retired_process_is_still_the_same_client():
    operations = [
        operation(0, 0, "write", value=1, outcome=Outcome.INFO),
        operation(2, 10, "read", output=1),
    ]
    assert statistics(operations, [], concurrency=10).reads_of_others == 0
    assert statistics(operations, [], concurrency=11).reads_of_others == 1


def test_recovery_is_told_for_the_cluster_and_for_the_node_that_was_hit():
    healed_ns = 3 * S + MS
    operations = [
        operation(0, 0, "read", at_ns=2 * S, node="n1"),
        operation(2, 1, "read", at_ns=healed_ns, lasts_ns=10 * MS, node="n2"),
        operation(4, 0, "read", at_ns=healed_ns + S, lasts_ns=S, node="n1"),
    ]
    (recovery,) = recoveries(operations, [partition()])
    assert recovery.any_ok_s == 0.01
    assert recovery.node_ok_s == {"n1": 2.0}


def test_a_node_nobody_asked_after_the_heal_is_left_out():
    (recovery,) = recoveries([operation(0, 0, "read", at_ns=4 * S, node="n2")], [partition()])
    assert recovery.node_ok_s == {}


def test_a_node_that_never_answered_again_is_told():
    tried = operation(0, 0, "write", value=1, at_ns=4 * S, outcome=Outcome.INFO, node="n1")
    (recovery,) = recoveries([tried], [partition()])
    assert recovery.any_ok_s is None
    assert recovery.node_ok_s == {"n1": None}


def test_a_fault_that_was_never_healed_has_no_recovery():
    assert recoveries(list(STALE_READ), [partition(healed=False)]) == []
