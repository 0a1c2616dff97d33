"""Long forks and causal reverses: what reads of several keys show where each key is written once.

    process 0   |- w x 1 -|                          process 0   |- w x 1 -|
    process 1   |- w y 1 -|                          process 0               |- w y 1 -|
    process 2      |- r x 1, y nil -|                process 1                 |- r x nil, y 1 -|
    process 3      |- r x nil, y 1 -|
    long fork: each saw what the other missed        causal reverse: the later write alone

A *long fork* is what parallel snapshot isolation allows and snapshot isolation does not (Sovran et
al., Walter, SOSP 2011, § 3): two reads disagree about which of two writes came first. It is the
cycle G-nonadjacent of ``checker/transactions``, and is backed by that evidence. In a *causal
reverse* a write is seen without one that had been acknowledged before it was asked for, which
strict serializability rules out (G-single-realtime). After Jepsen's tests of these names.

Nobody writes nil, so nil is older than whatever is written to a key: what is accused is certain,
however often a key is written. But which of several writes to one key came first is not known: then
nothing but nil shows anything, and where it shows nothing the answer is unknown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from checker.transactions.columns import RW_REGISTER
from checker.transactions.evidence import IsolationRefutation
from checker.transactions.intake import READS, transactions_of
from checker.transactions.levels import SNAPSHOT_ISOLATION, STRICT_SERIALIZABLE
from checker.verdict import Result, Verdict, Violation
from checker.wording import plural, precise_seconds, show, show_name
from histories.canonical import canonical
from histories.event import Operation, Outcome
from histories.table import table_of

LONG_FORK, CAUSAL_REVERSE = "long fork", "causal reverse"
Register = tuple[Hashable, Hashable]
"""The operation's own key, and that of the step."""


def check_long_fork(operations: Sequence[Operation]) -> Result:
    """Judge transactions that write registers once and read several: one violation, the first.

    ``statistics`` counts reads and forks, by pairs of keys. VACUOUS when no transaction read two
    keys of which one was written. Raises HistoryError for what is no transaction. Quadratic in how
    many keys one transaction reads, else linear.
    """
    return _checked(operations, _fork, LONG_FORK, SNAPSHOT_ISOLATION, "G-nonadjacent")


def check_causal_reverse(operations: Sequence[Operation]) -> Result:
    """The same of writes seen without one that had been acknowledged before they began. Linear."""
    anomaly = "G-single-realtime"
    return _checked(operations, _reverse, CAUSAL_REVERSE, STRICT_SERIALIZABLE, anomaly)


@dataclass(frozen=True, slots=True)
class _Found:
    """Something wrong: in a sentence, by which transactions, as a cycle of dependencies."""

    sentence: str
    operations: tuple[Operation, ...]
    cycle: list[dict[str, Any]]


@dataclass(slots=True)
class _Look:
    """A transaction's reads of what others wrote: registers in which it saw nothing yet, and those
    in which it saw what one other alone can have written. What it writes itself is left out."""

    one: Operation
    nothing: list[Register] = field(default_factory=list)
    seen: list[tuple[Register, Operation]] = field(default_factory=list)


