"""Operations that are listed one by one, each with its time and its own client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from splitbrain.generator.item import Generator, Invoke


@dataclass(frozen=True, slots=True)
class Scripted(Generator):
    """These operations, in order of time. Every client is a lane of one worker (see ``lanes``).

    So an operation whose client is busy waits for that client, and holds up no other one.
    """

    invokes: tuple[Invoke, ...]

    def __post_init__(self) -> None:
        if any(invoke.lane is None for invoke in self.invokes):
            raise ValueError("each operation of a script has a lane, its client's own")

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Finite; the times are those of the operations listed."""
        return iter(sorted(self.invokes, key=_at))

    def streams(self, rng: Random) -> list[Iterator[Invoke]]:
        """One for each client."""
        clients: dict[int | None, list[Invoke]] = {}
        for invoke in sorted(self.invokes, key=_at):
            clients.setdefault(invoke.lane, []).append(invoke)
        return [iter(own) for own in clients.values()]


def _at(invoke: Invoke) -> int:
    return invoke.at_ns
