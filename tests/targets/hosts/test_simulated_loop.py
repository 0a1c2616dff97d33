"""Virtual time: order, jumps, ends."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from targets.hosts.simulated.loop import SECOND, Stuck, VirtualLoop, run_virtual


def running() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


def test_an_hour_passes_in_no_time() -> None:
    async def main() -> float:
        await asyncio.sleep(3600)
        return running().time()

    began = time.monotonic()
    assert run_virtual(main()) == 3600.0
    assert time.monotonic() - began < 60


def test_what_is_ready_comes_before_time_passes_and_equal_times_keep_their_order() -> None:
    told: list[str] = []

    async def main() -> None:
        loop = running()
        loop.at(10, told.append, "first at 10")
        loop.call_at(10 / SECOND, told.append, "second at 10")
        loop.at(5, lambda: loop.call_soon(told.append, "soon after 5"))
        loop.at(5, told.append, "second at 5")
        loop.at(-7, told.append, "what is past counts as now")
        loop.call_soon(told.append, "soon")
        await asyncio.sleep(1)

    run_virtual(main())
    assert told == [
        "soon",
        "what is past counts as now",
        "soon after 5",
        "second at 5",
        "first at 10",
        "second at 10",
    ]


def test_a_timer_that_was_taken_back_does_nothing() -> None:
    told: list[str] = []

    async def main() -> None:
        running().call_later(1, told.append, "no").cancel()
        running().call_soon(told.append, "no").cancel()
        await asyncio.sleep(2)

    run_virtual(main())
    assert told == []


def test_time_outs_and_gathered_tasks_work_as_ever() -> None:
    async def slow() -> int:
        await asyncio.sleep(5)
        return 5

    async def main() -> tuple[float, list[int]]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await slow()
        at_s = running().time()
        return at_s, await asyncio.gather(slow(), slow(), asyncio.to_thread(lambda: 7))

    assert run_virtual(main()) == (2.0, [5, 5, 7])


def test_waiting_for_nothing_is_said_at_once() -> None:
    async def main() -> None:
        await running().create_future()

    with pytest.raises(Stuck, match="nothing is left to happen"):
        run_virtual(main())


def test_an_exception_of_a_callback_ends_the_run() -> None:
    async def main() -> None:
        running().at(1, [].pop)
        await asyncio.sleep(1)

    with pytest.raises(IndexError):
        run_virtual(main())


def test_tasks_that_are_left_are_ended() -> None:
    told: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            told.append("ended")

    async def main() -> None:
        running().create_task(forever())
        await asyncio.sleep(1)

    run_virtual(main())
    assert told == ["ended"]


def test_there_are_no_sockets() -> None:
    async def main() -> None:
        with pytest.raises(OSError, match="no network"):
            await asyncio.open_connection("127.0.0.1", 1)
        with pytest.raises(NotImplementedError):
            await asyncio.start_server(lambda r, w: None, "127.0.0.1", 1)

    run_virtual(main())


def test_a_signal_is_heard_and_its_former_handler_comes_back() -> None:
    told: list[str] = []
    before = signal.getsignal(signal.SIGUSR1)

    async def main() -> None:
        running().add_signal_handler(signal.SIGUSR1, told.append, "heard")
        os.kill(os.getpid(), signal.SIGUSR1)
        await asyncio.sleep(1)

    run_virtual(main())
    assert told == ["heard"]
    assert signal.getsignal(signal.SIGUSR1) == before
