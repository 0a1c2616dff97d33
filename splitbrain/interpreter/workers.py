"""Workers: who is free, which process each runs, and what each has open."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from clients.client import Invocation


class Workers:
    """``concurrency`` workers, each pinned to a node, each one process at a time.

    Worker i works on node i mod n and begins as process i. After an indeterminate
    operation the process may still be at work somewhere, so it retires, and the worker goes
    on as process + concurrency (Jepsen's rule, jepsen.generator.interpreter). ``lanes`` are
    the sizes of groups of consecutive workers; those left over are one more lane.
    """

    def __init__(self, concurrency: int, nodes: Sequence[str], lanes: Sequence[int]) -> None:
        if concurrency < 1 or not nodes:
            raise ValueError(f"got {concurrency} workers on {len(nodes)} nodes, expected >= 1")
        if sum(lanes) > concurrency:
            raise ValueError(f"lanes {list(lanes)} need more than the {concurrency} workers")
        self.concurrency = concurrency
        self.node = [nodes[worker % len(nodes)] for worker in range(concurrency)]
        self.process = list(range(concurrency))
        self.open: dict[int, Invocation] = {}
        self._place = [worker % len(nodes) for worker in range(concurrency)]
        starts = [sum(lanes[: i + 1]) for i in range(len(lanes))]
        self._lane = [sum(worker >= start for start in starts) for worker in range(concurrency)]
        # Longest idle first: taken from the front, put back at the end.
        self._idle: OrderedDict[int, None] = OrderedDict.fromkeys(range(concurrency))
        self._places = {
            (lane, place)
            for own_lane, own_place in zip(self._lane, self._place, strict=True)
            for lane in (None, own_lane)
            for place in (None, own_place)
        }

    def serves(self, lane: int | None, node: int | None) -> bool:
        """Whether any worker, busy or not, may do an item for this lane and node."""
        return (lane, node) in self._places

    @property
    def any_idle(self) -> bool:
        """Whether some worker is free."""
        return bool(self._idle)

    def longest_idle(self, lane: int | None, node: int | None) -> int | None:
        """The free worker for this lane and node that has been idle longest, or None."""
        if lane is None and node is None:
            return next(iter(self._idle), None)
        for worker in self._idle:
            if (lane is None or self._lane[worker] == lane) and (
                node is None or self._place[worker] == node
            ):
                return worker
        return None

    def begin(self, worker: int, invocation: Invocation) -> None:
        """The worker is busy with the invocation now."""
        del self._idle[worker]
        self.open[worker] = invocation

    def end(self, worker: int, retire: bool) -> Invocation:
        """The worker is free again; ``retire``: under a new process. Its invocation."""
        invocation = self.open.pop(worker, None)
        if invocation is None:
            raise ValueError(
                f"worker {worker} completed an operation but has none open: "
                "a client must complete each invocation exactly once"
            )
        if retire:
            self.process[worker] += self.concurrency
        self._idle[worker] = None
        return invocation
