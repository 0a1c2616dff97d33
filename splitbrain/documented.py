"""Whether what a run found is what the system itself says of itself, and nothing else.

A system that acknowledges before it replicates loses writes, and says so: it is accused all the
same, for its clients were promised otherwise by whoever chose it. But a reader has to know
whether there is something else. So a system names its departures (``targets.target.Departure``),
and a finding is *as documented* when one of them explains every violation.

That a loss belongs to a change of leader is judged by when things happened. Who led is known
from before and after each fault, so between two such moments with different leaders there was a
promotion, and what a violation rests on must have been acknowledged thereabouts, or, where it
rests on reads alone, have been read on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from checker.verdict import Result, Violation
from histories.event import Operation, Outcome
from nemesis.fault import Fault
from splitbrain.evidence import evidence
from targets.target import Departure, System

LINEARIZABLE = "linearizable"
MARGIN_NS = 2_000_000_000
"""A promotion may follow its fault by this much, and what it loses precede it."""
Span = tuple[int, int]


def documented(
    system: System,
    options: Sequence[str],
    results: Iterable[Result],
    operations: Sequence[Operation],
    faults: Sequence[Fault],
) -> tuple[str, ...]:
    """The sentences of the departures that explain all violations; none if one is left over."""
    violations = [violation for result in results for violation in result.violations]
    departures = departures_of(system, options) if violations else ()
    if not departures:
        return ()
    spans = list(promotions(faults))
    told: dict[str, None] = {}
    for violation in violations:
        shown = evidence(violation, operations)
        found = next((d for d in departures if _explains(d, violation, shown, spans)), None)
        if found is None:
            return ()
        told[found.sentence] = None
    return tuple(told)


def _explains(
    departure: Departure, violation: Violation, shown: Sequence[Operation], spans: Sequence[Span]
) -> bool:
    broken = violation.details.get("breaks", [LINEARIZABLE])
    if violation.kind not in departure.kinds or not set(broken) <= set(departure.breaks):
        return False
    if not departure.at_promotions:
        return True
    done = [(o.ret_ns, o.f) for o in shown if o.outcome is Outcome.OK and o.ret_ns is not None]
    written = [ret_ns for ret_ns, f in done if f != "read"]
    if written:
        return any(first <= ret_ns <= last for ret_ns in written for first, last in spans)
    read = [ret_ns for ret_ns, _ in done]
    return any(min(read) <= last and first <= max(read) for first, last in spans if read)


def departures_of(system: System, options: Sequence[str]) -> tuple[Departure, ...]:
    """Where a system falls short under these options, by its own word; most say nothing."""
    own: Any = getattr(system, "departures", None)
    return () if own is None else own(options)


def promotions(faults: Sequence[Fault]) -> Iterator[Span]:
    """From when to when, nanoseconds of the run's clock, somebody else came to lead."""
    seen: list[tuple[int, str]] = []
    for fault in faults:
        effect = fault.effect
        if effect.leader_before is not None:
            seen.append((fault.start_ns, effect.leader_before))
        if effect.leader_after is not None and fault.healed_ns is not None:
            seen.append((fault.healed_ns, effect.leader_after))
    seen.sort()
    for (first_ns, before), (last_ns, after) in pairwise(seen):
        if before != after:
            yield first_ns - MARGIN_NS, last_ns + MARGIN_NS
