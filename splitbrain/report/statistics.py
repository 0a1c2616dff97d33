"""The numbers of a run: outcomes, rate, latency, recovery, what clients saw of each other."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from histories.canonical import canonical
from histories.event import Operation, Outcome
from nemesis.fault import Fault

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Latency in milliseconds. A quantile is a value that was measured (nearest rank)."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Count:
    """How the operations of one kind ended. ``latency`` is that of the ok ones, if any."""

    ok: int = 0
    fail: int = 0
    info: int = 0
    latency: Quantiles | None = None
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return self.ok + self.fail + self.info


@dataclass(frozen=True, slots=True)
class Recovery:
    """What followed a heal: seconds to the next ok, and to the next one on each node that was hit.

    None: none ever came. Nodes on which nobody tried after the heal are left out.
    """

    fault: int
    healed_ns: int
    any_ok_s: float | None
    node_ok_s: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The numbers of a run. ``rate_ok``: ok operations a second, first call to last return."""

    all: Count
    by_f: dict[str, Count]
    duration_s: float
    rate_ok: float
    reads_ok: int
    reads_of_others: int
    recoveries: tuple[Recovery, ...]

    @property
    def share_of_others(self) -> float | None:
        """The share of ok reads that returned what another client wrote; None without reads."""
        return self.reads_of_others / self.reads_ok if self.reads_ok else None


def quantiles(values_ns: Iterable[int]) -> Quantiles | None:
    """Quantiles of durations by nearest rank, in milliseconds; None of nothing."""
    ordered = sorted(values_ns)
    if not ordered:
        return None

    def rank(q: float) -> float:
        return ordered[max(0, math.ceil(q * len(ordered)) - 1)] / NS_PER_MS

    return Quantiles(rank(0.50), rank(0.95), rank(0.99), ordered[-1] / NS_PER_MS)


def count(operations: Sequence[Operation]) -> Count:
    """Outcomes, errors and the latency of the ok ones."""
    outcomes = Counter(operation.outcome for operation in operations)
    errors = Counter(o.error for o in operations if o.error is not None)
    latency = quantiles(
        o.ret_ns - o.call_ns for o in operations if o.outcome is Outcome.OK and o.ret_ns is not None
    )
    return Count(
        ok=outcomes[Outcome.OK],
        fail=outcomes[Outcome.FAIL],
        info=outcomes[Outcome.INFO],
        latency=latency,
        errors=dict(errors.most_common()),
    )


def statistics(
    operations: Sequence[Operation], faults: Sequence[Fault], *, concurrency: int
) -> Statistics:
    """All the numbers. ``concurrency`` tells which processes are one client: a client whose
    operation stays indeterminate goes on as process + concurrency. O(n log n).
    """
    by_f: dict[str, list[Operation]] = {}
    for operation in operations:
        by_f.setdefault(operation.f, []).append(operation)
    whole = count(operations)
    start = min((o.call_ns for o in operations), default=0)
    end = max((o.ret_ns if o.ret_ns is not None else o.call_ns for o in operations), default=0)
    duration_s = (end - start) / NS_PER_S
    reads, of_others = reads_of_others(operations, lambda process: process % max(1, concurrency))
    return Statistics(
        all=whole,
        by_f={f: count(some) for f, some in sorted(by_f.items())},
        duration_s=duration_s,
        rate_ok=whole.ok / duration_s if duration_s > 0 else 0.0,
        reads_ok=reads,
        reads_of_others=of_others,
        recoveries=tuple(recoveries(operations, faults)),
    )


