"""One file judged for ``splitbrain check``: read, decided, and put into words."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histories.archive import JOURNAL, PACKED_JOURNAL
from splitbrain.cli.searching import Searching

if TYPE_CHECKING:
    from checker.models import Model
    from checker.verdict import Result
    from histories.history import History
    from nemesis.fault import Fault


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked of every file."""

    model: str | None = None
    reading: str | None = None
    independent: bool | None = None
    time_limit_s: float | None = None
    memory_limit_mb: float | None = None
    jobs: int = 1
    page: Path | None = None
    certificate: Path | None = None
    width: int = 100
    progress: bool = True
    promises: tuple[str, ...] = ("linearizable",)
    promises_named: bool = False
    """Whether the promises were asked for by name: then each is told of, be it one alone."""
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A file and what became of it, ready to be told; ``error`` says why it cannot be read.

    ``unwritten``: a sentence for each file asked for beside the verdict that is not there.
    ``findings``: by promise, what cannot have happened, a sentence each.
    """

    file: str
    verdict: str | None
    document: dict[str, Any]
    text: str
    notes: list[str] = field(default_factory=list)
    error: str | None = None
    unwritten: tuple[str, ...] = ()
    findings: dict[str, tuple[str, ...]] = field(default_factory=dict)


def judge_file(path: Path, asked: Asked) -> Judged:
    """Read and judge one file; an unreadable one is told of, not raised."""
    from checker.judge import judge
    from checker.reading import READINGS
    from histories.errors import HistoryError
    from histories.history import read_history
    from histories.table import INFO, table_of

    started = time.perf_counter()
    searching = Searching(str(path)) if asked.progress else None
    history: History | None = None
    try:
        named = asked.model is not None
        history = read_history(path, independent=asked.independent, named=named)
        table = table_of(history.operations)
        if searching is not None:
            searching.total(len(table.keys), int((table.outcome != INFO).sum()))
        chosen = _model(asked.model)
        result = judge(
            history,
            chosen,
            reading=None if asked.reading is None else READINGS[asked.reading],
            time_limit_s=asked.time_limit_s,
            memory_limit_mb=asked.memory_limit_mb,
            jobs=asked.jobs,
            tick=None if searching is None else searching.tick,
            promises=asked.promises,
            level=asked.level,
        )
    except HistoryError as error:
        # What was odd about the file is often the reason: a header that was cut off.
        notes = error.notes if history is None else history.notes
        return _unreadable(str(path), str(error), notes, time.perf_counter() - started)
    finally:
        if searching is not None:
            searching.close()
    total = time.perf_counter() - started
    notes = list(history.notes)
    unwritten = tuple(_write(asked, history, result, notes, chosen))
    return Judged(
        file=str(path),
        verdict=str(result.verdict),
        document=_document(str(path), result, total, asked),
        text=_text(str(path), history, result, total, asked.width, notes),
        notes=notes,
        unwritten=unwritten,
        findings=findings_of(result),
    )


def findings_of(result: Result) -> dict[str, tuple[str, ...]]:
    """What cannot have happened, by the promise that it breaks, a sentence each."""
    from splitbrain.report.promises import rows_of

    return {
        row.promise: tuple(f"{v.kind}: {v.sentence}" for v in row.violations)
        for row in rows_of(result)
        if row.violations
    }


def _model(name: str | None) -> Any:
    """The model asked for: a name, or one of the user's own from a Python file."""
    from checker.judge import JUDGED

    if name is None or name in JUDGED:
        return name
    from checker.models.user import load_model

    return load_model(name)


def _document(file: str, result: Result, total_seconds: float, asked: Asked) -> dict[str, Any]:
    certificate = result.certificate
    document: dict[str, Any] = {
        "file": file,
        "verdict": str(result.verdict),
        "reason": result.reason,
        "model": result.model,
        "operations": result.operations,
        "keys": result.keys,
        "algorithm": result.algorithm,
        "search_seconds": result.search_seconds,
        "total_seconds": total_seconds,
        "peak_mb": peak_mb(),
        "certificate": None if certificate is None else certificate.to_json(),
    }
    if (isolation := result.statistics.get("isolation")) is not None:
        document["isolation"] = isolation
    if asked.promises_named:
        from splitbrain.report.promises import rows_of

        document["promises"] = [
            {
                "promise": row.promise,
                "verdict": str(row.verdict),
                "reason": row.reason,
                "algorithm": row.algorithm,
                "seconds": row.seconds,
                "statistics": row.statistics,
                "certificate": None if row.certificate is None else row.certificate.to_json(),
            }
            for row in rows_of(result)
        ]
    return document


