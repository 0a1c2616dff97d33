"""Who does an operation: lanes of workers, and the workers of each node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from splitbrain.generator.item import Generator, Invoke, fork


@dataclass(frozen=True, slots=True)
class Reserve(Generator):
    """Groups of workers, each kept for one generator.

    ``lanes`` are (number of workers, generator); ``rest`` is for the workers left over.
    Lane i is the i-th group of consecutive workers, the rest is lane ``len(lanes)``; the
    interpreter must be told ``sizes``.
    """

    lanes: tuple[tuple[int, Generator], ...]
    rest: Generator | None = None

    def __post_init__(self) -> None:
        if not self.lanes or any(workers < 1 for workers, _ in self.lanes):
            raise ValueError(f"each lane needs at least one worker, got {list(self.sizes)}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Workers of each lane, the rest excluded."""
        return tuple(workers for workers, _ in self.lanes)

    def items(self, rng: Random) -> Iterator[Invoke]:
        """The lanes merged by time; lanes with equal times take turns.

        A lane without times comes before every lane with times, so in this view an endless
        one hides them; ``streams``, which the interpreter uses, does not.
        """
        return _merged(self.streams(rng))

    def streams(self, rng: Random) -> list[Iterator[Invoke]]:
        """The streams of each lane, marked with the lane."""
        generators = [generator for _, generator in self.lanes]
        if self.rest is not None:
            generators.append(self.rest)
        return [
            _in_lane(stream, lane)
            for lane, generator in enumerate(generators)
            for stream in generator.streams(fork(rng))
        ]


@dataclass(frozen=True, slots=True)
class Each(Generator):
    """The same generator once on each of ``nodes`` nodes, done by that node's workers.

    This is what final reads are made of: every node is asked, none can be left out.
    """

    generator: Generator
    nodes: int

    def items(self, rng: Random) -> Iterator[Invoke]:
        """The nodes merged by time; nodes with equal times take turns."""
        return _merged(self.streams(rng))

    def streams(self, rng: Random) -> list[Iterator[Invoke]]:
        """One for each node."""
        return [_on_node(self.generator.items(fork(rng)), node) for node in range(self.nodes)]


def _in_lane(stream: Iterator[Invoke], lane: int) -> Iterator[Invoke]:
    for item in stream:
        if item.lane is not None:
            raise ValueError(f"{item} is in lane {item.lane} already: lanes do not nest")
        yield item._replace(lane=lane)


def _on_node(stream: Iterator[Invoke], node: int) -> Iterator[Invoke]:
    return (item._replace(node=node) for item in stream)


def _merged(streams: list[Iterator[Invoke]]) -> Iterator[Invoke]:
    heads = [next(stream, None) for stream in streams]
    taken = [0] * len(streams)
    while True:
        waiting = [(head.at_ns, taken[i], i) for i, head in enumerate(heads) if head is not None]
        if not waiting:
            return
        _, _, first = min(waiting)
        head = heads[first]
        assert head is not None
        yield head
        taken[first] += 1
        heads[first] = next(streams[first], None)
