"""What a client says besides requests: first of all, in between, and while it waits."""

from exchange_bench import MS, WRITE, Bench

from clients.client import Completion
from clients.exchange import Heartbeat
from histories.event import Outcome


def test_what_a_client_says_first_leaves_before_any_operation():
    bench = Bench()
    bench.core.says_first = b"connect me"
    bench.core.awaits_greeting = True
    bench.invoke(WRITE)
    bench.exchange.connected()
    assert bench.wire.acts == ["connect", "connect me"]
    bench.exchange.received(b"hello")
    assert bench.wire.acts == ["connect", "connect me", "write"]
    bench.exchange.received(b"done")
    assert bench.got[0][1] == Completion(Outcome.OK, "done")


def test_an_operation_of_several_requests_ends_with_the_last_answer_or_the_time_out():
    bench = Bench()
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.exchange.received(b"and?")
    assert bench.wire.acts == ["connect", "write", "more"] and not bench.got
    bench.exchange.received(b"done")
    assert bench.got[0][1] == Completion(Outcome.OK, "done")
    bench.invoke(WRITE)
    bench.exchange.received(b"and?")
    bench.got.clear()
    bench.run()
    assert bench.outcome == (2000, Outcome.INFO, "timeout")


def test_a_waiting_operation_is_kept_alive_by_heartbeats():
    bench = Bench(heartbeat=Heartbeat(600 * MS, lambda: b"alive"))
    bench.invoke(WRITE)
    bench.exchange.connected()
    bench.at(1300, bench.exchange.received, b"done")
    bench.run()
    assert bench.wire.acts == ["connect", "write", "alive", "alive"]
    assert bench.outcome[:2] == (1300, Outcome.OK)


def test_nothing_is_said_on_a_connection_that_is_not_there():
    bench = Bench(heartbeat=Heartbeat(600 * MS, lambda: b"alive"))
    bench.invoke(WRITE)
    bench.run()
    assert bench.wire.acts == ["connect", "drop"]
    assert bench.outcome == (2000, Outcome.FAIL, "connect-timeout")
