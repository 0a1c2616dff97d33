"""Queues whose elements are received, and acknowledged by whoever is done with them.

A client acknowledges the latest element that it was given and has not acknowledged yet; some it
forgets about, so they have to come out again. In the end everything is taken out, until the
system says that nothing is left; once more on every node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from splitbrain.generator import (
    ASAP,
    Draw,
    Each,
    Generator,
    Invoke,
    Listed,
    Mix,
    PerKey,
    Phase,
    Phases,
    Repeat,
    Stagger,
)
from splitbrain.plan import Plan
from splitbrain.workloads.workload import (
    RECOVERY_KEY,
    SECOND,
    Workload,
    final_phase,
    main_phase,
    recovery_phase,
)

ENQUEUES, RECEIVES, ACKNOWLEDGES = 0.3, 0.38, 0.32
"""So that consumers keep up with what comes, and some of what they get is never acknowledged."""
DRAIN_S, DRAIN_RATE_MIN = 20.0, 400.0
"""Fast enough that who is given an element comes to acknowledge it in time, and a queue that has
grown long is empty in the end. In a cluster of others the plan's rate is what was agreed on."""
DRAIN = Mix(((0.45, Repeat("receive")), (0.45, Repeat("acknowledge")), (0.1, Repeat("drained"))))
LOOK = Listed(tuple(Invoke(ASAP, f) for f in ("receive", "drained", "receive", "drained")))
"""Twice on each node: one that times out while a node catches up is not the last word."""


def _element(rng: Random, n: int) -> int:
    return n + 1


def _late_element(rng: Random, n: int) -> int:
    return -1 - n


def _phases(plan: Plan) -> Phases:
    mixed = Mix(
        (
            (ENQUEUES, Draw("enqueue", _element)),
            (RECEIVES, Repeat("receive")),
            (ACKNOWLEDGES, Repeat("acknowledge")),
        )
    )
    recovery = recovery_phase(plan, Draw("enqueue", _late_element), "enqueue")
    drain = Phase(
        "drain",
        limit_ns=int(DRAIN_S * SECOND),
        heal=True,
        quiet_ns=int(plan.recovery_s * SECOND),
        until_ok=("drained",),
    )
    hurries = plan.rate and not plan.endpoints
    taken = Stagger(DRAIN, max(plan.rate, DRAIN_RATE_MIN) if hurries else plan.rate)
    looks = final_phase(plan, Each(LOOK, plan.nodes))
    return Phases((main_phase(plan, mixed), recovery, (drain, taken), looks))


QUEUE = Workload(
    "queue",
    "elements are received and acknowledged; none may be lost, or come again once it is done with",
    "total-queue",
    _phases,
    consistency=("at-least-once", "exactly-once"),
)


@dataclass(frozen=True, slots=True)
class FifoOperations(Generator):
    """Endless operations on one queue; no value is enqueued twice."""

    def items(self, rng: Random) -> Iterator[Invoke]:
        """As many dequeues as enqueues."""
        fresh = 0
        while True:
            if rng.random() < 0.5:
                yield Invoke(ASAP, "dequeue")
            else:
                fresh += 1
                yield Invoke(ASAP, "enqueue", None, fresh)


def _fifo_phases(plan: Plan) -> Phases:
    keyed = PerKey(FifoOperations(), plan.keys, plan.operations_per_key)
    recovery = recovery_phase(plan, Draw("enqueue", _element, RECOVERY_KEY), "enqueue")
    return Phases((main_phase(plan, keyed), recovery))


FIFO_QUEUE = Workload(
    "fifo-queue",
    "many short-lived queues, first in, first out, without acknowledgements; must be linearizable",
    "fifo-queue",
    _fifo_phases,
)
