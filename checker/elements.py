"""What became of each element of a set that grows: known, stable, stale, lost, or never read.

    process 0   |- add 1 -|                                                 known
    process 1               |- read {} -|                    |- read {1} -|   stale, then stable
    process 2                              |- read {1} -|                     known at the latest

An element is *known* from the moment its add was acknowledged or some read returned it. Of the
reads that began later, some may lack it:

    stable       it was read, and every read that began after the last that lacked it has it
    stale        stable, but some read lacked it that began when it was known
    lost         the last that began lacks it, and so does every read that ended after it began
    never read   acknowledged, and no read can tell

An add of unknown outcome may take effect at any time, or never: until somebody has read what it
added nobody knows of it. A read that overlaps the moment at which an element became known may
have it or not. The terms are those of Jepsen's checker ``set-full``; but a read that overlaps the
last one which lacks an element, and has it, may have come after it, so it is not lost.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checker.wording import plural
from histories.event import Operation, Outcome

QUANTILES = (0.0, 0.5, 0.95, 0.99, 1.0)
SHARES = {"0": "least", "0.5": "median", "0.95": "95 %", "0.99": "99 %", "1": "most"}
WORST_SHOWN = 8
SHOWN_MAX = 1_000
"""Elements that are named; all are counted."""


@dataclass(slots=True)
class Element:
    """One element. ``source`` made it known; ``first_without`` and ``last_without`` are reads
    that began after that and lack it, the first and the last of them; ``seen`` is the last event
    at which a read ended that has it, -1 if there is none.
    """

    source: Operation | None = None
    first_without: Operation | None = None
    last_without: Operation | None = None
    seen: int = -1

    @property
    def lost(self) -> bool:
        """Whether it was known, and then was gone for good."""
        return self.last_without is not None and self.seen < self.last_without.call

    @property
    def stable(self) -> bool:
        """Whether it was read, and is there as far as reads tell."""
        return self.seen >= 0 and not self.lost

    @property
    def stale(self) -> bool:
        """Whether some read was behind the times, and a later one was not."""
        return self.stable and self.last_without is not None

    @property
    def stable_after_ns(self) -> int:
        """How long after it was known a read still began that lacks it; 0 if none did."""
        if self.last_without is None or self.source is None:
            return 0
        return max(0, self.last_without.call_ns - (self.source.ret_ns or 0))


def elements_of(
    adds: Mapping[Hashable, Sequence[Operation]],
    reads: Iterable[tuple[Operation, Iterable[Hashable]]],
) -> dict[Hashable, Element]:
    """Each element that was added or read, of one set.

    ``adds``: by element, whatever became of them; ``reads``: those that succeeded, and what they
    answered. Reads times elements in the worst case, by set difference.
    """
    ordered = [(read, frozenset(contents)) for read, contents in reads]
    ordered.sort(key=lambda one: one[0].call)
    found = {element: Element() for element in adds}
    learned: list[tuple[int, Operation, Hashable]] = [
        (add.ret, add, element)
        for element, own in adds.items()
        for add in own
        if add.outcome is Outcome.OK and add.ret is not None
    ]
    # A read teaches only what was not known before it: its first sight of each element.
    for read, contents in sorted(ordered, key=lambda one: one[0].ret or 0):
        assert read.ret is not None
        for element in contents:
            one = found.setdefault(element, Element())
            if one.seen < 0:
                learned.append((read.ret, read, element))
            one.seen = read.ret
    learned.sort(key=lambda one: one[0])
    known: set[Hashable] = set()
    position = 0
    for read, contents in ordered:
        while position < len(learned) and learned[position][0] < read.call:
            known.add(learned[position][2])
            position += 1
        for element in known - contents:
            one = found[element]
            one.first_without = one.first_without or read
            one.last_without = read
    for _, source, element in reversed(learned):
        found[element].source = source
    return found


@dataclass(frozen=True, slots=True)
class Account:
    """What became of all elements of a history, of all its sets; ``named`` as they are shown."""

    elements: Sequence[tuple[Any, Element]]
    acknowledged: int
    timeless: bool

    def to_json(self) -> dict[str, Any]:
        """Counts, which were lost, stale or never read, and how soon they were stable."""
        lost = [name for name, one in self.elements if one.lost]
        stale = [name for name, one in self.elements if one.stale]
        unread = [
            name
            for name, one in self.elements
            if one.source is not None and not (one.stable or one.lost)
        ]
        told: dict[str, Any] = {
            "attempted": len(self.elements),
            "acknowledged": self.acknowledged,
            "unknown": sum(one.source is None for _, one in self.elements),
            "stable": sum(one.stable for _, one in self.elements),
        }
        for name, those in (("lost", lost), ("stale", stale), ("never_read", unread)):
            told[name] = len(those)
            told[f"{name}_elements"] = those[:SHOWN_MAX]
        if not self.timeless:
            told["stable_latencies_ms"] = self._latencies()
            worst = sorted(
                ((one.stable_after_ns, name) for name, one in self.elements if one.stale),
                key=lambda pair: -pair[0],
            )
            told["worst_stale"] = [
                {"element": name, "stable_after_ms": round(after / 1e6, 3)}
                for after, name in worst[:WORST_SHOWN]
            ]
        return told

    def _latencies(self) -> dict[str, float]:
        after = sorted(one.stable_after_ns for _, one in self.elements if one.stable)
        if not after:
            return {}
        last = len(after) - 1
        return {
            f"{share:g}": round(after[min(last, int(share * len(after)))] / 1e6, 3)
            for share in QUANTILES
        }


def account_text(told: Mapping[str, Any]) -> str:
    """An account (``Account.to_json``) in a sentence."""
    counts = [
        f"{told[name]:,} {name.replace('_', ' ')}"
        for name in ("stable", "stale", "lost", "never_read")
        if told[name] or name in ("stable", "lost")
    ]
    sentence = f"{plural(told['attempted'], 'element')}: {', '.join(counts)}"
    latencies = told.get("stable_latencies_ms")
    if not latencies:
        return sentence
    shown = [f"{SHARES[share]} {ms:g}" for share, ms in latencies.items()]
    return f"{sentence}; from known to stable, in ms: {', '.join(shown)}"
