"""Long fork: registers are written once, one by one, and several are read at a time.

Keys come in small groups, one after the other. Each is written by a transaction of its own, and
around these all of a group are read: two reads that disagree about which write came first show a
long fork, a read of a later write alone a causal reverse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from splitbrain.generator import ASAP, Draw, Generator, Invoke, Phases
from splitbrain.plan import Plan
from splitbrain.workloads.workload import Workload, main_phase, recovery_phase

GROUP = 3
"""Keys of a group."""
READS = 6
"""Reads of a group, about its writes."""


@dataclass(frozen=True, slots=True)
class GroupsOfWrites(Generator):
    """Endless transactions; no key is written twice."""

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Of each group the writes and reads in some order, reads in some order of its keys."""
        for first in count(0, GROUP):
            names = range(first, first + GROUP)
            written = rng.sample(names, GROUP)
            kinds = [True] * GROUP + [False] * READS
            rng.shuffle(kinds)
            for writes in kinds:
                if writes:
                    number = written.pop()
                    steps = [["w", _key(number), number]]
                else:
                    steps = [["r", _key(one), None] for one in rng.sample(names, GROUP)]
                yield Invoke(ASAP, "txn", None, steps)


def _key(number: int) -> str:
    return f"k{number}"


def _late(rng: Random, n: int) -> list[list[object]]:
    return [["w", f"late{n}", n]]


def _phases(plan: Plan) -> Phases:
    main = main_phase(plan, GroupsOfWrites())
    recovery = recovery_phase(plan, Draw("txn", _late), "txn")
    return Phases((main, recovery))


LONG_FORK = Workload(
    "long-fork",
    "registers written once each, and read by groups; reads must agree on which came first",
    "rw-register",
    _phases,
    consistency=("long-fork", "causal-reverse"),
)