class _Writes:
    """Who wrote what, and what was seen of it."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.names: dict[Register, tuple[Any, Any]] = {}
        self.writers: dict[Register, dict[Hashable, list[Operation]]] = {}
        ordered = sorted(operations, key=lambda one: one.call)
        for one in ordered:
            if one.outcome is not Outcome.FAIL:
                for f, name, *rest in one.input or one.output or ():
                    if f not in READS:
                        by_value = self.writers.setdefault(self._register(one, name), {})
                        by_value.setdefault(canonical(rest[0]), []).append(one)
        self.looks = [look for one in ordered if (look := self._look(one)) is not None]
        self.more_than_once = [
            register
            for register, by_value in self.writers.items()
            if sum(map(len, by_value.values())) > 1 or None in by_value
        ]

    def _register(self, one: Operation, name: Any) -> Register:
        register = canonical(one.key), canonical(name)
        self.names.setdefault(register, (one.key, name))
        return register

    def _look(self, one: Operation) -> _Look | None:
        if one.outcome is not Outcome.OK or one.output is None:
            return None
        look = _Look(one)
        own = {self._register(one, name) for f, name, *_ in one.output if f not in READS}
        met: set[Register] = set(own)
        for _, name, *rest in one.output:
            register = self._register(one, name)
            by_value = self.writers.get(register, {})
            if register in met or None in by_value:
                continue
            met.add(register)
            value = canonical(rest[0]) if rest else None
            if value is None:
                look.nothing.append(register)
            elif (writer := self._sole(register, by_value.get(value, []), value)) is not None:
                look.seen.append((register, writer))
        return look

    def _sole(
        self, register: Register, writers: list[Operation], value: Hashable
    ) -> Operation | None:
        """Who wrote a value, if that is one. What was overwritten within its transaction is an
        anomaly of another name."""
        if len(writers) != 1 or canonical(self.value(register, writers[0])) != value:
            return None
        return writers[0]

    def name(self, register: Register) -> str:
        """The key of a step in words, with the operation's own key if it has one."""
        group, name = self.names[register]
        told = show_name(name)
        return told if group is None else f"{told} of key {show(group)}"

    def value(self, register: Register, writer: Operation) -> Any:
        """What ``writer`` wrote to a register, at last."""
        *_, last = (
            rest[0]
            for f, name, *rest in writer.input or writer.output
            if f not in READS and (canonical(writer.key), canonical(name)) == register
        )
        return last

    def edge(self, kind: str, one: Operation, other: Operation, register: Register) -> Any:
        """A dependency of a reader and a writer, as ``evidence.py`` has it."""
        group, name = self.names[register]
        shown = {"kind": kind, "from": one.call, "to": other.call, "key": name}
        if group is not None:
            shown["group"] = group
        if kind == "wr":
            return {**shown, "value": self.value(register, one)}
        return {**shown, "value": None, "later": self.value(register, other)}


def _checked(
    operations: Sequence[Operation],
    finding: Callable[[_Writes], Iterator[_Found]],
    kind: str,
    level: str,
    anomaly: str,
) -> Result:
    began = time.perf_counter()
    table = table_of(operations)
    transactions_of(table, RW_REGISTER)
    writes = _Writes(operations)
    looks = [look for look in writes.looks if len(look.nothing) + len(look.seen) > 1]
    telling = sum(bool(look.seen) for look in looks)
    violations: list[Violation] = []
    proof, found = None, 0
    for one in finding(writes):
        found += 1
        if violations:
            continue
        evidence: dict[str, Any] = {"cycle": one.cycle}
        if seen := _seen(writes, one.operations, one.cycle):
            evidence["seen"] = seen
        proof = IsolationRefutation(RW_REGISTER, level, anomaly, evidence)
        calls = tuple(sorted(operation.call for operation in one.operations))
        details = {
            "anomaly": anomaly,
            "evidence": evidence,
            "transactions": [edge["from"] for edge in one.cycle],
        }
        violations.append(Violation(kind, one.sentence, calls, None, None, details))
    if violations:
        violations = [_counted(violations[0], found)]
        verdict, reason = Verdict.INVALID, violations[0].sentence
    elif writes.more_than_once:
        verdict = Verdict.UNKNOWN
        reason = (
            f"{writes.name(writes.more_than_once[0])} was written more than once, so what is newer "
            "than what is not told by its values"
        )
    elif not telling:
        verdict = Verdict.VACUOUS
        reason = "no transaction read several keys of which one was written: nothing was tested"
    else:
        verdict = Verdict.VALID
        reason = f"{plural(telling, 'read')} of several keys, no two of which exclude each other"
        if kind == CAUSAL_REVERSE:
            reason = f"{plural(telling, 'read')} of several keys, none of the later write alone"
    return Result(
        verdict,
        RW_REGISTER,
        "reads of first versions",
        len(table),
        len(writes.names),
        reason,
        time.perf_counter() - began,
        violations=tuple(violations),
        certificate=proof,
        statistics={"reads": len(looks), "telling": telling, "found": found},
    )


def _counted(violation: Violation, found: int) -> Violation:
    """The first violation, which says how many there are."""
    more = f" (so it is {found:,} times)" if found > 1 else ""
    details = {**violation.details, "found": found}
    return replace(violation, sentence=violation.sentence + more, details=details)


def _fork(writes: _Writes) -> Iterator[_Found]:
    """Pairs of keys of which one read saw the one write and not the other, and another read the
    other way round; each pair once."""
    first: dict[tuple[Register, Register], tuple[_Look, Operation]] = {}
    told: set[tuple[Register, Register]] = set()
    for look in writes.looks:
        for unseen in look.nothing:
            for seen, writer in look.seen:
                pair, inverse = (seen, unseen), (unseen, seen)
                first.setdefault(pair, (look, writer))
                if inverse in first and inverse not in told:
                    told |= {pair, inverse}
                    yield _forked(writes, pair, *first[inverse], look, writer)


