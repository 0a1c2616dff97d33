"""The certificate of a history that is not sequential: a few of its operations without an order.

    {"format": "splitbrain-sequential-refutation", "version": 1, "model": "cas-register",
     "reading": "splitbrain", "independent": false, "rule": "reads-from", "witness": [0, 2, 6]}

``witness`` holds ``call`` indexes. The rule says why these operations have an order if the whole
history has one, so that none of them means none at all:

* ``reads-from``: registers. Every value that one of the witness saw was written once at most in
  the whole history, and that write is in the witness; or it is the initial value, which nobody
  writes. Leaving the others out of an order leaves each read its write.
* ``elements``: sets. All adds of each element that the witness adds are in it, and what its reads
  say of other elements is left out: a set without some of its elements is a set. An element
  that only its reads have, and nobody adds, counts as one of its own.
* ``key``: all operations of one key are in it.
* ``everything``: all operations are in it.

``verify_sequential_refutation`` checks that, and tries every order of the witness.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from checker.consistency.growing import projected
from checker.consistency.interleaving import interleave
from checker.consistency.sessions import NoSessions, Sessions
from checker.linearizability.certificate import (
    CertificateError,
    Int64,
    calls_of,
    keys_read,
    keys_read_by,
)
from checker.models import MODELS
from checker.models.model import Kind, Model
from checker.reading import SPLITBRAIN, Reading
from histories.event import Operation
from histories.table import Table, table_of

FORMAT = "splitbrain-sequential-refutation"
VERSION = 1
CONFIGURATIONS_MAX = 500_000
Rule = Literal["reads-from", "elements", "key", "everything"]
RULES: tuple[Rule, ...] = ("reads-from", "elements", "key", "everything")


@dataclass(frozen=True, slots=True, eq=False)
class SequentialRefutation:
    """``witness``: int64, ``call`` indexes. ``model`` and ``reading`` are names."""

    model: str
    reading: str
    rule: Rule
    witness: Int64
    independent: bool | None = None

    @classmethod
    def of_steps(cls, sessions: Sessions, steps: Sequence[int], rule: Rule) -> SequentialRefutation:
        """The certificate of some steps of a history."""
        rows = np.array([sessions.row[step] for step in sorted(steps)], np.int64)
        calls = sessions.table.call[rows]
        return cls(sessions.model.name, sessions.reading.name, rule, calls)

    def __len__(self) -> int:
        return len(self.witness)

    def to_json(self) -> dict[str, Any]:
        """The JSON documented above."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "model": self.model,
            "reading": self.reading,
            **keys_read(self.independent),
            "rule": self.rule,
            "witness": self.witness.tolist(),
        }

    @classmethod
    def from_json(cls, data: Any) -> SequentialRefutation:
        """The certificate that ``to_json`` wrote. Raises CertificateError for anything else."""
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise CertificateError(f"expected a JSON object of the format {FORMAT!r}")
        if data.get("version") != VERSION:
            raise CertificateError(
                f"the refutation's version is {data.get('version')!r}, not {VERSION!r}"
            )
        for member in ("model", "reading"):
            if not isinstance(data.get(member), str):
                raise CertificateError(f"the refutation names no {member}")
        if data.get("rule") not in RULES:
            raise CertificateError(f"the refutation's rule is none of {', '.join(RULES)}")
        witness = calls_of(data.get("witness"), "the witness")
        return cls(data["model"], data["reading"], data["rule"], witness, keys_read_by(data))


