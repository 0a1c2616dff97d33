"""What breaks causal consistency, told: what a process knew, and how it came to know it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checker.consistency.causality import Causality
from checker.consistency.guarantees import Older
from checker.consistency.sessions import Sessions
from checker.consistency.wording import FROM_NOWHERE, Words
from checker.consistency.writes import INITIAL, Writes
from checker.models.model import Kind
from checker.verdict import Violation
from checker.wording import show

STALE, CYCLE, DIVERGING = "causally stale read", "causal cycle", "diverging reads"


class Causes:
    """Tells of steps whose past contradicts what they saw. ``writes``: of registers."""

    def __init__(self, causality: Causality, writes: Writes | None = None) -> None:
        self.causality = causality
        self.writes = writes
        self.sessions: Sessions = causality.sessions

    def from_nowhere(self, step: int, value: object = None) -> Violation:
        """A step that saw what nobody can have written or added."""
        words = self._words([step])
        if self.writes is not None:
            told = f"saw {words.seen(step)} {words.at(step)}, which nobody can have written"
        else:
            told = f"read {show(value)} {words.at(step)}, which nobody can have added"
        return self._violation(FROM_NOWHERE, f"{words.process(step)} {told}", [step], step)

    def cyclic(self) -> Violation:
        """Steps that each come before the next, and the last before the first."""
        cycle = self.causality.cycle()
        # Turned so that it begins with what is seen next, by another session.
        after = [*cycle[1:], cycle[0]]
        at = next(n for n, one in enumerate(cycle) if one in self.causality.seen(after[n]))
        cycle = [*cycle[at:], *cycle[:at]]
        words = self._words(cycle)
        told = self._chain(words, [*cycle, cycle[0]], whole=True)
        sentence = f"{told}: so what was seen came to be because of what saw it"
        return self._violation(CYCLE, sentence, cycle, cycle[-1])

    def stale(self, step: int, newer: int) -> Violation:
        """A read of what the reader had to know was replaced by ``newer``."""
        assert self.writes is not None
        source = self.writes.source[step]
        path = self.causality.path(newer, step)
        back = [] if source is None or source == INITIAL else self.causality.path(source, newer)
        words = self._words([*path, *back])
        saw, value = words.seen(step), words.written(newer)
        sentence = f"{words.process(step)} read {saw}{words.of_key(step, 'from')} {words.at(step)}"
        if source == INITIAL:
            sentence += ", which was there before anything was written"
        sentence += f", though it knew of {value} ({self._chain(words, path)})"
        if back:
            writer = words.process(newer)
            sentence += f", which is newer: {writer} knew of {saw} when it wrote {value}"
            if len(self._runs(back)) > 2:
                sentence += f" ({self._chain(words, back)})"
        return self._violation(STALE, sentence, [*path, *back, step], step)

    def lacking(self, read: int, add: int) -> Violation:
        """A read of a set without what the reader knew was in it."""
        path = self.causality.path(add, read)
        words = self._words(path)
        (element,) = self.sessions.effect[add].elements
        sentence = (
            f"{words.process(read)} read the set{words.of_key(read)} without {show(element)} "
            f"{words.at(read)}, though it knew of it ({self._chain(words, path)})"
        )
        return self._violation(STALE, sentence, [*path, read], read)

    def diverging(self, cycle: Sequence[Older]) -> Violation:
        """Reads of one register that have its writes in orders that exclude each other."""
        assert self.writes is not None
        steps: set[int] = set()
        for edge in cycle:
            steps |= {edge.one, edge.other, edge.because[1]}
        words = self._words(sorted(steps))
        told = []
        for edge in cycle:
            one, other, step = edge.one, edge.other, edge.because[1]
            if step == other:
                told.append(
                    f"{words.process(other)} knew of {words.written(one)} when it wrote "
                    f"{words.written(other)}"
                )
            else:
                told.append(
                    f"{words.process(step)} knew of {words.written(one)} and read "
                    f"{words.written(other)} {words.at(step)}"
                )
        first = words.written(cycle[0].one)
        sentence = f"{', and '.join(told)}: so {first} would be older than itself"
        return self._violation(DIVERGING, sentence, sorted(steps), cycle[-1].because[1])

    def _words(self, steps: Iterable[int]) -> Words:
        return Words(self.writes or self.sessions, steps)

    def _runs(self, path: Sequence[int]) -> list[tuple[int, int]]:
        """The first and last step of each stretch that one session did."""
        runs: list[tuple[int, int]] = []
        for step in path:
            same = runs and self.sessions.session[runs[-1][1]] == self.sessions.session[step]
            if same and step > runs[-1][1]:
                runs[-1] = runs[-1][0], step
            else:
                runs.append((step, step))
        return runs

    def _chain(self, words: Words, path: Sequence[int], *, whole: bool = False) -> str:
        """``process 0 wrote 7 to key "x", process 2 read that and then wrote 3 to key "y"``.

        What comes at the end of it is told only of a ``whole``.
        """
        runs = self._runs(path)
        told = []
        for number, (first, last) in enumerate(runs):
            done = [] if not number else ["read that"]
            if self._made(first):
                done.append(self._did(words, first))
            if last != first and self._made(last) and (whole or number < len(runs) - 1):
                done.append(self._did(words, last))
            told.append(f"{words.process(first)} {' and then '.join(done)}")
        return ", ".join(told)

    def _made(self, step: int) -> bool:
        effect = self.sessions.effect[step]
        if self.writes is None:
            return bool(effect.f == "add")
        return effect.kind in (Kind.WRITE, Kind.CAS)

    def _did(self, words: Words, step: int) -> str:
        if self.writes is None:
            (element,) = self.sessions.effect[step].elements
            return f"added {show(element)}{words.of_key(step, 'to')}"
        return f"wrote {words.written(step)}{words.of_key(step, 'to')}"

    def _violation(self, kind: str, sentence: str, steps: Sequence[int], culprit: int) -> Violation:
        shown: set[int] = set()
        for first, last in self._runs(sorted(set(steps))) if len(steps) > 16 else ():
            shown |= {first, last}
        shown = shown or set(steps)
        if self.writes is not None and kind != CYCLE:
            shown = self.writes.grounded(shown)
        key = self.sessions.key_name(culprit)
        told = sentence if key is None else f"key {show(key)}: {sentence}"
        calls = tuple(sorted({self.sessions.call(step) for step in shown}))
        return Violation(kind, told, calls, self.sessions.call(culprit), key)
