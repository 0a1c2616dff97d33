"""The smallest evidence of a violation as a history of its own, that anybody can judge.

A certificate of an invalid verdict holds the few operations that sound relaxations lead to
(``checker/linearizability/relaxation.py``): no order of them is legal, and so none of the
whole history is. Written as a journal they are refuted by ``splitbrain check`` alone. Of an
anomaly of transactions it is these that are left by relaxations of their own
(``checker/transactions/relaxing.py``).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from checker.linearizability.certificate import CertificateError
from checker.linearizability.refutation import Refutation, RefutedPart
from checker.verdict import Verdict
from histories.event import Event, EventType, Operation
from splitbrain.record import RunRecord
from splitbrain.run_files import CERTIFICATE, read_certificates

_TYPES = {"ok": EventType.OK, "fail": EventType.FAIL, "info": EventType.INFO}


class NoEvidence(Exception):
    """There is no history of a few operations that shows it; the message says why."""


def evidence_file(record: RunRecord, path: Path) -> int:
    """Write the evidence of the first refuted key, or of the anomaly of transactions, to ``path``;
    how many operations it has.

    It is judged before it is written. Raises NoEvidence, OSError and ArchiveError.
    """
    from checker.judge import judge
    from histories.history import read_history
    from histories.journal import Journal
    from splitbrain.plugins import workload_of

    proofs = read_certificates(record.folder)
    part = _refuted(proofs)
    events = _of_transactions(proofs, record) if part is None else _events(part, record)
    if events is None:
        raise NoEvidence(
            f"the verdict of {record.run} has no proof by relaxations, of which alone a few "
            "operations could be taken"
        )
    header = {
        "run": f"{record.run}, evidence",
        "system": record.plan.system,
        "workload": record.plan.workload,
        "model": workload_of(record.plan).model,
        "start": record.started,
    }
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        journal = Journal(beside, header)
        for event in events:
            journal.append(event)
        journal.close()
        if judge(read_history(beside), explained=False).verdict is not Verdict.INVALID:
            raise NoEvidence(
                "what the relaxations lead to assumes what a history alone cannot say; the proof "
                f"is in {record.folder / CERTIFICATE}"
            )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return sum(event.type is EventType.INVOKE for event in events)


def _refuted(certificates: Mapping[str, Any]) -> RefutedPart | None:
    for proof in certificates.values():
        try:
            return Refutation.from_json(proof).parts[0]
        except CertificateError:
            continue
    return None


def _of_transactions(proofs: Mapping[str, Any], record: RunRecord) -> list[Event] | None:
    """The few transactions that an anomaly rests on, numbered anew; None if there is no such proof,
    or if they do not show it by themselves."""
    from checker.transactions.evidence import IsolationRefutation
    from checker.transactions.isolation import judge_isolation
    from checker.transactions.relaxing import named_by, shown_by_few
    from histories.table import table_of

    for data in proofs.values():
        try:
            proof = IsolationRefutation.from_json(data)
        except CertificateError:
            continue

        def refuted(operations: list[Operation], proof: IsolationRefutation = proof) -> bool:
            result = judge_isolation(
                table_of(operations), proof.model, proof.level, explained=False, compiled=False
            )
            return result.verdict is Verdict.INVALID

        few = shown_by_few(
            record.operations,
            proof.level,
            named_by(proof.evidence),
            lists=proof.model == "list-append",
            refuted=refuted,
        )
        return None if few is None else _told(few)
    return None


def _told(operations: Sequence[Operation]) -> list[Event]:
    """Their invocations and completions, in the order they had."""
    moments: list[tuple[int, EventType, Operation]] = []
    for one in operations:
        moments.append((one.call, EventType.INVOKE, one))
        if one.ret is not None:
            moments.append((one.ret, _TYPES[one.outcome.value], one))
    moments.sort(key=lambda moment: moment[0])
    return [
        Event(
            index,
            one.call_ns if type_ is EventType.INVOKE else one.ret_ns or 0,
            one.process,
            type_,
            one.f,
            one.key,
            one.input if type_ is EventType.INVOKE else one.output,
            None,
            None if type_ is EventType.INVOKE else one.error,
        )
        for index, (_, type_, one) in enumerate(moments)
    ]


def _events(part: RefutedPart, record: RunRecord) -> list[Event]:
    """Invocations and completions of the witness, in the order they had, numbered anew."""
    fresh = max((one["process"] for one in part.witness), default=0) + 1
    moments: list[tuple[int, EventType, dict[str, Any], int]] = []
    retired: set[int] = set()
    times = _times(part, record)
    for number, one in enumerate(part.witness):
        process = one["process"]
        # What stands for the state at the beginning has no process of the run, and a process
        # whose operation was opened by a relaxation can have no other one.
        if process < 0 or process in retired:
            process = fresh + number
        if one["ret"] is None:
            retired.add(process)
        moments.append((one["call"], EventType.INVOKE, one, process))
        if one["ret"] is not None:
            moments.append((one["ret"], _TYPES[one["outcome"]], one, process))
    moments.sort(key=lambda moment: moment[0])
    return [
        Event(
            index,
            times.get(moment, 0),
            process,
            type_,
            one["f"],
            part.key,
            one["input"] if type_ is EventType.INVOKE else one["output"],
            None,
            None if type_ is EventType.INVOKE else one["error"],
        )
        for index, (moment, type_, one, process) in enumerate(moments)
    ]


def _times(part: RefutedPart, record: RunRecord) -> dict[int, int]:
    """When the events were, by their numbers in the run's journal."""
    wanted = {one["call"] for one in part.witness}
    times: dict[int, int] = {}
    for operation in record.operations:
        if operation.call in wanted:
            times[operation.call] = operation.call_ns
            if operation.ret is not None and operation.ret_ns is not None:
                times[operation.ret] = operation.ret_ns
    return times