def reads_of_others(
    operations: Sequence[Operation], client: Callable[[int], int]
) -> tuple[int, int]:
    """Ok reads, and how many of them returned what another client than the reader had done.

    On a register: the value's latest writer (a write or compare-and-set that may have
    happened, invoked before the read returned) is another client. A set, a list: an element that
    another client added. A watch: an event that another client made. A counter: a value that the
    reader's own adds do not explain.
    """
    reads = of_others = 0
    # There a read tells [value, token].
    fenced = any(operation.f == "acquire" for operation in operations)
    last_writer: dict[tuple[Any, Any], int] = {}
    adders: dict[tuple[Any, Any], int] = {}
    own_sum: dict[tuple[int, Any], int] = {}
    for order, operation in _by_effect(operations):
        me = client(operation.process)
        if order == _CALL:
            if operation.outcome is Outcome.FAIL:
                continue
            written = _written(operation)
            if written is not _NOTHING:
                last_writer[canonical(operation.key), canonical(written)] = me
            elif operation.f in ("add", "append", "put"):
                adders[canonical(operation.key), canonical(operation.input)] = me
                if operation.f == "add" and isinstance(operation.input, int):
                    place = (me, canonical(operation.key))
                    own_sum[place] = own_sum.get(place, 0) + operation.input
            continue
        if operation.f != "read" or operation.outcome is not Outcome.OK:
            continue
        seen = operation.output
        if isinstance(seen, dict) and "events" not in seen:
            # Balances: the sum of what many have done.
            continue
        reads += 1
        if fenced and isinstance(seen, list):
            seen = seen[0]
        if isinstance(seen, list):
            key = canonical(operation.key)
            of_others += any(adders.get((key, canonical(e)), me) != me for e in seen)
        elif isinstance(seen, dict):
            changes = [(canonical(k), canonical(v)) for _, k, v in seen.get("events", ())]
            of_others += any(adders.get(change, me) != me for change in changes)
        elif adders and isinstance(seen, int):
            of_others += seen != own_sum.get((me, canonical(operation.key)), 0)
        else:
            writer = last_writer.get((canonical(operation.key), canonical(seen)), me)
            of_others += writer != me
    return reads, of_others


_NOTHING = object()
_CALL, _RETURN = 0, 1


def _written(operation: Operation) -> Any:
    if operation.f == "write":
        return operation.input
    if operation.f == "cas" and isinstance(operation.input, list) and len(operation.input) == 2:
        return operation.input[1]
    return _NOTHING


def _by_effect(operations: Sequence[Operation]) -> list[tuple[int, Operation]]:
    """Calls and returns in the order of the journal."""
    moments = [(o.call, _CALL, o) for o in operations]
    moments += [(o.ret, _RETURN, o) for o in operations if o.ret is not None]
    moments.sort(key=lambda moment: moment[0])
    return [(order, operation) for _, order, operation in moments]


def recoveries(operations: Sequence[Operation], faults: Sequence[Fault]) -> list[Recovery]:
    """For each healed fault, how long until operations were ok again."""
    everywhere: list[int] = []
    by_node: dict[str, list[int]] = {}
    last_call: dict[str, int] = {}
    for operation in operations:
        if operation.node is not None:
            last_call[operation.node] = max(last_call.get(operation.node, 0), operation.call_ns)
        if operation.outcome is Outcome.OK and operation.ret_ns is not None:
            everywhere.append(operation.ret_ns)
            if operation.node is not None:
                by_node.setdefault(operation.node, []).append(operation.ret_ns)
    for times in (everywhere, *by_node.values()):
        times.sort()
    return [
        Recovery(
            fault=fault.symbolic.id,
            healed_ns=fault.healed_ns,
            any_ok_s=_wait(everywhere, fault.healed_ns),
            node_ok_s={
                node: _wait(by_node.get(node, []), fault.healed_ns)
                for node in fault.resolved.get("nodes", ())
                if last_call.get(node, -1) >= fault.healed_ns
            },
        )
        for fault in faults
        if fault.healed_ns is not None
    ]


def _wait(times_ns: list[int], since_ns: int) -> float | None:
    at = bisect_left(times_ns, since_ns)
    return (times_ns[at] - since_ns) / NS_PER_S if at < len(times_ns) else None
