"""Both clocks keep the same promises: in time order, never early, once."""

import asyncio
from random import Random

import pytest

from splitbrain.drivers import LoopClock, VirtualClock

MS = 10**6


def virtually(script):
    clock = VirtualClock()
    script(clock)
    while clock.run_next():
        pass


def really(script):
    async def run():
        clock = LoopClock()
        script(clock)
        await asyncio.sleep(0.06)
        for _ in range(9):  # calls asked for by calls, however late the loop is
            await asyncio.sleep(0.001)
        clock.close()

    asyncio.run(run())


@pytest.fixture(params=[virtually, really])
def play(request):
    return request.param


def test_calls_come_in_order_of_time_never_early_and_once(play):
    called = []
    times = [ms * MS for ms in range(30)]
    Random(1).shuffle(times)

    def script(clock):
        for at_ns in times:
            clock.call_at(at_ns, lambda at_ns=at_ns: called.append((at_ns, clock.now_ns())))

    play(script)
    assert [at_ns for at_ns, _ in called] == sorted(times)
    assert all(now_ns >= at_ns for at_ns, now_ns in called)


def test_calls_of_the_same_time_keep_their_order(play):
    called = []
    play(lambda clock: [clock.call_at(MS, lambda i=i: called.append(i)) for i in range(9)])
    assert called == list(range(9))


def test_a_call_may_ask_for_another_one_also_in_the_past(play):
    called = []

    def script(clock):
        def again():
            called.append(len(called))
            if len(called) < 3:
                clock.call_at(0, again)

        clock.call_at(MS, again)

    play(script)
    assert called == [0, 1, 2]


def test_an_earlier_call_overtakes_one_that_was_asked_for_before(play):
    called = []

    def script(clock):
        clock.call_at(20 * MS, lambda: called.append("late"))
        clock.call_at(5 * MS, lambda: called.append("early"))

    play(script)
    assert called == ["early", "late"]


def test_a_closed_clock_calls_nobody():
    called = []

    async def run():
        clock = LoopClock()
        clock.call_at(MS, lambda: called.append(1))
        clock.close()
        await asyncio.sleep(0.01)

    asyncio.run(run())
    assert called == []


def test_virtual_time_stands_still_without_calls():
    clock = VirtualClock()
    assert not clock.run_next()
    assert clock.now_ns() == 0
