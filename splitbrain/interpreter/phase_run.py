"""One phase as it is being played: the heads of its streams, and what came too late."""

from __future__ import annotations

from collections.abc import Iterator

from splitbrain.generator.item import ASAP, Invoke, Phase
from splitbrain.interpreter.workers import Workers

_NEVER = 1 << 63


class PhaseRun:
    """A phase begun at ``start_ns``: hands out items that are due to workers that are free.

    ``dropped`` counts items that no worker may do (a lane or node without workers), and,
    after ``close``, those that were due and never left.
    """

    def __init__(
        self, phase: Phase, streams: list[Iterator[Invoke]], workers: Workers, start_ns: int
    ) -> None:
        self.phase = phase
        self.start_ns = start_ns
        self.end_ns = _NEVER if phase.limit_ns is None else start_ns + phase.limit_ns
        self.dropped = 0
        self._workers = workers
        self._streams: list[tuple[Iterator[Invoke], Invoke]] = []
        for stream in streams:
            self._keep(stream)

    @property
    def used_up(self) -> bool:
        """Whether no stream has an item left."""
        return not self._streams

    def take(self, now_ns: int) -> tuple[Invoke, int] | None:
        """An item that is due and the worker for it, or None when there is no such pair."""
        elapsed = now_ns - self.start_ns
        for at, (stream, item) in enumerate(self._streams):
            if item.at_ns > elapsed:
                continue
            worker = self._workers.longest_idle(item.lane, item.node)
            if worker is None:
                continue
            following = next(stream, None)
            if following is not None and self._workers.serves(following.lane, following.node):
                self._streams[at] = (stream, following)
            else:
                del self._streams[at]
                if following is not None:
                    self.dropped += 1
                    self._keep(stream)
            return item, worker
        return None

    def next_ns(self, now_ns: int) -> int | None:
        """When the next item is due that waits for its time only, or the phase's end."""
        next_ns = self.end_ns
        if self._workers.any_idle:
            for _, item in self._streams:
                at_ns = self.start_ns + item.at_ns
                if now_ns < at_ns < next_ns and item.at_ns != ASAP:
                    next_ns = at_ns
        return next_ns if next_ns < _NEVER else None

    def close(self, now_ns: int) -> None:
        """The phase is over: count what was due by now, in time order, and did not leave."""
        elapsed = min(now_ns, self.end_ns) - self.start_ns
        for stream, head in self._streams:
            item: Invoke | None = head
            while item is not None and 0 <= item.at_ns <= elapsed:
                self.dropped += 1
                item = next(stream, None)
        self._streams.clear()

    def _keep(self, stream: Iterator[Invoke]) -> None:
        """Take the stream in, up to the first item that some worker may do."""
        for item in stream:
            if self._workers.serves(item.lane, item.node):
                self._streams.append((stream, item))
                return
            self.dropped += 1
