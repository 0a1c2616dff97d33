"""The certificate of an invalid verdict: a relaxed history that no order makes legal.

    {"format": "splitbrain-refutation", "version": 1, "model": "cas-register",
     "reading": "splitbrain", "independent": false, "parts": [
        {"key": "x", "culprit": 812,
         "steps": [{"step": "cut", "end": 815}, {"step": "only", "values": [4, 7]}, …],
         "witness": [{"call": 640, "ret": 641, "process": 2, "f": "write", "input": 7, …}, …],
         "clusters": [[12, 13], [640, 641]]}]}

``steps`` are relaxations (``relaxation.py``) of the history of one key, each of which can make
no linearizable history unlinearizable; ``witness`` is what they lead to. It is small enough
that every order can be tried, and none is legal: so the history has none either. One part is
enough; there may be one for each of several keys. The first step is a cut where the
``culprit`` returned: that is how much of the history cannot be put in order. ``clusters``,
where a register's values are unique, are calls of operations on two values that exclude each
other: some on the first had ended before some on the second began, and the other way round;
null stands for the initial value, which is there before everything. ``independent`` is as in
``certificate.py``.

A part is checked by taking its steps anew from the history and trying all orders of what is
left: nothing of the search is trusted, and of the part only which steps to take.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checker.linearizability.aspect import Unsound
from checker.linearizability.certificate import (
    Certificate,
    CertificateError,
    keys_read,
    keys_read_by,
)
from checker.linearizability.columns import rows_that_matter
from checker.linearizability.exhaustive import some_order
from checker.linearizability.relaxation import Cut, Relaxation, Relaxer, relaxation_from_json
from checker.models import MODELS
from checker.models.model import Model
from checker.reading import SPLITBRAIN, Reading
from checker.verdict import Violation
from histories.canonical import canonical
from histories.event import Operation
from histories.table import NEVER, Operations, Table, table_of

FORMAT = "splitbrain-refutation"
VERSION = 1


@dataclass(frozen=True, slots=True)
class RefutedPart:
    """One key refuted: relaxations of its history, and what they lead to, as JSON."""

    key: Any
    culprit: int
    steps: tuple[Relaxation, ...]
    witness: tuple[dict[str, Any], ...]
    clusters: tuple[tuple[int | None, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON documented above."""
        return {
            "key": self.key,
            "culprit": self.culprit,
            "steps": [step.to_json() for step in self.steps],
            "witness": list(self.witness),
            "clusters": [list(cluster) for cluster in self.clusters],
        }


