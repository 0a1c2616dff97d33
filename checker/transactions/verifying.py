"""Checks the evidence of a verdict on isolation against a history: operations, and nothing else.

This shares nothing with the inference but the table of levels. What it checks of each piece of
evidence is what its function says. Everything is looked up in what clients were told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from checker.reading import READINGS
from checker.transactions.anomalies import REFUTES
from checker.transactions.edges import NAMES, PROCESS, REALTIME
from checker.transactions.evidence import IsolationRefutation, SerialOrder, VersionOrder
from checker.transactions.keeping import check_no_versions, check_versions
from checker.transactions.levels import (
    SERIAL,
    at_least,
    cycle_name,
    refuted_by,
)
from checker.transactions.told import UNTOLD, Key, Told, Unproved
from checker.transactions.trying import tried
from histories.canonical import canonical
from histories.event import Operation, Outcome

SORTS = {name: sort for sort, name in NAMES.items()}


def verify_isolation(
    operations: Iterable[Operation], proof: SerialOrder | VersionOrder | IsolationRefutation
) -> str | None:
    """None if the proof holds of the history; else a sentence why not. Linear for an order."""
    nil_says_nothing = READINGS[proof.reading].nil_read == "anything"
    told = _Verifier(operations, proof.model == "list-append", nil_says_nothing)
    try:
        if isinstance(proof, SerialOrder):
            told.replay(proof)
        elif isinstance(proof, VersionOrder):
            check_versions(told, proof.level, proof.versions)
        else:
            told.refuted(proof)
    except Unproved as why:
        return str(why)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return "the evidence does not have the form that its kind of anomaly asks for"
    return None


class _Verifier(Told):
    """What each piece of evidence is held to."""

    # An order of all transactions.

    def replay(self, proof: SerialOrder) -> None:
        """Every acknowledged transaction is there once, none that failed; each reads what is
        there; and what the level asks of sessions or real time is kept."""
        state: dict[Key, Any] = {}
        done: set[int] = set()
        latest = -1
        sessions: dict[int, int] = {}
        within = SERIAL.get(proof.level)
        for call in proof.order.tolist():
            one = self.operation(call)
            if call in done or one.outcome is Outcome.FAIL:
                raise Unproved(f"the transaction of event {call} is there twice, or had failed")
            done.add(call)
            if within == REALTIME and one.ret is not None and one.ret < latest:
                raise Unproved(
                    f"the transaction of event {call} was over before one ahead of it was asked for"
                )
            if within == PROCESS and call < sessions.get(one.process, -1):
                raise Unproved(f"the transaction of event {call} is not in its process's order")
            latest = max(latest, call)
            sessions[one.process] = call
            self.take(one, state)
        for call, one in self.all.items():
            if one.outcome is Outcome.OK and call not in done:
                raise Unproved(
                    f"the transaction of event {call} was acknowledged, and has no place"
                )

    # An anomaly.

    def refuted(self, proof: IsolationRefutation) -> None:
        """The evidence shows the anomaly, and the level rules it out."""
        shown = proof.evidence
        if "cycle" in shown:
            refutes: tuple[str, ...] = self._cycle(proof.anomaly, shown)
        elif proof.anomaly in ("no-serial-order", "no-snapshots"):
            refutes = tried(self, proof.anomaly == "no-snapshots", proof.level, shown)
        elif proof.anomaly == "no-version-order":
            check_no_versions(self, proof.level)
            refutes = (proof.level,)
        else:
            check = _CHECKS.get(proof.anomaly)
            if check is None:
                raise Unproved(f"{proof.anomaly!r} is no anomaly that evidence is known of")
            check(self, shown)
            refutes = REFUTES[proof.anomaly]
        if proof.level not in at_least(refutes):
            raise Unproved(f"{proof.anomaly} is not ruled out by {proof.level}")

    def _cycle(self, anomaly: str, shown: dict[str, Any]) -> tuple[str, ...]:
        """Each transaction comes before the next for the reason given, and the last before the
        first; all of them took effect."""
        steps = shown["cycle"]
        seen = {one["transaction"]: one for one in shown.get("seen", ())}
        for at, step in enumerate(steps):
            if step["from"] != steps[at - 1]["to"]:
                raise Unproved("the cycle is not closed")
            source, target = self.operation(step["from"]), self.operation(step["to"])
            if source is target:
                raise Unproved("a transaction cannot come before itself")
            self._took_effect(source, seen)
            _EDGES[step["kind"]](self, source, target, step)
        sorts = [SORTS[step["kind"]] for step in steps]
        if cycle_name(sorts) != anomaly:
            raise Unproved(f"its edges are those of {cycle_name(sorts)}, not of {anomaly}")
        return refuted_by(sorts)

    def _took_effect(self, one: Operation, seen: dict[int, Any]) -> None:
        if one.outcome is Outcome.OK:
            return
        if one.outcome is Outcome.FAIL:
            raise Unproved(f"the transaction of event {one.call} failed")
        sighting = seen[one.call]
        key = self.key(sighting)
        value = canonical(sighting["value"])
        self._only(key, value, one)
        reader = self.operation(sighting["read"])
        for f, name, saw in self.steps(reader):
            known = f in ("r", "read") and name == key and saw is not UNTOLD
            if known and value in (saw if self.lists else [saw]):
                return
        raise Unproved(f"nobody saw the transaction of event {one.call}, which may not have been")

    def _ww(self, source: Operation, target: Operation, step: dict[str, Any]) -> None:
        """A read shows the source's element, and the target's behind it or not yet."""
        key = self.key(step)
        one, other = canonical(step["value"]), canonical(step["later"])
        self._only(key, one, source)
        self._only(key, other, target)
        for f, name, saw in self.steps(self.operation(step["read"])):
            known = f in ("r", "read") and name == key and saw is not UNTOLD and one in saw
            if known and (other not in saw or saw.index(one) < saw.index(other)):
                return
        raise Unproved("the read that is named does not show the order of two appends")

    def _wr(self, source: Operation, target: Operation, step: dict[str, Any]) -> None:
        """The target read the source's value; of a list it was the last that did not fail."""
        key, value = self.key(step), canonical(step["value"])
        self._only(key, value, source)
        for saw in self._external(target, key):
            if not self.lists and saw == value:
                return
            if self.lists and value in saw:
                behind = saw[saw.index(value) + 1 :]
                if all(self._failed(key, other) for other in behind):
                    return
        raise Unproved(f"the transaction of event {target.call} did not read what it should have")

    def _rw(self, source: Operation, target: Operation, step: dict[str, Any]) -> None:
        """The source read the key without the target's value. Of a register it read nil, or a
        version of somebody from whom the target had read, who so comes before it."""
        key, later = self.key(step), canonical(step["later"])
        self._only(key, later, target)
        for saw in self._external(source, key):
            if self.lists and later not in saw:
                return
            same = not self.lists and saw == canonical(step["value"])
            if same and (saw is None or self._read_from(target, self._writers(key, saw))):
                return
        raise Unproved(f"the transaction of event {source.call} did not read the key before that")

    def _read_from(self, one: Operation, writers: Sequence[Operation]) -> bool:
        """Whether it read something that the one writer that did not fail alone wrote."""
        kept = [writer for writer in writers if writer.outcome is not Outcome.FAIL]
        if len(kept) != 1:
            return False
        names = {name for f, name, _ in self.steps(one) if f in ("r", "read")}
        for name in names:
            for value in self._external(one, name):
                others = self._writers(name, value)
                if [w for w in others if w.outcome is not Outcome.FAIL] == kept:
                    return kept[0] is not one
        return False

    def _process(self, source: Operation, target: Operation, step: dict[str, Any]) -> None:
        """One process ran both, and knew how the first had ended."""
        if source.process != target.process:
            raise Unproved("the two transactions are of different processes")
        self._realtime(source, target, step)

    def _realtime(self, source: Operation, target: Operation, step: dict[str, Any]) -> None:
        """The first was acknowledged before the second was asked for."""
        if source.outcome is not Outcome.OK or source.ret is None or source.ret >= target.call:
            raise Unproved("the first transaction was not over when the second was asked for")

    def _garbage(self, shown: dict[str, Any]) -> None:
        """A read of something that no transaction wrote, whatever became of it."""
        key = self.key(shown)
        for saw in self._told_by(shown["reads"][-1], key):
            if any(not self._writers(key, one) for one in (saw if self.lists else [saw])):
                return
        raise Unproved("all that was read had been written")

    def _aborted(self, shown: dict[str, Any]) -> None:
        """A read of what only transactions that failed have written."""
        key = self.key(shown)
        for saw in self._told_by(shown["reads"][-1], key):
            if any(self._failed(key, one) for one in (saw if self.lists else [saw])):
                return
        raise Unproved("nothing that was read had failed")

    def _intermediate(self, shown: dict[str, Any]) -> None:
        """A read of a value that its transaction wrote over; of a list, without the rest."""
        key, reader = self.key(shown), self.operation(shown["reads"][-1])
        for saw in self._external(reader, key):
            if self.lists and not saw:
                continue
            last = saw[-1] if self.lists else saw
            for writer in self._writers(key, last):
                wrote = [
                    value
                    for f, name, value in self.steps(writer)
                    if f not in ("r", "read") and name == key
                ]
                if (
                    writer is not reader
                    and writer.outcome is not Outcome.FAIL
                    and wrote[-1] != last
                ):
                    return
        raise Unproved("what was read is what its transaction wrote last")

    def _duplicate(self, shown: dict[str, Any]) -> None:
        """A list that shows one element twice."""
        for saw in self._told_by(shown["reads"][-1], self.key(shown)):
            if len(set(saw)) < len(saw):
                return
        raise Unproved("no element is there twice")

    def _incompatible(self, shown: dict[str, Any]) -> None:
        """Two reads of a list of which neither is a beginning of the other."""
        key = self.key(shown)
        for one in self._told_by(shown["reads"][0], key):
            for other in self._told_by(shown["reads"][-1], key):
                many = min(len(one), len(other))
                if one[:many] != other[:many]:
                    return
        raise Unproved("one of the two lists is a beginning of the other")

    def _dirty(self, shown: dict[str, Any]) -> None:
        """A list that shows what failed, and behind it what did not."""
        key = self.key(shown)
        failed, later = (canonical(value) for value in shown["values"])
        writer = self.operation(shown["transactions"][-1])
        self._only(key, later, writer)
        for saw in self._told_by(shown["reads"][-1], key):
            if failed in saw and later in saw[saw.index(failed) :] and self._failed(key, failed):
                return
        raise Unproved("nothing that failed was built upon")

    def _reordered(self, shown: dict[str, Any]) -> None:
        """A list with what a transaction appended later, not behind what it appended sooner."""
        key = self.key(shown)
        sooner, later = (canonical(value) for value in shown["values"])
        writer = self.operation(shown["transactions"][0])
        self._only(key, sooner, writer)
        self._only(key, later, writer)
        wrote = [v for f, name, v in self.steps(writer) if f not in ("r", "read") and name == key]
        for saw in self._told_by(shown["reads"][-1], key):
            there = later in saw and sooner not in saw[: saw.index(later)]
            if there and wrote.index(sooner) < wrote.index(later):
                return
        raise Unproved("the appends are in the list as they were made")

    def _internal(self, shown: dict[str, Any]) -> None:
        """Reads of one transaction that contradict its own writes, or one another."""
        one, key = self.operation(shown["reads"][-1]), self.key(shown)
        known: Any = UNTOLD
        own: list[Any] = []
        for f, name, value in self.steps(one):
            if name != key or value is UNTOLD:
                continue
            if f not in ("r", "read"):
                own.append(value)
                continue
            if self.lists:
                before = value[: max(len(value) - len(own), 0)]
                if before + own != value:
                    return
            else:
                before = known if own else value
                if own and own[-1] != value:
                    return
            if known is not UNTOLD and before != known:
                return
            known = before
            written = {
                value
                for f, name, value in self.steps(one)
                if f not in ("r", "read") and name == key
            }
            if written.intersection(before if self.lists else ([] if own else [before])):
                return
        raise Unproved("its reads agree with its writes and with one another")

    def _lost(self, shown: dict[str, Any]) -> None:
        """Two transactions read one version of a key, and both wrote the key."""
        key = self.key(shown)
        one, other = (self.operation(call) for call in shown["reads"][:2])
        for transaction in (one, other):
            if transaction.outcome is not Outcome.OK or not self._wrote(transaction, key):
                raise Unproved("a transaction that wrote nothing lost nothing")
        if one is other or not any(
            saw in self._external(other, key) for saw in self._external(one, key)
        ):
            raise Unproved("the two transactions did not read the same version")


_EDGES: dict[str, Callable[..., None]] = {
    "ww": _Verifier._ww,
    "wr": _Verifier._wr,
    "rw": _Verifier._rw,
    "process": _Verifier._process,
    "realtime": _Verifier._realtime,
}
_CHECKS: dict[str, Callable[..., None]] = {
    "garbage-read": _Verifier._garbage,
    "duplicate-elements": _Verifier._duplicate,
    "G1a": _Verifier._aborted,
    "G1b": _Verifier._intermediate,
    "incompatible-order": _Verifier._incompatible,
    "dirty-update": _Verifier._dirty,
    "reordered-appends": _Verifier._reordered,
    "internal": _Verifier._internal,
    "lost-update": _Verifier._lost,
}
