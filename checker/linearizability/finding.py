"""Why an operation cannot be placed, when two or three others show it: arguments in words.

Each argument is sound by itself: it names operations whose intervals and values rule
out every order, and is offered only when its premises hold of the history. What none
fits gets no sentence here (``violation.py`` has the general one).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import takewhile
from typing import Any

from checker.linearizability.appending import Collecting
from checker.linearizability.holding import Holding
from checker.linearizability.queueing import Queueing
from checker.linearizability.relaxation import Relaxer
from checker.linearizability.telling import Finding, Telling, end
from checker.linearizability.transacting import Transacting
from checker.models import MODELS
from checker.models.model import Effect, Kind
from checker.wording import noun, show
from histories.canonical import canonical
from histories.event import Operation, Outcome


def find(
    culprit: Operation, operations: Sequence[Operation], relaxer: Relaxer, *, whole: bool = True
) -> Finding | None:
    """The simplest argument against ``culprit`` among ``operations`` of its key.

    ``whole``: these are all of them. Otherwise they are what sound relaxations left, and
    the sentences claim no more than that.
    """
    kind = (
        _TELLINGS.get(relaxer.model.name)
        if MODELS.get(relaxer.model.name) is relaxer.model
        else None
    )
    return None if kind is None else kind(culprit, operations, relaxer, whole).finding()


class _Case(Telling):
    """A register: what the culprit needs, and who could have given it."""

    def __init__(
        self, culprit: Operation, operations: Sequence[Operation], relaxer: Relaxer, whole: bool
    ) -> None:
        super().__init__(culprit, operations, relaxer, whole)
        self.no_more = "nobody wrote" if whole else "no other write can have set it to"
        self.effect: Effect = relaxer.effect(culprit)
        self.mutators: list[tuple[Operation, Effect]] = [
            (o, e)
            for o in operations
            if o is not culprit
            and o.call < self.ret
            and (e := relaxer.effect(o)) is not None
            and e.kind in (Kind.WRITE, Kind.CAS)
        ]
        self.producers = [o for o, e in self.mutators if e.new == self.effect.expected]

    def finding(self) -> Finding | None:
        if self.effect.kind is Kind.DIFFERS:
            return self._false_mismatch()
        if self.effect.kind not in (Kind.READ, Kind.CAS):
            return None
        if not self.producers and self.effect.expected is not None:
            return self._never_written() if self.whole else None
        return self._overwritten() or self._replaced() or self._overtaken() or self._spent_twice()

    @property
    def value(self) -> Any:
        """What the culprit saw, as the history writes it."""
        if self.culprit.f == "read":
            return self.culprit.output
        return self.culprit.input[0]

    def claim(self) -> str:
        """What the culprit says happened, and when: the beginning of every sentence."""
        one = self.culprit
        node = f" on {one.node}" if one.node else ""
        at = f"at {self.ended(one)}{node}"
        if one.f == "read":
            return f"process {one.process} read {show(one.output)} {at}"
        expected, new = (show(value) for value in one.input)
        deed = f"process {one.process}'s compare-and-set from {expected} to {new}"
        if self.effect.kind is Kind.DIFFERS:
            return f"{deed} was refused {at} because the register did not hold {expected}"
        return f"{deed} succeeded {at}"

    def _never_written(self) -> Finding:
        value = show(self.value)
        later = [o for o in self.all if o.call > self.ret and self._produces(o)]
        failed = [o for o in self.all if o.outcome is Outcome.FAIL and self._would_produce(o)]
        if failed and not later:
            first = failed[0]
            error = f" ({first.error})" if first.error else ""
            sentence = (
                f"{self.claim()}, but the only attempt to write {value}, by process "
                f"{first.process} at {self.ended(first)}, failed{error}, and what failed "
                "must never take effect"
            )
            return Finding("aborted read", sentence, (first, self.culprit))
        if later:
            sentence = (
                f"{self.claim()}, before anybody began to write {value}: the first to do so was "
                f"process {later[0].process}, at {self.began(later[0])}"
            )
            return Finding("read from the future", sentence, (self.culprit,))
        sentence = f"{self.claim()}, but nobody ever wrote {value}"
        return Finding("value never written", sentence, (self.culprit,))

    def _produces(self, operation: Operation) -> bool:
        effect = self.relaxer.effect(operation)
        return (
            effect is not None
            and effect.kind in (Kind.WRITE, Kind.CAS)
            and effect.new == self.effect.expected
        )

    def _would_produce(self, operation: Operation) -> bool:
        value = operation.input
        if operation.f == "cas":
            value = value[1]
        return operation.f != "read" and canonical(value) == self.effect.expected

    def _overwritten(self) -> Finding | None:
        """|- writes of 4 -|   |- write 7 -|   |- read 4 -|  and no other write of 4."""
        last = max((end(o) for o in self.producers), default=-1)
        between = [
            o
            for o, e in self.mutators
            if e.new != self.effect.expected and o.call > last and end(o) < self.culprit.call
        ]
        if not between:
            return None
        # The first to overwrite is the plainest, a blind write plainer than a conditional one.
        over = min(between, key=lambda o: (o.f != "write", end(o)))
        value = show(self.value)
        deed = noun(over)
        acknowledged = f"(acknowledged at {self.ended(over)})"
        began = "it" if self.culprit.f == "cas" else "that read"
        if not self.producers:
            sentence = (
                f"{self.claim()}, but process {over.process}'s {deed} had ended {acknowledged} "
                f"before {began} began, and {self.no_more} {value} after it"
            )
            context: tuple[Operation, ...] = (over, self.culprit)
        else:
            source = max(self.producers, key=end)
            sentence = (
                f"{self.claim()}, but {value} had been overwritten by process {over.process}'s "
                f"{deed} {acknowledged} before {began} began, and {self.no_more} {value} again"
            )
            context = (source, over, self.culprit)
        return Finding(self._stale_or_lost(over), sentence, context)

    def _stale_or_lost(self, over: Operation) -> str:
        """Lost when what overwrote is never seen again by anyone who looks afterwards.

        One node alone cannot show that, for it may be the one that lags behind; nor can a node
        that looks when something newer has been written already:

            |- write 7 -|   |- read 4 -| on n3                    |- read 4 -| on n3
                                           |- write 9 -|   |- read 9 -| on n1
        """
        if self.culprit.f == "cas":
            return "impossible compare-and-set"
        after = [
            o
            for o in self.all
            if o is not self.culprit and o.f == "read" and o.outcome is Outcome.OK
            if o.ret is not None and o.ret > self.culprit.call
        ]
        written = {e.new for o, e in self.mutators if o.call >= over.call}
        if any(canonical(o.output) in written - {self.effect.expected} for o in after):
            return "stale read"
        again = list(
            takewhile(
                lambda o: canonical(o.output) == self.effect.expected,
                (o for o in after if o.call > self.ret),
            )
        )
        nodes = {o.node for o in (self.culprit, *again)}
        several = len(nodes) > 1 or None in nodes
        return "lost write" if again and several else "stale read"

    def _replaced(self) -> Finding | None:
        """|- writes of 4 -|   |- read 7 -|   |- read 4 -|  and no other write of 4."""
        last = max((end(o) for o in self.producers), default=-1)
        seers = []
        for one in self.all:
            if last < one.call and end(one) < self.culprit.call:
                effect = self.relaxer.effect(one)
                if effect is not None and effect.kind is not Kind.WRITE:
                    differs = effect.expected != self.effect.expected
                    if differs != (effect.kind is Kind.DIFFERS):
                        seers.append(one)
        if not seers:
            return None
        seer = min(seers, key=lambda o: (o.f != "read", end(o)))
        value = show(self.value)
        if seer.outcome is Outcome.FAIL:
            found = f"process {seer.process}'s {noun(seer)} did not find {value} there any more"
        else:
            other = seer.output if seer.f == "read" else seer.input[0]
            found = f"process {seer.process} found {show(other)} in its place"
        span = f"({self.began(seer)} to {self.ended(seer)})"
        source = max(self.producers, key=end, default=None)
        since = f" after process {source.process}'s {noun(source)} had ended" if source else ""
        sentence = (
            f"{self.claim()}, but before that began, {found} {span}{since}, and "
            f"{self.no_more} {value} again"
        )
        context = (*([source] if source else []), seer, self.culprit)
        kind = "impossible compare-and-set" if self.culprit.f == "cas" else "stale read"
        return Finding(kind, sentence, context)

    def _overtaken(self) -> Finding | None:
        """Somebody had seen a newer value before the culprit began.

        |- writes of 4 -|   |- write 7 ------------ …
                                |- read 7 -|   |- read 4 -|
        """
        last = max((end(o) for o in self.producers), default=-1)
        earliest: dict[Hashable, Operation] = {}
        for o, e in self.mutators:
            if e.new not in earliest or o.call < earliest[e.new].call:
                earliest[e.new] = o
        for witness in self.all:
            effect = self.relaxer.effect(witness)
            if (
                effect is None
                or effect.kind not in (Kind.READ, Kind.CAS)
                or effect.expected in (self.effect.expected, None)
                or end(witness) >= self.culprit.call
            ):
                continue
            first = earliest.get(effect.expected)
            if first is None or first.call <= last:
                continue
            seen = witness.output if witness.f == "read" else witness.input[0]
            old, new = show(self.value), show(seen)
            sentence = (
                f"{self.claim()}, but process {witness.process} had already found {new} "
                f"by {self.ended(witness)}, before that began, and {new} is the newer one: "
            )
            context: tuple[Operation, ...]
            if self.producers:
                source = max(self.producers, key=end)
                sentence += (
                    f"every write of {old} had ended by {self.ended(source)}, "
                    f"before process {first.process} began its {noun(first)}"
                )
                context = (source, first, witness, self.culprit)
            else:
                sentence += f"nobody ever wrote {old}"
                context = (first, witness, self.culprit)
            kind = "impossible compare-and-set" if self.culprit.f == "cas" else "stale read"
            return Finding(kind, sentence, context)
        return None

    def _spent_twice(self) -> Finding | None:
        """A compare-and-set took away a value that was there only once; another found it too."""
        reads = self.effect.kind is Kind.READ or self.effect.new == self.effect.expected
        sources = len(self.producers) + (self.effect.expected is None)
        rivals = [
            o
            for o, e in self.mutators
            if e.kind is Kind.CAS
            and e.expected == self.effect.expected != e.new
            and o.outcome is Outcome.OK
            and (not reads or end(o) < self.culprit.call)
        ]
        if sources != 1 or not rivals:
            return None
        rival = rivals[0]
        value = show(self.value)
        origin = (
            f"{value} was written only once, by process {self.producers[0].process}"
            if self.producers
            else f"nobody wrote {value} after the start"
        )
        if reads:
            sentence = (
                f"{self.claim()}, but process {rival.process}'s {noun(rival)} had taken it away "
                f"(acknowledged at {self.ended(rival)}) before that began, and {origin}"
            )
            return Finding("stale read", sentence, (*self.producers, rival, self.culprit))
        sentence = (
            f"{self.claim()}, and so did process {rival.process}'s {noun(rival)} "
            f"(at {self.ended(rival)}), but {origin}: only one of the two can have found it"
        )
        return Finding("lost update", sentence, (*self.producers, rival, self.culprit))

    def _false_mismatch(self) -> Finding | None:
        """|- write 4 -|   |- cas 4→7: mismatch -|   and no other mutator near."""
        value = show(self.culprit.input[0])
        settled = [
            o for o in self.producers if o.outcome is Outcome.OK and end(o) < self.culprit.call
        ]
        source = max(settled, key=end, default=None)
        start = source.call if source is not None else -1
        if source is None and self.effect.expected is not None:
            return None
        others = [o for o, e in self.mutators if e.new != self.effect.expected]
        if any(end(o) >= start for o in others):
            return None
        if source is None:
            why = f"nobody had begun to write anything else by {self.ended(self.culprit)}"
            context: tuple[Operation, ...] = (self.culprit,)
        else:
            why = (
                f"process {source.process}'s {noun(source)} was acknowledged at "
                f"{self.ended(source)}, and nobody began to change it until this returned"
            )
            context = (source, self.culprit)
        sentence = f"{self.claim()}, but it can only have held {value} then: {why}"
        return Finding("false mismatch", sentence, context)


_TELLINGS: dict[str, type[Telling]] = {
    "register": _Case,
    "cas-register": _Case,
    "mutex": Holding,
    "lock": Holding,
    "fifo-queue": Queueing,
    "unordered-queue": Queueing,
    "set": Collecting,
    "append": Collecting,
    "list-append": Transacting,
}
