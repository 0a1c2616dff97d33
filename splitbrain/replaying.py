"""A run again: the same plan and seed, and whether the same came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from checker.verdict import Verdict
from splitbrain import run_files
from splitbrain.plan import Plan
from splitbrain.progress import SilentProgress

SHOWN_MAX = 160


@dataclass(frozen=True, slots=True)
class Difference:
    """The first line in which a file of a run and of its replay differ; None: it has no more."""

    file: str
    line: int
    kept: str | None
    replayed: str | None

    def sentence(self) -> str:
        """It, for a person."""
        return (
            f"{self.file} differs from line {self.line} on:\n"
            f"  then: {_shown(self.kept)}\n  now:  {_shown(self.replayed)}"
        )


@dataclass(frozen=True, slots=True)
class Replay:
    """A simulated run that was run again. ``same``: the files that have the same bytes."""

    same: tuple[str, ...]
    differences: tuple[Difference, ...]
    verdict: Verdict


def replay_simulated(plan: Plan, folder: Path, scratch: Path) -> Replay:
    """Run the plan again, into ``scratch``, and compare what it leaves with ``folder``.

    Compared are journal, ledger and the nodes' logs. Raises what a run raises.
    """
    from splitbrain.hosts import make_host
    from splitbrain.run import check, judged, lived

    progress = SilentProgress()
    host = make_host(plan, progress)
    check(plan, host)
    seen = lived(plan, scratch, host, "", progress)
    record = judged(plan, scratch, "", seen)
    same, differences = [], []
    for name in _names(folder, scratch):
        difference = _difference(name, folder / name, scratch / name)
        if difference is None:
            same.append(name)
        else:
            differences.append(difference)
    return Replay(tuple(same), tuple(differences), record.verdict)


def _names(*folders: Path) -> list[str]:
    logs = {f"{run_files.LOGS}/{p.name}" for f in folders for p in (f / run_files.LOGS).glob("*")}
    return [run_files.JOURNAL, run_files.LEDGER, *sorted(logs)]


def _difference(name: str, kept: Path, replayed: Path) -> Difference | None:
    then, now = _bytes(kept), _bytes(replayed)
    if then == now:
        return None
    for number, (one, other) in enumerate(zip_longest(_lines(then), _lines(now)), start=1):
        if one != other:
            return Difference(name, number, one, other)
    return None


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _lines(data: bytes) -> Iterator[str]:
    for line in data.split(b"\n"):
        yield line.decode(errors="backslashreplace")


def _shown(line: str | None) -> str:
    if line is None:
        return "(nothing more)"
    return line if len(line) <= SHOWN_MAX else line[:SHOWN_MAX] + " …"
