"""The rules of one connection, in virtual time over a scripted wire."""

import pytest
from exchange_bench import HOLD, MS, READ, TIMEOUT, WRITE, Bench

from clients.client import Completion
from clients.errors import TRANSPORT
from histories.event import Outcome


def test_it_dials_when_the_first_operation_needs_it_and_keeps_the_connection():
    bench = Bench()
    assert bench.wire.acts == []
    bench.invoke(READ)
    assert bench.wire.acts == ["connect"]
    bench.exchange.connected()
    bench.exchange.received(b"one")
    bench.invoke(WRITE)
    bench.exchange.received(b"two")
    assert bench.wire.acts == ["connect", "read", "write"]
    assert [completion.value for _, completion in bench.got] == ["one", "two"]


def test_an_answer_in_pieces_is_waited_for():
    bench = Bench()
    bench.invoke(READ)
    bench.exchange.connected()
    bench.exchange.received(b"")
    assert bench.got == []
    bench.exchange.received(b"all")
    assert bench.got[0][1] == Completion(Outcome.OK, "all")


@pytest.mark.parametrize("error", ["connection-refused", "unreachable"])
@pytest.mark.parametrize("invocation", [READ, WRITE])
def test_refused_before_anything_was_sent_is_a_fail_that_is_held_back(error, invocation):
    bench = Bench()
    bench.invoke(invocation)
    bench.at(5, bench.exchange.refused, error)
    bench.run()
    assert bench.outcome == (105, Outcome.FAIL, error)


@pytest.mark.parametrize(("invocation", "outcome"), [(WRITE, Outcome.INFO), (READ, Outcome.FAIL)])
def test_a_connection_lost_after_sending_leaves_a_mutation_open(invocation, outcome):
    bench = Bench()
    bench.invoke(invocation)
    bench.exchange.connected()
    bench.at(5, bench.exchange.lost)
    bench.run()
    assert bench.outcome == (105, outcome, "connection-lost")
    assert bench.wire.acts == ["connect", invocation.f]


@pytest.mark.parametrize(("invocation", "outcome"), [(WRITE, Outcome.INFO), (READ, Outcome.FAIL)])
def test_a_time_out_drops_the_connection(invocation, outcome):
    bench = Bench()
    bench.invoke(invocation)
    bench.exchange.connected()
    bench.run()
    assert bench.outcome == (2000, outcome, "timeout")
    assert bench.wire.acts == ["connect", invocation.f, "drop"]
    bench.invoke(READ)
    assert bench.wire.acts[-1] == "connect"


def test_a_time_out_while_dialling_sent_nothing():
    bench = Bench()
    bench.invoke(WRITE)
    bench.run()
    assert bench.outcome == (2000, Outcome.FAIL, "connect-timeout")
    assert bench.wire.acts == ["connect", "drop"]


@pytest.mark.parametrize(("invocation", "outcome"), [(WRITE, Outcome.INFO), (READ, Outcome.FAIL)])
def test_garbage_ends_the_connection_and_settles_nothing(invocation, outcome):
    bench = Bench()
    bench.invoke(invocation)
    bench.exchange.connected()
    bench.exchange.received(b"??")
    bench.run()
    assert bench.outcome == (100, outcome, "garbled-answer")
    assert bench.wire.acts == ["connect", invocation.f, "drop"]


def test_every_row_of_the_transports_table_is_said_here():
    outcomes = {row.error: row.outcome.value for row in TRANSPORT.values()}
    assert outcomes == {
        "connection-refused": "fail",
        "unreachable": "fail",
        "tls": "fail",
        "connect-timeout": "fail",
        "no-greeting": "fail",
        "connection-lost": "info",
        "garbled-answer": "info",
        "timeout": "info",
    }
    assert all(row.completion(is_read=True).outcome is Outcome.FAIL for row in TRANSPORT.values())


def test_a_node_that_cannot_serve_is_not_asked_again_at_once():
    bench = Bench()
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.at(7, bench.exchange.received, b"busy")
    bench.run()
    assert bench.outcome == (107, Outcome.FAIL, "busy")


def test_what_arrives_while_a_completion_is_held_back_changes_nothing():
    bench = Bench()
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.at(10, bench.exchange.lost)
    bench.at(20, bench.exchange.received, b"late")
    bench.at(30, bench.exchange.refused, "unreachable")
    bench.run()
    assert bench.outcome == (110, Outcome.INFO, "connection-lost")


def test_a_held_back_completion_may_come_after_the_time_out():
    bench = Bench()
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.at(1950, bench.exchange.received, b"busy")
    bench.run()
    assert bench.outcome == (2050, Outcome.FAIL, "busy")


def test_without_resends_an_operation_is_sent_once_at_most():
    bench = Bench()
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.at(5, bench.exchange.lost)
    bench.run()
    bench.invoke(READ)
    bench.exchange.connected()
    assert bench.wire.acts == ["connect", "write", "connect", "read"]


def test_a_resend_goes_out_every_resend_pause_until_the_time_out():
    bench = Bench(resend_ms=600)
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.run()
    assert bench.outcome == (2000, Outcome.INFO, "timeout")
    assert bench.wire.acts == ["connect", "write", "write", "write", "write", "drop"]


