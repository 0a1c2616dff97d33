"""A trial: one simulated run of a campaign, of which only the findings are kept.

The run is the same as any other, journal, ledger and judgement included; its files go to a
temporary folder, and the plan's seed brings them back at any time (``execute``).
"""

from __future__ import annotations

import hashlib
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from checker.verdict import Verdict
from histories.event import Outcome
from splitbrain import run_files
from splitbrain.archive.packing import content_of
from splitbrain.hosts import make_host
from splitbrain.liveness import served_after_s
from splitbrain.plan import Plan
from splitbrain.progress import SilentProgress
from splitbrain.record import RunRecord
from splitbrain.scratch import scratch


@dataclass(frozen=True, slots=True)
class Trial:
    """What a run of a campaign found. ``error`` says how the harness failed, if it did.

    ``unavailable`` says how the system failed to serve again after the last heal, if it did, and
    ``served_s`` how many seconds after that heal it first did. ``found_s`` and
    ``found_operations`` tell when what is not linearizable was complete, or when the time to
    serve again was up: seconds of the run's clock, and operations invoked until then.
    ``documented``: what the system says of what was found, where that explains all of it.
    ``trace`` is the SHA-256 of journal and ledger. ``seconds`` is what the run took, judgement
    included, ``virtual_s`` what it seemed to take.
    """

    seed: int
    verdict: Verdict
    reason: str | None = None
    kinds: tuple[str, ...] = ()
    operations: int = 0
    ok: int = 0
    faults: int = 0
    bugs_reached: dict[str, int] = field(default_factory=dict)
    died: tuple[str, ...] = ()
    found_s: float | None = None
    found_operations: int | None = None
    trace: str = ""
    seconds: float = 0.0
    virtual_s: float = 0.0
    unavailable: str | None = None
    served_s: float | None = None
    documented: tuple[str, ...] = ()
    error: str | None = None

    @property
    def accuses(self) -> bool:
        """Whether it found fault with the system: what cannot have happened, or no service."""
        return self.verdict is Verdict.INVALID or self.unavailable is not None

    @property
    def as_documented(self) -> bool:
        """Whether it found nothing but what the system itself says of itself."""
        return bool(self.documented) and self.unavailable is None

    def to_json(self) -> dict[str, Any]:
        """The trial as JSON-ready data; ``from_json`` takes it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Trial:
        """A trial from ``to_json``'s data."""
        return cls(
            **{
                **data,
                "verdict": Verdict(data["verdict"]),
                "kinds": tuple(data["kinds"]),
                "died": tuple(data["died"]),
                "documented": tuple(data.get("documented", ())),
            }
        )


def attempt(plan: Plan) -> Trial:
    """Run a plan on the simulated host and judge it. Raises nothing but KeyboardInterrupt."""
    from splitbrain.live import Interrupted
    from splitbrain.run import judged, lived

    began = time.perf_counter()
    try:
        with scratch() as folder:
            progress = SilentProgress()
            started = ""
            seen = lived(plan, folder, make_host(plan, progress), started, progress)
            if seen.interrupted:
                raise Interrupted
            record = judged(plan, folder, started, seen)
            trace = trace_of(folder)
    except Interrupted:
        raise KeyboardInterrupt from None
    except Exception:
        told = traceback.format_exc().rstrip()
        seconds = time.perf_counter() - began
        return Trial(plan.seed, Verdict.UNKNOWN, error=told, seconds=seconds)
    return _told(record, trace, time.perf_counter() - began)


def trace_of(folder: Path) -> str:
    """The SHA-256 of what a run's journal and ledger hold."""
    digest = hashlib.sha256()
    journal = run_files.journal_of(folder)
    for block in content_of(journal) if journal.suffix == ".zst" else (journal.read_bytes(),):
        digest.update(block)
    digest.update((folder / run_files.LEDGER).read_bytes())
    return digest.hexdigest()


def _told(record: RunRecord, trace: str, seconds: float) -> Trial:
    violations = [violation for result in record.results for violation in result.violations]
    found_ns = _found_ns(record)
    late = record.unavailable
    called = [event.time for event in record.events if event.type == "invoke"]
    return Trial(
        record.plan.seed,
        record.verdict,
        record.reason,
        tuple(dict.fromkeys(violation.kind for violation in violations)),
        len(record.operations),
        sum(operation.outcome is Outcome.OK for operation in record.operations),
        len(record.faults),
        record.bugs_reached,
        record.died,
        None if found_ns is None else found_ns / 1e9,
        None if found_ns is None else sum(time_ns <= found_ns for time_ns in called),
        trace,
        seconds,
        (record.events[-1].time / 1e9 if record.events else 0.0) + record.timings.setup_s,
        None if late is None else late.sentence(record.plan.system),
        None if record.stopped else served_after_s(record.operations, record.faults),
        record.documented,
    )


def _found_ns(record: RunRecord) -> int | None:
    """When the first violation was complete: the last return among the operations that show it.

    Of a run that is not to blame but for not serving again: when the time for that was up.
    """
    if record.stopped is not None:
        return record.stopped.completed_ns
    returned = {operation.call: operation.ret_ns for operation in record.operations}
    ends = [
        [end for call in violation.operations if (end := returned.get(call)) is not None]
        for result in record.results
        for violation in result.violations
    ]
    found_ns = min((max(times) for times in ends if times), default=None)
    if found_ns is None and record.unavailable is not None:
        return round((record.unavailable.healed_s + record.unavailable.within_s) * 1e9)
    return found_ns