def verify_sequential_refutation(
    operations: Sequence[Operation] | Table,
    model: str | Model,
    refutation: SequentialRefutation | Mapping[str, Any],
    *,
    reading: Reading = SPLITBRAIN,
) -> str | None:
    """None if the witness shows ``operations`` not sequential; else a sentence why not.

    Never raises on a malformed refutation. Raises KeyError for a model that is not known.
    """
    definition = MODELS[model] if isinstance(model, str) else model
    if not isinstance(refutation, SequentialRefutation):
        try:
            refutation = SequentialRefutation.from_json(refutation)
        except CertificateError as error:
            return str(error)
    for member, seen, expected in (
        ("model", refutation.model, definition.name),
        ("reading", refutation.reading, reading.name),
    ):
        if seen != expected:
            return f"the refutation's {member} is {seen!r}, not {expected!r}"
    try:
        sessions = Sessions.of(table_of(operations), definition, reading)
    except NoSessions as error:
        return str(error)
    by_call = {sessions.call(step): step for step in range(len(sessions))}
    witness = set()
    for call in refutation.witness.tolist():
        if call not in by_call:
            return f"operation {call} is not in the history, or asserts nothing"
        witness.add(by_call[call])
    problem, part = _part(sessions, witness, refutation.rule)
    if problem is not None:
        return problem
    found = interleave(part, configurations_max=CONFIGURATIONS_MAX)
    if found.order is not None:
        return "the witness has a legal order"
    return None if found.complete else "the witness has too many orders to try them all"


def _part(sessions: Sessions, witness: set[int], rule: Rule) -> tuple[str | None, Sessions]:
    """What is wrong with the rule's premise, if anything; and the steps whose orders to try."""
    part = sessions.of_steps(sorted(witness))
    if rule == "reads-from":
        if sessions.model.family != "register":
            return "the rule 'reads-from' is for registers", part
        return _reads_from(sessions, witness), part
    if rule == "elements":
        if sessions.model.name != "set":
            return "the rule 'elements' is for sets", part
        elements = elements_that_matter(sessions, witness)
        absent = _absent(sessions, witness, elements)
        return absent, projected(part, elements)
    keys = {sessions.key[step] for step in witness}
    if rule == "key" and len(keys) != 1:
        return "the rule 'key' is for a witness of one key", part
    for step in range(len(sessions)):
        if step not in witness and (rule == "everything" or sessions.key[step] in keys):
            return f"operation {sessions.call(step)} is missing in the witness", part
    return None, part


def _reads_from(sessions: Sessions, witness: set[int]) -> str | None:
    writers: dict[tuple[int, Hashable], list[int]] = {}
    for step, effect in enumerate(sessions.effect):
        if effect.kind in (Kind.WRITE, Kind.CAS):
            writers.setdefault((sessions.key[step], effect.new), []).append(step)
    for step in sorted(witness):
        effect = sessions.effect[step]
        call = sessions.call(step)
        if effect.kind is Kind.DIFFERS:
            return f"operation {call} saw a mismatch, and what it saw is not known"
        if effect.kind is Kind.WRITE:
            continue
        own = writers.get((sessions.key[step], effect.expected), [])
        if len(own) + (effect.expected == sessions.model.init) > 1:
            return f"what operation {call} saw can have been written more than once"
        if not witness.issuperset(own):
            return f"the write that operation {call} saw is not in the witness"
    return None


def elements_that_matter(sessions: Sessions, witness: set[int]) -> list[tuple[int, Hashable]]:
    """What the witness adds; and what its reads have that no step of the history adds."""
    added: dict[tuple[int, Hashable], bool] = {}
    for step, effect in enumerate(sessions.effect):
        if effect.f == "add":
            for element in effect.elements:
                name = (sessions.key[step], element)
                added[name] = added.get(name, False) or step in witness
    matter = [name for name, inside in added.items() if inside]
    for step in sorted(witness):
        effect = sessions.effect[step]
        if effect.f == "read" and effect.elements is not None:
            names = ((sessions.key[step], element) for element in effect.elements)
            matter += [name for name in names if name not in added]
    return matter


def _absent(
    sessions: Sessions, witness: set[int], elements: list[tuple[int, Hashable]]
) -> str | None:
    kept = set(elements)
    for step, effect in enumerate(sessions.effect):
        if effect.f != "add" or step in witness:
            continue
        if any((sessions.key[step], element) in kept for element in effect.elements):
            return f"operation {sessions.call(step)} adds what the witness adds, and is absent"
    return None
