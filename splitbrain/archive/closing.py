"""The end of a run's folder: what was found is written, secrets are cut out, the journal packed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from histories.archive import write_bytes
from splitbrain.archive.index import kept_runs
from splitbrain.archive.names import JOURNAL, LOGS
from splitbrain.archive.packing import Unpacked, pack
from splitbrain.archive.redaction import redact, redact_options
from splitbrain.archive.wanted import Wanted

if TYPE_CHECKING:
    from splitbrain.record import RunRecord


def closed(record: RunRecord, store: Path, *, secrets: Iterable[str] = ()) -> RunRecord:
    """Finish the folder of a run that was judged; the run as it is told from there on.

    Each file is whole or not there. On a full disk the journal stays as it was written, and
    ``unwritten`` says what is missing: what was found can still be told. ``notes`` tells of what
    else is not as usual.
    """
    from splitbrain import run_files

    plan, folder = record.plan, record.folder
    options, _ = redact_options(plan.options)
    record = replace(record, plan=replace(plan, options=options))
    notes = []
    try:
        if cut := redact_logs(folder, secrets):
            notes.append(f"Cut what looks like a secret out of the nodes' logs ({cut} times)")
        run_files.write_verdict(record)
        try:
            run_files.write_page(record)
        except OSError as error:
            notes.append(f"The page of the run was not written: {error.strerror or error}")
        facts = record.host_facts
        run_files.write_manifest(folder, plan, record.started, state="finished", host=facts)
    except OSError as error:
        return replace(record, unwritten=_unwritten(folder, error), notes=tuple(notes))
    try:
        pack(folder)
    except Unpacked as error:
        notes.append(str(error))
    # So that the next `splitbrain runs` finds it there.
    kept_runs(store, Wanted(system=""), notes.append)
    return replace(record, notes=tuple(notes))


def redact_logs(folder: Path, secrets: Iterable[str] = ()) -> int:
    """Cut secrets out of a run's logs; how many there were. Raises OSError."""
    total = 0
    for path in sorted((folder / LOGS).glob("*.log")):
        data, cut = redacted(path.read_bytes(), secrets)
        if cut:
            write_bytes(path, data)
            total += cut
    return total


def redacted(data: bytes, secrets: Iterable[str] = ()) -> tuple[bytes, int]:
    """Bytes of a text without its secrets, and how many there were; any other byte stays."""
    text, cut = redact(data.decode("utf-8", errors="surrogateescape"), secrets)
    return (text.encode("utf-8", errors="surrogateescape"), cut) if cut else (data, 0)


def _unwritten(folder: Path, error: OSError) -> str:
    what = error.strerror or type(error).__name__
    return (
        f"{folder}: not all could be written there ({what}). What was recorded is kept; judge it "
        f"again with: splitbrain check {folder / JOURNAL}"
    )