@dataclass(frozen=True, slots=True)
class Refutation:
    """What shows a history not to be linearizable: one refuted key at least."""

    model: str
    reading: str
    parts: tuple[RefutedPart, ...]
    independent: bool | None = None

    @classmethod
    def of(
        cls, model: Model, reading: Reading, violations: Iterable[Violation]
    ) -> Refutation | None:
        """What ``violations`` (of ``explain``) have for evidence; None when they have none."""
        parts = [v.details["refutation"] for v in violations if "refutation" in v.details]
        read = tuple(_part(part, number) for number, part in enumerate(parts))
        return cls(model.name, reading.name, read) if read else None

    def __len__(self) -> int:
        return len(self.parts)

    def to_json(self) -> dict[str, Any]:
        """The JSON documented above."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "model": self.model,
            "reading": self.reading,
            **keys_read(self.independent),
            "parts": [part.to_json() for part in self.parts],
        }

    @classmethod
    def from_json(cls, data: Any) -> Refutation:
        """The refutation that ``to_json`` wrote. Raises CertificateError for anything else."""
        if not isinstance(data, dict):
            raise CertificateError("a refutation is a JSON object")
        for member, expected in (("format", FORMAT), ("version", VERSION)):
            if data.get(member) != expected:
                raise CertificateError(
                    f"the refutation's {member} is {data.get(member)!r}, not {expected!r}"
                )
        for member in ("model", "reading"):
            if not isinstance(data.get(member), str):
                raise CertificateError(f"the refutation names no {member}")
        parts = data.get("parts")
        if not isinstance(parts, list) or not parts:
            raise CertificateError("the refutation has no part")
        read = tuple(_part(part, number) for number, part in enumerate(parts))
        return cls(data["model"], data["reading"], read, keys_read_by(data))


def _part(data: Any, number: int) -> RefutedPart:
    place = f"part {number} of the refutation"
    if not isinstance(data, dict) or "key" not in data or type(data.get("culprit")) is not int:
        raise CertificateError(f"{place} has no key, or no culprit")
    steps, witness, clusters = (data.get(member) for member in ("steps", "witness", "clusters"))
    if not isinstance(steps, list) or not isinstance(witness, list):
        raise CertificateError(f"{place} has no steps, or no witness")
    if not _clusters(clusters):
        raise CertificateError(f"{place}: clusters are lists of call indexes")
    try:
        taken = tuple(relaxation_from_json(step) for step in steps)
    except ValueError as error:
        raise CertificateError(f"{place}: {error}") from None
    groups = tuple(tuple(cluster) for cluster in clusters or ())
    return RefutedPart(data["key"], data["culprit"], taken, tuple(witness), groups)


def _clusters(data: Any) -> bool:
    return isinstance(data, list) and all(
        isinstance(cluster, list) and all(call is None or type(call) is int for call in cluster)
        for cluster in data
    )


def told(operation: Operation) -> dict[str, Any]:
    """An operation of a witness as JSON."""
    return {
        "call": operation.call,
        "ret": operation.ret,
        "process": operation.process,
        "f": operation.f,
        "input": operation.input,
        "output": operation.output,
        "outcome": str(operation.outcome),
        "error": operation.error,
    }


def verify_refutation(
    operations: Sequence[Operation] | Table,
    model: str | Model,
    refutation: Refutation | Mapping[str, Any],
    *,
    reading: Reading = SPLITBRAIN,
) -> str | None:
    """None if every part shows ``operations`` not linearizable; else a sentence why not.

    Takes the steps of each part anew, each of which checks its own premise; compares what is
    left with the witness; and tries all its orders. Never raises on a malformed refutation.
    Linear in the operations of the keys refuted but for what the steps cost (n log n each).
    """
    definition = MODELS[model] if isinstance(model, str) else model
    if not isinstance(refutation, Refutation):
        try:
            refutation = Refutation.from_json(refutation)
        except CertificateError as error:
            return str(error)
    for member, seen, expected in (
        ("model", refutation.model, definition.name),
        ("reading", refutation.reading, reading.name),
    ):
        if seen != expected:
            return f"the refutation's {member} is {seen!r}, not {expected!r}"
    table = table_of(operations)
    keys: dict[Hashable, int] = {canonical(key): i for i, key in enumerate(table.keys)}
    relaxer = Relaxer(definition, reading)
    for part in refutation.parts:
        own = table
        if definition.by_key:
            rows = np.flatnonzero(table.key == keys.get(canonical(part.key), -1))
            own = table.take(rows)
        if not len(own):
            return f"key {part.key!r} is not in the history"
        if problem := _problem(own, part, relaxer):
            return f"key {part.key!r}: {problem}"
    return None


def _problem(table: Table, part: RefutedPart, relaxer: Relaxer) -> str | None:
    culprit = table.call == part.culprit
    if not (culprit & (table.ret != NEVER)).any():
        return f"operation {part.culprit} did not complete, so it is no culprit"
    if not part.steps or part.steps[0] != Cut(int(table.ret[culprit][0])):
        return "the first step does not cut the history where its culprit returned"
    if part.clusters and not exclude_each_other(table, part.clusters, relaxer):
        return "the clusters do not exclude each other"
    try:
        rows = rows_that_matter(table, part.steps, relaxer.aspect)
        left = relaxer.relaxed(Operations(table.take(rows)), part.steps)
    except Unsound as error:
        return f"a step proves nothing: {error}"
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        return f"a step cannot be taken: {error}"
    if [canonical(told(one)) for one in left] != [canonical(one) for one in part.witness]:
        return "the steps lead to another witness than the one told"
    answer = some_order(left, relaxer.model, relaxer.reading)
    if answer is None:
        return "the witness has too many orders to try them all"
    return "the witness has a legal order" if answer else None


def exclude_each_other(
    table: Table, clusters: Sequence[Sequence[int | None]], relaxer: Relaxer
) -> bool:
    """Whether of two clusters each has an operation that precedes one of the other.

    What concerns one value written once stands together in every order (Gibbons & Korach 1997).
    """
    calls = [call for group in clusters for call in group if call is not None]
    named = Operations(table.take(np.flatnonzero(np.isin(table.call, calls))))
    by_call = {operation.call: operation for operation in named}
    if len(clusters) != 2 or not all(call in by_call for call in calls):
        return False
    spans = []
    for group in clusters:
        members = [by_call[call] for call in group if call is not None]
        ended = min((o.ret for o in members if o.ret is not None), default=NEVER)
        if None in group:
            if not any(canonical(relaxer.model.init) in relaxer.aspect.names(o) for o in members):
                return False
            ended = -1
        spans.append((ended, max((o.call for o in members), default=-1)))
    (first_ended, first_began), (second_ended, second_began) = spans
    return first_ended < second_began and second_ended < first_began


def certificate_from_json(data: Any) -> Certificate | Refutation:
    """Whichever of the two ``data`` is. Raises CertificateError when it is neither."""
    if isinstance(data, dict) and data.get("format") == FORMAT:
        return Refutation.from_json(data)
    return Certificate.from_json(data)
