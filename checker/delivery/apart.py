"""Whether receives of one element can have been apart by the time that it is kept from others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from checker.delivery.shapes import invisible_ns
from histories.event import Operation

TOGETHER_MAX = 10
"""Receives that are looked at together; of more, each two."""
FOR_EVER_NS = 1 << 62


def too_close(handed_out: Sequence[Operation], until_ns: int | None) -> list[Operation] | None:
    """Receives and dequeues that cannot all be right: two where two suffice; None where all can.

    Each handed the element out at some moment from its call to its answer (and before
    ``until_ns``, when it was out of the queue); no other within the time that its answer told, and
    none at all after a dequeue.
    Times are those of the history, if it has any; without a time told, nobody is kept away.
    """
    if len(handed_out) < 2 or not any(invisible_ns(one) for one in handed_out):
        return None
    if not any(one.call_ns or one.ret_ns for one in handed_out):
        return None
    spans = [_Span(one, until_ns) for one in sorted(handed_out, key=lambda one: one.call_ns)]
    groups = _groups(spans)
    for group in groups:
        for pair in combinations(group, 2):
            if not _fits(pair):
                return [span.receive for span in pair]
    for group in groups:
        if len(group) <= TOGETHER_MAX and not _fits(group):
            return [span.receive for span in group]
    return None


class _Span:
    """When it may have been: from ``first`` to ``last``; ``hold``: then nobody else. In ns."""

    def __init__(self, receive: Operation, until_ns: int | None) -> None:
        self.receive = receive
        self.first = receive.call_ns
        end = receive.ret_ns if receive.ret_ns is not None else receive.call_ns
        self.last = end if until_ns is None else max(self.first, min(end, until_ns))
        self.hold = _hold_ns(receive)


def _hold_ns(handed_out: Operation) -> int:
    return (invisible_ns(handed_out) or 0) if handed_out.f == "receive" else FOR_EVER_NS


def _groups(spans: Sequence[_Span]) -> list[list[_Span]]:
    """Those that can be in each other's way, in order of call."""
    groups: list[list[_Span]] = []
    free_at = None
    for span in spans:
        if free_at is None or span.first >= free_at:
            groups.append([])
            free_at = span.last + span.hold
        groups[-1].append(span)
        free_at = max(free_at, span.last + span.hold)
    return groups


def _fits(spans: Sequence[_Span]) -> bool:
    """Whether some order has room for all: the earliest end of each set of them, by the last."""
    everyone = (1 << len(spans)) - 1
    earliest: dict[tuple[int, int], int] = {
        (1 << at, at): span.first for at, span in enumerate(spans)
    }
    for chosen in range(1, everyone + 1):
        for last, span in enumerate(spans):
            if (chosen, last) not in earliest:
                continue
            free = earliest[chosen, last] + span.hold
            for at, following in enumerate(spans):
                moment = max(free, following.first)
                if chosen & 1 << at or moment > following.last:
                    continue
                key = chosen | 1 << at, at
                earliest[key] = min(moment, earliest.get(key, moment))
    return any((everyone, last) in earliest for last in range(len(spans)))
