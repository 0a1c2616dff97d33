"""An asyncio event loop in virtual time: time passes only from one thing to the next.

What is written for asyncio (drivers, clients, the nemesis) runs on it unchanged, without a
selector, a socket or a thread, and always in the same order:

    ready callbacks, first in first out, until there is none  ──►  the next timer, its time is now

Timers of the same nanosecond keep the order in which they were set. An exception of a
callback ends the run: in a simulation nothing is the network's fault.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from asyncio import events
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context, copy_context
from heapq import heappop, heappush
from typing import Any, TypeVar

T = TypeVar("T")

Dial = Callable[[Callable[[], asyncio.BaseProtocol], str, int], Awaitable[Any]]
"""(protocol factory, host, port) -> (transport, protocol); raises OSError as connect(2) does."""

SECOND = 1_000_000_000


class Stuck(Exception):
    """Nothing is left to happen, and what the loop was to run has not ended."""


class _Call(asyncio.TimerHandle):
    """A callback that can be taken back. Times in seconds, as asyncio has them."""

    __slots__ = ()

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: VirtualLoop,
        context: Context | None,
    ) -> None:
        # Not the base's: it asks the loop for its debug mode, and there is one call a wake-up.
        self._callback = callback
        self._args = args
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._cancelled = False
        self._when = when
        self._repr = None
        self._source_traceback = None
        self._scheduled = False

    def cancel(self) -> None:
        """Do not call. The call stays in its queue, and does nothing there."""
        self._cancelled = True

    def run(self) -> None:
        """Call, unless it was taken back."""
        if not self._cancelled:
            self._context.run(self._callback, *self._args)


class VirtualLoop(asyncio.AbstractEventLoop):
    """The loop. ``now_ns`` is the time; ``dial``, once set, makes its connections.

    What a simulation has no use for (sockets, subprocesses) raises NotImplementedError.
    """

    def __init__(self) -> None:
        self.now_ns = 0
        self.dial: Dial | None = None
        self._ready: deque[_Call] = deque()
        self._timers: list[tuple[int, int, Callable[..., object], tuple[Any, ...]]] = []
        self._order = 0
        self._running = False
        self._closed = False
        self._handlers: dict[int, Any] = {}

    # Time.

    def at(self, at_ns: int, action: Callable[..., object], *args: Any) -> None:
        """Call ``action(*args)`` at ``at_ns``, in no context and without a way back.

        A time that has passed counts as now: after what is ready, and what was set before.
        """
        self._order = order = self._order + 1
        if at_ns < self.now_ns:
            at_ns = self.now_ns
        heappush(self._timers, (at_ns, order, action, args))

    def time(self) -> float:
        """The virtual time in seconds."""
        return self.now_ns / SECOND

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Call before time passes."""
        call = _Call(0.0, callback, args, self, context)
        self._ready.append(call)
        return call

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """As ``call_soon``; for a signal's handler. Another thread would make runs differ."""
        return self.call_soon(callback, *args, context=context)

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call after ``delay`` seconds."""
        return self._call_at(self.now_ns + round(delay * SECOND), callback, args, context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call at ``when``, seconds of the loop's time."""
        return self._call_at(round(when * SECOND), callback, args, context)

    def _call_at(
        self,
        at_ns: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> asyncio.TimerHandle:
        call = _Call(at_ns / SECOND, callback, args, self, context)
        self.at(at_ns, call.run)
        return call

    # Running.

    def run_until_complete(
        self, future: Generator[Any, None, T] | Coroutine[Any, Any, T] | Awaitable[T]
    ) -> T:
        """Let time pass until ``future`` is done. Raises Stuck when it never will be."""
        self._check_closed()
        if self._running:
            raise RuntimeError("this loop runs already")
        awaited: asyncio.Future[T] = asyncio.ensure_future(future, loop=self)  # type: ignore[arg-type]
        self._running = True
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            self._run(awaited)
        finally:
            events._set_running_loop(before)
            self._running = False
        return awaited.result()

    def _run(self, awaited: asyncio.Future[Any]) -> None:
        ready, timers, done = self._ready, self._timers, awaited.done
        while not done():
            if ready:
                ready.popleft().run()
            elif timers:
                self.now_ns, _, action, args = heappop(timers)
                action(*args)
            else:
                raise Stuck(f"at {self.time():.6f} s nothing is left to happen, but {awaited}")

    def is_running(self) -> bool:
        """Whether ``run_until_complete`` goes on."""
        return self._running

    def is_closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed

    def close(self) -> None:
        """End what tasks are left, forget all calls, and give signals back their handlers."""
        if self._closed:
            return
        left = asyncio.all_tasks(self)
        for task in left:
            task.cancel()
        if left:
            self.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        for number in list(self._handlers):
            self.remove_signal_handler(number)
        self._closed = True
        self._ready.clear()
        self._timers.clear()

    def _check_closed(self) -> None:
        if self._closed:
            raise RuntimeError("this loop is closed")

    # What asyncio's own parts ask for.

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        """Start a task."""
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Call ``func`` now: it takes no virtual time, and a thread would make runs differ."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def get_debug(self) -> bool:
        """Never."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Asyncio met something that would be logged and forgotten: here it ends the run."""
        error = context.get("exception")
        raise error if isinstance(error, BaseException) else RuntimeError(context["message"])

    async def create_connection(  # type: ignore[override]
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str,
        port: int,
        **options: Any,
    ) -> Any:
        """A connection through the simulated network. Raises OSError."""
        if self.dial is None:
            raise OSError(f"{host}:{port} cannot be reached: this loop has no network")
        return await self.dial(protocol_factory, host, port)

    # Signals are real.

    def add_signal_handler(  # type: ignore[override]
        self, sig: int, callback: Callable[..., object], *args: Any
    ) -> None:
        """Call back on a signal, before time passes. Only the main thread hears of any."""
        if threading.current_thread() is not threading.main_thread():
            return

        def take(number: int, frame: object) -> None:
            self.call_soon(callback, *args)

        before = signal.signal(sig, take)
        self._handlers.setdefault(sig, before)

    def remove_signal_handler(self, sig: int) -> bool:
        """Give the signal back what handled it before."""
        if sig not in self._handlers:
            return False
        signal.signal(sig, self._handlers.pop(sig))
        return True


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` on a virtual loop of its own, as ``asyncio.run`` does in real time."""
    loop = VirtualLoop()  # type: ignore[abstract]  # what it lacks, it refuses
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()
