"""Work that takes long, done beside the server: it goes on answering, and ends when it is told.

Threads of our own, for those of a pool are waited for at the end of the process.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
AHEAD = 8
"""So many blocks are made before the first of them has been taken."""
STALLED_S = 60.0
"""Whoever takes nothing for so long has gone."""


async def apart(work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, done in a thread of its own."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if not done.done():
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        # The loop may be closed by now: then nobody waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="splitbrain-serve", daemon=True).start()
    return await done


class Gone(Exception):
    """Whoever was to take the blocks has gone."""


class Pipe:
    """A file that is written in a thread and sent by the server, block by block."""

    def __init__(self) -> None:
        self._blocks: queue.Queue[bytes] = queue.Queue(AHEAD)
        self._gone = False

    def write(self, data: bytes) -> int:
        """Hand on ``data``; waits while the reader is behind. Raises Gone."""
        if data:
            try:
                self._blocks.put(bytes(data), timeout=STALLED_S)
            except queue.Full:
                self._gone = True
        if self._gone:
            raise Gone
        return len(data)

    def flush(self) -> None:
        """There is nothing kept back."""

    async def sent(self, make: Callable[[Pipe], Any]) -> AsyncIterator[bytes]:
        """What ``make`` writes into this pipe; raises what it raises."""
        made = asyncio.ensure_future(apart(lambda: self._filled(make)))
        try:
            while True:
                try:
                    block = self._blocks.get_nowait()
                except queue.Empty:
                    if made.done() and self._blocks.empty():
                        break
                    await asyncio.sleep(0.01)
                    continue
                yield block
            await made
        finally:
            self._gone = True
            made.cancel()

    def _filled(self, make: Callable[[Pipe], Any]) -> None:
        with suppress(Gone):
            make(self)


async def each(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The blocks of a file, each read beside the server."""
    while (block := await apart(lambda: next(blocks, None))) is not None:
        yield block
