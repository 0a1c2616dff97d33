"""Follows a run: feed it the events as they come, and it says when one is impossible.

>>> from histories.event import Event, EventType
>>> monitor = Monitor("register")
>>> def told(index, process, kind, f, value=None):
...     return Event(index, index * 1000, process, EventType(kind), f, "x", value)
>>> for event in (
...     told(0, 0, "invoke", "write", 1),
...     told(1, 0, "ok", "write", 1),
...     told(2, 1, "invoke", "read"),
...     told(3, 1, "ok", "read"),
... ):
...     _ = monitor.feed(event)
>>> monitor.probe().culprit
2
>>> monitor.finish().violations[0].kind
'stale read'
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from checker.models import MODELS, Model
from checker.online.accusation import accuse, confirmed
from checker.online.attempt import Attempt
from checker.online.engine import Engine
from checker.online.follower import Follower
from checker.online.keys import Keys
from checker.online.limits import Limits
from checker.online.pairs import BothKeys
from checker.online.record import Record
from checker.reading import SPLITBRAIN, Reading
from checker.substance import Substance
from checker.verdict import Result, Verdict, Violation
from checker.wording import describe, plural, show
from histories.canonical import canonical
from histories.errors import HistoryError, Problem
from histories.event import NEMESIS, Event, EventType, Operation, Outcome

RETIRED_MAX = 10_000
"""Processes that are remembered to have retired."""
PROBE_EVENTS = 1 << 13
"""Events after which everything is looked at, even if nobody asked."""
EXPLAINED_MAX = 5
"""Violations that are judged once more and explained; the others are only named."""
_SEQUENTIAL = (
    "A process runs one operation at a time; after 'info', continue under a new process number."
)


class Monitor:
    """Judges one run, key by key, in memory bounded by what is open (``limits.py``).

    ``feed`` is cheap and decides in batches; ``probe`` decides everything fed so far. Both
    give the first violation there is, once for each key, as soon as it is known. ``finish``
    gives the verdict; violations of keys whose operations are all kept are judged once more
    then and explained (``explain=False``: they are not). What
    a model allows is as in ``checker.linearizable``, for any prefix: operations that are
    open are indeterminate. ``exact=False``: for sets and counters look only for what is seen
    at a glance, and fast; ``finish`` then never says VALID. ``compile=False``: plain Python
    alone, for when several seconds of compiling would be in the way. ``ours=False``: the events
    are of no journal of ours, and need not test anything to be valid (``substance.py``). Not
    for several threads at once.
    """

    def __init__(
        self,
        model: str | Model,
        *,
        reading: Reading = SPLITBRAIN,
        limits: Limits | None = None,
        compile: bool = True,
        exact: bool = True,
        explain: bool = True,
        ours: bool = True,
    ) -> None:
        self.model = MODELS[model] if isinstance(model, str) else model
        self.reading = reading
        self.limits = limits or Limits()
        self._exact = exact
        self._explain = explain
        self._ours = ours
        self.engine = Engine(compile=compile)
        self.events = 0
        self.operations = 0
        self.violations: list[Violation] = []
        self.last_ns = 0
        self.configurations = 0
        """Of the keys in use, when they were last looked at."""
        self._keys = Keys(self._follower, self.limits)
        self._open: dict[int, tuple[Attempt, Record | None]] = {}
        self._retired: dict[int, tuple[str, int]] = {}
        self._fresh: list[Record] = []
        self._next_probe = PROBE_EVENTS
        self._substance = Substance(self.model.name)
        self._registers = self.model.family == "register"

    # -- feeding -----------------------------------------------------------------------

    def feed(self, event: Event) -> Violation | None:
        """Take one event; a violation, if this made one evident.

        Raises HistoryError for an event that cannot be: a completion of nothing, a second
        invocation, an operation that the model does not have.
        """
        process = event.process
        if process == NEMESIS:
            return None
        assert isinstance(process, int)
        self.events += 1
        self.last_ns = event.time
        if event.type is EventType.INVOKE:
            self._invoke(process, event)
            return None
        return self._complete(process, event)

    def probe(self) -> Violation | None:
        """Decide all that was fed; what is open is indeterminate. The first new violation."""
        self._next_probe = self.events + PROBE_EVENTS
        fresh, self._fresh = self._fresh, []
        self.configurations = 0
        found = None
        for record in fresh:
            record.fresh = False
            if found is not None:
                self._touch(record)
                continue
            follower = record.follower
            culprit = follower.probe()
            self.configurations += follower.configurations()
            if culprit is not None:
                found = self._accuse(record, culprit)
            elif follower.trouble is None and record.kept:
                record.known = record.last_completed() or record.known
        return found

    def finish(self) -> Result:
        """The verdict on everything fed, operations that are open being indeterminate."""
        while self.probe() is not None:
            pass
        if self._explain:
            self._confirm()
        verdict, reason = self._verdict()
        return Result(
            verdict=verdict,
            model=self.model.name,
            algorithm="event by event, just-in-time breadth-first",
            operations=self.operations,
            keys=len(self._keys),
            reason=reason,
            search_seconds=self.engine.seconds,
            violations=tuple(self.violations),
            statistics={
                "events": self.events,
                "open": len(self._open),
                "configurations": self.configurations,
                "reading": self.reading.name,
            },
        )

    def kept(self, violation: Violation) -> list[Operation]:
        """The operations of the violation's key that are kept, for an explanation."""
        record = self._keys.get(self._name(violation.key))
        return [] if record is None else [attempt.operation() for attempt in record.kept]

    @property
    def open(self) -> int:
        """Operations that are open now."""
        return len(self._open)

    # -- one event ---------------------------------------------------------------------

    def _invoke(self, process: int, event: Event) -> None:
        if process in self._open or process in self._retired:
            self._out_of_order(process, event)
        self.operations += 1
        record = self._keys.use(self._name(event.key), event.key)
        attempt = Attempt(event)
        self._check_fit(attempt)
        self._open[process] = attempt, record
        if record is not None:
            self._keys.keep(record, attempt, self.events)
            record.follower.call(attempt)
            self._touch(record)

    def _complete(self, process: int, event: Event) -> Violation | None:
        held = self._open.pop(process, None)
        if held is None:
            raise _problem(
                event.index,
                f"process {process} completed {event.f!r} with {event.type.value!r}, but it has "
                "no operation open.",
                "Every ok, fail or info follows an invoke of the same process and completes it "
                "once.",
            )
        attempt, record = held
        if attempt.f != event.f:
            raise _problem(
                event.index,
                f"process {process} completed {event.f!r}, but it had invoked {attempt.f!r} "
                f"(event {attempt.call}).",
                "A completion repeats the function of its invocation.",
            )
        if event.type is EventType.INFO:
            self._retired[process] = event.f, event.index
            if len(self._retired) > RETIRED_MAX:
                del self._retired[next(iter(self._retired))]
        given_up = attempt.outcome is not None
        attempt.complete(event)
        if not self._registers:
            self._check_fit(attempt)
        if attempt.outcome is Outcome.OK:
            self._substance.did(attempt.f, attempt.output)
        if record is None or record.accused:
            return None
        follower = record.follower
        if given_up:
            if attempt.outcome is not Outcome.INFO and follower.trouble is None:
                follower.trouble = (
                    f"{describe(attempt.operation())} ended after it had been open for more than "
                    f"{self.limits.window_max:,} events"
                )
            return None
        if follower.waiting() > self.limits.window_max:
            follower.give_up_on_first()
        follower.complete(attempt)
        self._touch(record)
        if follower.culprit is not None:
            return self._accuse(record, follower.culprit)
        if self.events >= self._next_probe:
            return self.probe()
        return None

    def _check_fit(self, attempt: Attempt) -> None:
        """Raise HistoryError for what is none of the model's operations, as far as is known."""
        f = attempt.f
        if (
            self._registers
            and f in self.model.functions
            and (f != "cas" or _is_pair(attempt.input))
        ):
            return
        if (misfit := self.model.misfit(attempt.operation())) is not None:
            raise _problem(
                attempt.call,
                f"{misfit}.",
                f"The model {self.model.name!r} has {', '.join(self.model.functions)}; "
                "name another model, or mend the history.",
            )

    def _out_of_order(self, process: int, event: Event) -> None:
        if process in self._open:
            earlier = self._open[process][0]
            raise _problem(
                event.index,
                f"process {process} invoked {event.f!r} while its {earlier.f!r} "
                f"(event {earlier.call}) is still open.",
                _SEQUENTIAL,
            )
        f, index = self._retired[process]
        raise _problem(
            event.index,
            f"process {process} invoked {event.f!r} although its {f!r} ended in 'info' "
            f"(event {index}).",
            _SEQUENTIAL,
        )

    # -- keys --------------------------------------------------------------------------

    def _name(self, key: Any) -> Hashable:
        """What a key is known by; all are one when the model does not tell them apart."""
        return canonical(key) if self.model.by_key else None

    def _follower(self) -> Follower:
        if self._registers:
            from checker.online.registers import RegisterKey

            return RegisterKey(self.reading, self.engine, self.limits)
        quick = _quick(self.model)
        if quick is not None and not self._exact:
            return quick
        from checker.online.objects import ObjectKey

        thorough = ObjectKey(self.model, self.reading, self.limits)
        return thorough if quick is None else BothKeys(quick, thorough)

    def _touch(self, record: Record) -> None:
        if not record.fresh:
            record.fresh = True
            self._fresh.append(record)

    def _confirm(self) -> None:
        """Judge once more what can be, and find the words."""
        for at, violation in enumerate(self.violations[:EXPLAINED_MAX]):
            record = self._keys.get(self._name(violation.key))
            assert record is not None
            self.violations[at] = confirmed(violation, record, self.model, self.reading)

    def _accuse(self, record: Record, culprit: Attempt) -> Violation | None:
        if record.accused:
            return None
        record.accused = True
        violation = accuse(record, culprit, self.model)
        self.violations.append(violation)
        return violation

    # -- the verdict -------------------------------------------------------------------

    def _verdict(self) -> tuple[Verdict, str | None]:
        if self.violations:
            reason = self.violations[0].sentence
            if len(self.violations) > 1:
                count = plural(len(self.violations), "key")
                reason += f" ({count} of {len(self._keys):,} are refuted)"
            return Verdict.INVALID, reason
        troubled = [record for record in self._keys if record.follower.trouble]
        if troubled or self._keys.untracked:
            return Verdict.UNKNOWN, self._undecided(troubled)
        if not all(record.follower.exact for record in self._keys):
            return Verdict.UNKNOWN, "only part of what could be wrong was looked for"
        self._substance.operations = self.operations
        return self._substance.verdict(ours=self._ours)

    def _undecided(self, troubled: list[Record]) -> str:
        reasons = []
        for record in troubled[:3]:
            name = f"key {show(record.key)}: " if record.key is not None else ""
            known = (
                f"; verified up to {describe(record.known.operation())}"
                if record.known is not None
                else ""
            )
            reasons.append(f"{name}{record.follower.trouble}{known}")
        if len(troubled) > 3:
            reasons.append(f"and {len(troubled) - 3:,} keys more")
        if self._keys.untracked:
            reasons.append(
                f"{plural(self._keys.untracked, 'operation')} on keys beyond the first "
                f"{self.limits.keys_max:,} were not followed"
            )
        return "; ".join(reasons)


def _quick(model: Model) -> Follower | None:
    """A follower that is quick and sound, if not complete, for a model of our own."""
    if model is MODELS["set"]:
        from checker.online.sets import SetKey

        return SetKey()
    if model is MODELS["counter"]:
        from checker.online.counters import CounterKey

        return CounterKey()
    return None


def _is_pair(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2


def _problem(index: int, seen: str, expected: str) -> HistoryError:
    return HistoryError([Problem(f"event {index}", seen, expected)])
