"""A run again: the same plan and seed, and whether the same came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from checker.verdict import Verdict
from histories.archive import ArchiveError
from histories.errors import HistoryError
from splitbrain import run_files
from splitbrain.archive.closing import redacted
from splitbrain.archive.packing import content_of
from splitbrain.finding import Finding
from splitbrain.plan import Plan
from splitbrain.progress import SilentProgress

SHOWN_MAX = 160


@dataclass(frozen=True, slots=True)
class Difference:
    """The first line in which a file of a run and of its replay differ; None: it has no more.

    Line 0: one of them does not have the file at all.
    """

    file: str
    line: int
    kept: str | None
    replayed: str | None

    def sentence(self) -> str:
        """It, for a person."""
        if self.line == 0:
            whose = "the run" if self.kept is None else "its replay"
            return f"{self.file} is not there, or cannot be read, in the folder of {whose}."
        return (
            f"{self.file} differs from line {self.line} on:\n"
            f"  then: {_shown(self.kept)}\n  now:  {_shown(self.replayed)}"
        )


@dataclass(frozen=True, slots=True)
class Replay:
    """A simulated run that was run again. ``same``: the files that have the same bytes.

    ``interrupted``: the run was, so that its replay goes on where it ended. ``recorded_by`` is
    the version that recorded it. ``finding`` is what the replay found fault with.
    """

    same: tuple[str, ...]
    differences: tuple[Difference, ...]
    verdict: Verdict
    interrupted: bool
    recorded_by: str
    finding: Finding = field(default_factory=Finding)


def replay_simulated(plan: Plan, folder: Path, scratch: Path) -> Replay:
    """Run the plan again, into ``scratch``, and compare what it leaves with ``folder``.

    Compared are journal, ledger and the nodes' logs. Raises Interrupted, and what a run raises.
    """
    from splitbrain.hosts import make_host
    from splitbrain.live import Interrupted
    from splitbrain.run import check, judged, lived

    progress = SilentProgress()
    host = make_host(plan, progress)
    check(plan, host)
    seen = lived(plan, scratch, host, "", progress)
    if seen.interrupted:
        raise Interrupted("stopped before the replay was complete")
    record = judged(plan, scratch, "", seen)
    same, differences = [], []
    for name in _names(folder, scratch):
        difference = _difference(name, _bytes(folder, name), _bytes(scratch, name))
        if difference is None:
            same.append(name)
        else:
            differences.append(difference)
    recorded_by = str(run_files.read_manifest(folder).get("versions", {}).get("splitbrain", "?"))
    interrupted = _was_interrupted(folder)
    return Replay(
        tuple(same),
        tuple(differences),
        record.verdict,
        interrupted,
        recorded_by,
        Finding.of_record(record),
    )


@dataclass(frozen=True, slots=True)
class Expected:
    """What a run found, that its replays should find again."""

    verdict: Verdict
    finding: Finding

    @classmethod
    def of(cls, folder: Path) -> Expected:
        """Of a finished run. Raises ArchiveError."""
        told = run_files.read_verdict(folder)
        late = told["unavailable"] is not None
        return cls(told["verdict"], Finding.of_results(told["results"], late=late))

    def recurs(self, verdict: Verdict, finding: Finding) -> bool:
        """Whether a replay found the same: the verdict, and where it accuses, of the same kind."""
        return verdict is self.verdict and self.finding.recurs_in(finding)


def _was_interrupted(folder: Path) -> bool:
    try:
        return bool(run_files.read_verdict(folder)["interrupted"])
    except ArchiveError:
        return False


def _names(*folders: Path) -> list[str]:
    logs = {f"{run_files.LOGS}/{p.name}" for f in folders for p in (f / run_files.LOGS).glob("*")}
    return [run_files.JOURNAL, run_files.LEDGER, *sorted(logs)]


def _difference(name: str, then: bytes | None, now: bytes | None) -> Difference | None:
    if then is None or now is None:
        return Difference(name, 0, *(None if data is None else "" for data in (then, now)))
    if then == now:
        return None
    for number, (one, other) in enumerate(zip_longest(_lines(then), _lines(now)), start=1):
        if one != other:
            return Difference(name, number, one, other)
    return None


def _bytes(folder: Path, name: str) -> bytes | None:
    """What a file of a run holds: the journal as it was written, logs without secrets."""
    try:
        if name == run_files.JOURNAL:
            return b"".join(content_of(run_files.journal_of(folder)))
        data = (folder / name).read_bytes()
    except (OSError, HistoryError):
        return None
    return redacted(data)[0] if name.startswith(run_files.LOGS) else data


def _lines(data: bytes) -> Iterator[str]:
    for line in data.split(b"\n"):
        yield line.decode(errors="backslashreplace")


def _shown(line: str | None) -> str:
    if line is None:
        return "(nothing more)"
    return line if len(line) <= SHOWN_MAX else line[:SHOWN_MAX] + " …"
