"""A run in a line: what its folder says of it, whatever is written there.

Manifests, verdicts and tags may have been made by anybody: values of another kind than expected
are passed over, and texts are made printable and cut. So a summary can be shown as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from histories.archive import is_alive
from splitbrain.archive.names import MANIFEST, VERDICT
from splitbrain.archive.tags import read_tags
from splitbrain.text import clipped

NAME_MAX, SENTENCE_MAX = 60, 1000
"""Characters of a name, and of a reason, that are kept."""
BYTES_MAX = 64 << 20
"""A manifest or verdict of more than this is not read."""
LENGTH_S_MAX = 10**8
"""No run is three years long."""
VERDICTS = ("valid", "invalid", "unknown", "vacuous")
_STAMP = re.compile(r"(\d{8}T\d{6}Z)-", re.ASCII)


_LISTS = ("bugs", "faults", "tags")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of `splitbrain runs`. ``verdict`` is None while a run goes on or was cut off.

    ``started_s`` is in seconds since 1970, None where nobody knows; ``failed`` says that the
    system is to blame: a violation was found, or it did not serve again. ``state`` is what the
    manifest says: running, failed (the harness did), finished; unreadable, where it is none.
    ``imported`` names the bundle a run came in, None of one that was made here. ``faults`` are the
    kinds that were asked for; ``length_s`` is how long clients were to be driven, or were until a
    violation stopped them, None where operations were counted. ``kind`` and ``anomaly`` are the
    name of the first violation, and the sentence that tells it.
    """

    run: str
    folder: Path
    system: str
    workload: str
    host: str
    seed: int | None
    bugs: tuple[str, ...]
    started: str
    started_s: float | None
    verdict: str | None
    failed: bool
    reason: str | None
    operations: int | None
    state: str
    tags: tuple[str, ...]
    imported: str | None
    faults: tuple[str, ...]
    length_s: float | None
    kind: str | None
    anomaly: str | None

    @property
    def alive(self) -> bool:
        """Whether its harness is, at this moment."""
        return self.verdict is None and self.state == "running" and is_alive(self.folder)

    @property
    def outcome(self) -> str:
        """What came of it, in a word or two."""
        if self.verdict is not None:
            late = self.failed and self.verdict != "invalid"
            return f"{self.verdict}, unavailable" if late else self.verdict
        if self.state == "failed":
            return "harness failed"
        if self.state == "unreadable":
            return self.state
        return "going on" if self.alive else "cut off"

    def to_json(self) -> dict[str, Any]:
        """The summary as JSON-ready data; ``from_json`` takes it back, with its folder."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {"folder": str(self.folder)} | {name: list(told[name]) for name in _LISTS}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], folder: Path) -> RunSummary:
        """A summary from ``to_json``'s data."""
        more = {name: tuple(data[name]) for name in _LISTS}
        return cls(**{**data, **more, "folder": folder})


def read_summary(folder: Path) -> RunSummary | None:
    """What is known of the run in a folder; None where it holds no manifest, so is none."""
    if not (folder / MANIFEST).exists():
        return None
    manifest = read_object(folder / MANIFEST)
    verdict = read_object(folder / VERDICT) or {}
    plan = _mapping(manifest, "plan")
    decided = verdict.get("verdict")
    known = isinstance(decided, str) and decided in VERDICTS
    violation = _first_violation(verdict) if known else {}
    started = _name(manifest, "start") or ""
    return RunSummary(
        run=folder.name,
        folder=folder,
        system=_name(plan, "system") or "?",
        workload=_name(plan, "workload") or "?",
        host=_name(plan, "host") or "?",
        seed=_number(plan, "seed"),
        bugs=_names(plan.get("bugs")),
        started=started,
        started_s=_started_s(folder.name, started),
        verdict=str(decided) if known else None,
        failed=known and (decided == "invalid" or isinstance(verdict.get("unavailable"), dict)),
        reason=_text(verdict, "reason", SENTENCE_MAX) if known else None,
        operations=_number(verdict, "operations") if known else None,
        state="unreadable" if manifest is None else _name(manifest, "state") or "finished",
        tags=read_tags(folder),
        imported=_name(_mapping(manifest, "imported"), "from"),
        faults=_names(plan.get("faults")),
        length_s=_length_s(plan, verdict),
        kind=_name(violation, "kind"),
        anomaly=_text(violation, "sentence", SENTENCE_MAX),
    )


def was_imported(folder: Path) -> bool:
    """Whether the run in a folder came in a bundle; what says so is written by who takes it in."""
    return bool((read_object(folder / MANIFEST) or {}).get("imported"))


def read_object(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None where it holds none, or far too much."""
    try:
        if path.stat().st_size > BYTES_MAX:
            return None
        data = json.loads(path.read_bytes())
    # Lists in lists without end are a RecursionError.
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _mapping(data: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    found = (data or {}).get(name)
    return found if isinstance(found, dict) else {}


def _text(data: Mapping[str, Any] | None, name: str, limit: int) -> str | None:
    found = (data or {}).get(name)
    return clipped(found, limit) if isinstance(found, str) else None


def _name(data: Mapping[str, Any] | None, name: str) -> str | None:
    return _text(data, name, NAME_MAX)


def _names(data: Any) -> tuple[str, ...]:
    found = data if isinstance(data, list) else []
    return tuple(clipped(name, NAME_MAX) for name in found[:20] if isinstance(name, str))


def _number(data: Mapping[str, Any], name: str) -> int | None:
    found = data.get(name)
    # Nobody's seed has a thousand digits, and Python would refuse to write it out.
    usual = type(found) is int and abs(found) < 10**30
    return found if usual else None


def _first_violation(verdict: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was found first: what a reader is told of it where there is room for one thing."""
    results = verdict.get("results")
    for result in results if isinstance(results, list) else ():
        found = result.get("violations") if isinstance(result, dict) else None
        if isinstance(found, list) and found and isinstance(found[0], dict):
            return found[0]
    return {}


def _length_s(plan: Mapping[str, Any], verdict: Mapping[str, Any]) -> float | None:
    stopped = _mapping(verdict, "stopped").get("stopped_ns")
    if type(stopped) is int and 0 <= stopped < LENGTH_S_MAX * 10**9:
        return stopped / 1e9
    asked = plan.get("time_limit_s")
    if isinstance(asked, bool) or not isinstance(asked, (int, float)):
        return None
    usual = 0 <= asked < LENGTH_S_MAX and plan.get("operations") is None
    return float(asked) if usual else None


def _started_s(run: str, started: str) -> float | None:
    """When a run began: as its manifest says, else as its name does."""
    stamp = _STAMP.match(run)
    try:
        return datetime.fromisoformat(started).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        pass
    try:
        return None if stamp is None else datetime.fromisoformat(stamp[1]).timestamp()
    except ValueError:
        return None