def _forked(
    writes: _Writes,
    pair: tuple[Register, Register],
    one: _Look,
    theirs: Operation,
    other: _Look,
    own: Operation,
) -> _Found:
    """``one`` saw ``theirs``, in the second of the pair, ``other`` saw ``own``, in the first."""
    y, x = pair
    when = _Times(one.one, other.one, theirs, own)
    sentence = (
        f"{when.read(one.one)} saw {_version(writes, x, theirs)} and nothing yet in "
        f"{writes.name(y)}, and {when.read(other.one)} saw {_version(writes, y, own)} and nothing "
        f"yet in {writes.name(x)}: each misses what the other saw ({when.wrote(theirs)}, "
        f"{when.wrote(own)})"
    )
    cycle = [
        writes.edge("rw", one.one, own, y),
        writes.edge("wr", own, other.one, y),
        writes.edge("rw", other.one, theirs, x),
        writes.edge("wr", theirs, one.one, x),
    ]
    return _Found(sentence, (one.one, own, other.one, theirs), cycle)


def _reverse(writes: _Writes) -> Iterator[_Found]:
    """Reads of a write without one that had been acknowledged before it was asked for."""
    soonest: dict[Register, Operation] = {}
    for register, by_value in writes.writers.items():
        done = [own[0] for own in by_value.values() if [o.outcome for o in own] == [Outcome.OK]]
        if done:
            soonest[register] = min(done, key=lambda one: one.ret or 0)
    for look in writes.looks:
        missed = [(soonest[one], one) for one in look.nothing if one in soonest]
        if not missed or not look.seen:
            continue
        before, x = min(missed, key=lambda pair: pair[0].ret or 0)
        y, after = max(look.seen, key=lambda pair: pair[1].call)
        if before.ret is None or before.ret >= after.call:
            continue
        when = _Times(look.one, before, after)
        sentence = (
            f"{when.read(look.one)} saw {_version(writes, y, after)} and nothing yet in "
            f"{writes.name(x)}, though {when.wrote(before)} before {when.asked(after)}"
        )
        cycle = [
            {"kind": "realtime", "from": before.call, "to": after.call},
            writes.edge("wr", after, look.one, y),
            writes.edge("rw", look.one, before, x),
        ]
        yield _Found(sentence, (before, after, look.one), cycle)


def _version(writes: _Writes, register: Register, writer: Operation) -> str:
    return f"{show(writes.value(register, writer))} in {writes.name(register)}"


class _Times:
    """Who did what when, in words; times are told apart."""

    def __init__(self, *operations: Operation) -> None:
        times = [t for one in operations for t in (one.call_ns, one.ret_ns) if t is not None]
        self._told = dict(zip(times, precise_seconds(*times), strict=True)) if any(times) else {}

    def _at(self, one: Operation, *, asked: bool = False) -> str:
        node = f" on {one.node}" if one.node else ""
        time_ns, event = (one.call_ns, one.call) if asked else (one.ret_ns, one.ret)
        if time_ns is None or event is None:
            return f"of unknown outcome{node}"
        return f"at {self._told.get(time_ns, f'event {event}')}{node}"

    def read(self, one: Operation) -> str:
        """``process 3's read at 2.81 s on n2``."""
        return f"process {one.process}'s transaction {self._at(one)}"

    def wrote(self, one: Operation) -> str:
        """``process 3's write was acknowledged at 2.81 s on n2``."""
        if one.ret is None or one.outcome is not Outcome.OK:
            return f"process {one.process}'s write is of unknown outcome"
        return f"process {one.process}'s write was acknowledged {self._at(one)}"

    def asked(self, one: Operation) -> str:
        """``process 3 asked for its own at 2.81 s on n2``."""
        return f"process {one.process} asked for its own {self._at(one, asked=True)}"


def _seen(
    writes: _Writes, operations: Sequence[Operation], cycle: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Of each writer of unknown outcome a read that saw what it wrote."""
    return [
        {
            "transaction": edge["from"],
            **{name: edge[name] for name in ("group", "key", "value") if name in edge},
            "read": edge["to"],
        }
        for edge in cycle
        for one in operations
        if edge["kind"] == "wr" and edge["from"] == one.call and one.outcome is Outcome.INFO
    ]