def _unreadable(file: str, error: str, notes: Sequence[str], total_seconds: float) -> Judged:
    """What could not be read is ``unknown``: never passed."""
    reason = "\n".join((f"the file cannot be read: {error}", *(f"note: {note}" for note in notes)))
    document = _no_verdict(file, reason, total_seconds)
    text = f"{file}: cannot be judged\n{error}"
    return Judged(file, None, document, text, list(notes), error=error)


def unjudged(file: str, reason: str) -> Judged:
    """A file of which nothing is known, though nothing is known to be wrong with it either."""
    return Judged(file, "unknown", _no_verdict(file, reason, 0.0), f"{file}: unknown\n  {reason}")


def _no_verdict(file: str, reason: str, total_seconds: float) -> dict[str, Any]:
    return {
        "file": file,
        "verdict": "unknown",
        "reason": reason,
        "model": None,
        "operations": 0,
        "keys": 0,
        "algorithm": None,
        "search_seconds": 0.0,
        "total_seconds": total_seconds,
        "peak_mb": peak_mb(),
        "certificate": None,
    }


def _text(
    file: str, history: History, result: Result, total: float, width: int, notes: list[str]
) -> str:
    from checker.wording import plural
    from splitbrain.report.findings import violation_text

    parts = [
        f"{file}: {result.verdict}  ({result.model}, {plural(result.operations, 'operation')}, "
        f"{plural(result.keys, 'key')}, {total:.2f} s)"
    ]
    if result.promises:
        from splitbrain.report.promises import promises_text, worth_showing

        parts.append(promises_text(result.promises, width))
    elif result.reason and not result.violations:
        parts.append(f"  {result.reason}")
    if (isolation := result.statistics.get("isolation")) is not None:
        from splitbrain.report.isolation import levels_text

        parts.append(levels_text(isolation, width))
    faults = _faults_beside(file, notes) if result.violations else []
    shown = result.violations
    if result.promises:
        shown = tuple(worth_showing(result.violations))
    for violation in shown:
        parts.append(f"\n{violation_text(violation, history.operations, faults, width=width)}\n")
    if len(shown) < len(result.violations):
        parts.append(f"… and {len(result.violations) - len(shown):,} more")
    return "\n".join(parts)


def _write(
    asked: Asked, history: History, result: Result, notes: list[str], chosen: str | Model | None
) -> Iterator[str]:
    """Write the files asked for beside the verdict; a sentence for each that cannot be."""
    if asked.certificate is not None:
        proofs = {name: proof.to_json() for name, proof in result.proofs().items()}
        if not proofs:
            notes.append(f"a verdict of {result.verdict} has no certificate: none was written")
        else:
            from histories.archive import write_json

            try:
                alone = next(iter(proofs.values())) if len(proofs) == 1 else proofs
                write_json(asked.certificate, alone, long=True)
            except OSError as error:
                yield _not_written(asked.certificate, error)
    linear = result.alone("linearizable")
    if asked.page is not None and linear is None:
        notes.append("the page shows what is linearizable, which was not asked: none was written")
    elif asked.page is not None and linear is not None:
        from splitbrain.report.history_page import write_history_page

        model = None if chosen is None or isinstance(chosen, str) else chosen
        faults = _faults_beside(str(history.path), notes)
        try:
            write_history_page(asked.page, history, linear, model=model, faults=faults)
        except OSError as error:
            yield _not_written(asked.page, error)


def _not_written(path: Path, error: OSError) -> str:
    # Not str(error): it names the file that is written aside until it is whole.
    return f"{path}: was not written: {error.strerror or type(error).__name__}"


def _faults_beside(file: str, notes: list[str]) -> list[Fault]:
    """The faults of the run whose journal this is; none where it lies alone."""
    from nemesis.ledger import LedgerError, read_ledger

    ledger = Path(file).with_name("faults.jsonl")
    if Path(file).name not in (JOURNAL, PACKED_JOURNAL) or not ledger.is_file():
        return []
    try:
        return read_ledger(ledger)
    except (LedgerError, OSError, ValueError) as error:
        notes.append(f"its faults are not shown: {error}")
        return []


def peak_mb() -> float:
    """The most memory this process ever held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