def test_a_resend_reconnects_and_may_still_get_the_answer():
    bench = Bench(resend_ms=500)
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.at(100, bench.exchange.lost)
    bench.at(600, bench.exchange.refused, "connection-refused")
    bench.at(1001, bench.exchange.connected)
    bench.at(1010, bench.exchange.received, b"done")
    bench.run()
    assert bench.wire.acts == ["connect", "write", "connect", "connect", "write"]
    assert bench.outcome == (1010, Outcome.OK, None)


def test_once_anything_was_sent_a_refused_resend_is_no_fail():
    bench = Bench(resend_ms=500)
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.at(100, bench.exchange.lost)
    for ms in (510, 1010, 1510):
        bench.at(ms, bench.exchange.refused, "connection-refused")
    bench.run()
    assert bench.outcome == (2000, Outcome.INFO, "timeout")


def test_refused_before_anything_was_sent_stays_a_fail_with_resends():
    bench = Bench(resend_ms=500)
    bench.invoke(WRITE)
    bench.at(1, bench.exchange.refused, "connection-refused")
    bench.run()
    assert bench.outcome == (101, Outcome.FAIL, "connection-refused")


def test_a_connection_lost_while_idle_is_dialled_again_by_the_next_operation():
    bench = Bench()
    bench.invoke(READ)
    bench.exchange.connected()
    bench.exchange.received(b"one")
    bench.exchange.lost()
    bench.invoke(READ)
    assert bench.wire.acts == ["connect", "read", "connect"]
    bench.exchange.connected()
    assert bench.core.resets == 2


def test_what_was_sent_of_one_operation_says_nothing_of_the_next():
    bench = Bench()
    bench.invoke(READ)
    bench.exchange.connected()
    bench.exchange.received(b"one")
    bench.exchange.lost()
    bench.invoke(WRITE)
    bench.exchange.refused("connection-refused")
    bench.run()
    assert bench.got[1] == (HOLD, TRANSPORT["connection-refused"].completion(is_read=False))


def test_operations_that_are_answered_leave_one_alarm_standing_not_one_each():
    bench = Bench()
    calls = []
    call_at = bench.clock.call_at
    bench.clock.call_at = lambda at_ns, action: (calls.append(at_ns), call_at(at_ns, action))
    bench.invoke(READ)
    bench.exchange.connected()
    for _ in range(1000):
        bench.exchange.received(b"x")
        bench.invoke(READ)
    assert len(calls) == 1


def test_the_standing_alarm_serves_the_deadline_of_a_later_operation():
    bench = Bench()
    bench.invoke(READ)
    bench.exchange.connected()
    bench.exchange.received(b"x")
    bench.at(1500, bench.invoke, WRITE)
    bench.run()
    assert bench.got[1] == (3500 * MS, Completion(Outcome.INFO, None, "timeout"))


def test_misuse_is_an_error_and_a_closed_client_completes_nothing():
    bench = Bench()
    bench.invoke(WRITE)
    with pytest.raises(RuntimeError, match="still open"):
        bench.invoke(READ)
    bench.exchange.close()
    bench.run()
    assert bench.got == []
    with pytest.raises(RuntimeError, match="closed"):
        bench.invoke(READ)


def greeting_bench(resend_ms=None):
    bench = Bench(resend_ms)
    bench.core.awaits_greeting = True
    return bench


def test_nothing_is_sent_before_the_server_has_greeted():
    bench = greeting_bench()
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.exchange.received(b"hel")
    assert bench.wire.acts == ["connect"]
    bench.exchange.received(b"hello")
    assert bench.wire.acts == ["connect", "write"]


def test_a_forwarder_that_hangs_up_for_a_dead_server_is_a_fail_that_is_held_back():
    bench = greeting_bench()
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.at(5, bench.exchange.lost)
    bench.run()
    assert bench.outcome == (105, Outcome.FAIL, "no-greeting")
    bench.exchange.invoke(READ, lambda completion: None)
    assert bench.wire.acts == ["connect", "connect"]


def test_a_server_that_never_greets_is_a_fail_at_the_time_out():
    bench = greeting_bench()
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.run()
    assert bench.outcome == (TIMEOUT // MS, Outcome.FAIL, "connect-timeout")
    assert bench.wire.acts == ["connect", "drop"]


def test_a_wrong_greeting_ends_the_connection_and_is_a_fail():
    bench = greeting_bench()
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.exchange.received(b"??")
    bench.run()
    assert bench.outcome == (HOLD // MS, Outcome.FAIL, "no-greeting")
    assert bench.wire.acts == ["connect", "drop"]


def test_what_was_sent_before_stays_open_when_the_next_connection_is_not_greeted():
    bench = greeting_bench(resend_ms=300)
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.exchange.received(b"hello")
    bench.at(5, bench.exchange.lost)
    bench.at(310, bench.exchange.connected)
    bench.at(320, bench.exchange.lost)
    bench.run()
    assert bench.outcome == (TIMEOUT // MS, Outcome.INFO, "timeout")
