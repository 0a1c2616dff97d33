"""Who led, and who said so: the roles of the nodes over time, from what was sampled of them.

What a node did not answer is told from the faults where they explain it: a process that was
killed is dead until it answers again, one that was stopped is paused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from nemesis.fault import Fault
from splitbrain.archive.names import ROLES
from splitbrain.record import RunRecord
from splitbrain.sampling import FORMAT, TEXT_MAX, VERSION
from splitbrain.text import clipped

BYTES_MAX = 64 << 20
SPANS_MAX = 20_000
LEADER, FOLLOWER, CANDIDATE = "leader", "follower", "candidate"
DEAD, PAUSED, SILENT = "dead", "paused", "no answer"
_CAUSES = {"kill": DEAD, "power-loss": DEAD, "pause": PAUSED}
MISSING = "It was not recorded: the run is of a version that did not look."


@dataclass(frozen=True, slots=True)
class Span:
    """A node's role from one time of the run's clock to another. ``role`` may be any word."""

    node: str
    role: str
    term: int | None
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Roles:
    """What was sampled: spans by node and time; ``start`` is the wall clock's time at zero.

    ``trouble`` says what is missing, in a sentence; then there may be no spans.
    """

    spans: tuple[Span, ...] = ()
    every_ms: int = 0
    start: datetime | None = None
    trouble: str | None = None

    def of(self, role: str) -> list[Span]:
        """The spans of a role, by time."""
        return sorted((s for s in self.spans if s.role == role), key=lambda s: s.start_ns)


def read_roles(folder: Path, faults: Sequence[Fault], last_ns: int) -> Roles:
    """The roles of the run in ``folder``, whatever its file holds. Raises nothing.

    What has no end in the file goes on until ``last_ns``.
    """
    path = folder / ROLES
    try:
        if path.exists() and not path.is_file():
            # A pipe would keep us waiting.
            return Roles(trouble=f"{ROLES} is no ordinary file and was not read.")
        if path.stat().st_size > BYTES_MAX:
            return Roles(trouble=f"{ROLES} has more than {BYTES_MAX >> 20} MB and was not read.")
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        return Roles(trouble=MISSING if missing else f"{ROLES} cannot be read ({error.strerror}).")
    try:
        header = json.loads(lines[0])
        if header["format"] != FORMAT or header["version"] != VERSION:
            raise ValueError(f"its format is {header['format']!r} {header['version']!r}")
        start = datetime.fromisoformat(header["start"])
        every_ms = int(header["every_ms"])
        if start.tzinfo is None or not 0 < every_ms < 1 << 31:
            raise ValueError("its header makes no sense")
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        return Roles(trouble=f"{ROLES} is not what splitbrain writes ({clipped(str(error), 80)}).")
    spans = [_explained(span, faults) for span in _spans(lines[1:], last_ns)]
    cut = len(spans) > SPANS_MAX
    told = f"Only the first {SPANS_MAX:,} changes are told." if cut else None
    return Roles(tuple(spans[:SPANS_MAX]), every_ms, start, told)


def _spans(lines: Sequence[str], last_ns: int) -> Iterator[Span]:
    """A span for each change, by node; a line that is none is passed over."""
    seen: dict[str, list[tuple[int, str, int | None]]] = {}
    for line in lines:
        try:
            told = json.loads(line)
            time_ns = told["time"]
            if type(time_ns) is not int or not 0 <= time_ns < 1 << 62:
                continue
            if told.get("end"):
                last_ns = max(time_ns, 0)
                continue
            node, role, term = told["node"], told["role"], told.get("term")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        if isinstance(node, str):
            word = SILENT if role is None else clipped(str(role), TEXT_MAX)
            number = term if type(term) is int and abs(term) < 1 << 63 else None
            seen.setdefault(clipped(node, TEXT_MAX), []).append((time_ns, word, number))
    for node in sorted(seen, key=_natural):
        changes = sorted(seen[node], key=lambda change: change[0])
        ends = [time_ns for time_ns, _, _ in changes[1:]]
        for (start_ns, role, term), end_ns in zip(changes, [*ends, last_ns], strict=True):
            if end_ns > start_ns:
                yield Span(node, role, term, start_ns, end_ns)


def _natural(node: str) -> tuple[str, int]:
    head = node.rstrip("0123456789")
    digits = node[len(head) :]
    return head, int(digits) if digits.isascii() and digits else 0


def _explained(span: Span, faults: Sequence[Fault]) -> Span:
    """A silence that a fault in force explains, under the fault's name."""
    if span.role != SILENT:
        return span
    for fault in faults:
        cause = _CAUSES.get(fault.symbolic.kind)
        nodes = fault.resolved.get("nodes", ())
        healed_ns = span.end_ns if fault.healed_ns is None else fault.healed_ns
        # Half a second of slack: silence is noticed when an answer fails to come.
        begun = fault.start_ns <= span.start_ns + 1_000_000_000
        if cause and span.node in nodes and begun and healed_ns >= span.start_ns:
            return replace(span, role=cause)
    return span


@dataclass(frozen=True, slots=True)
class Reign:
    """A node that called itself leader of a term, from when to when at least."""

    node: str
    term: int | None
    start_ns: int
    end_ns: int


def reigns(roles: Roles) -> list[Reign]:
    """Who led which term, by time: spans of one node and one term are one reign."""
    told: dict[tuple[str, int | None], Reign] = {}
    for span in roles.of(LEADER):
        name = (span.node, span.term)
        before = told.get(name)
        start_ns = span.start_ns if before is None else before.start_ns
        told[name] = Reign(span.node, span.term, start_ns, span.end_ns)
    return sorted(told.values(), key=lambda reign: reign.start_ns)


def rivals(roles: Roles) -> list[tuple[Span, Span, int, int]]:
    """Pairs of nodes that called themselves leader at the same time, and from when to when.

    Shorter than two looks may be of one moment: it is left out.
    """
    leading = roles.of(LEADER)
    found = []
    for place, one in enumerate(leading):
        for other in leading[place + 1 :]:
            if other.start_ns >= one.end_ns:
                break
            end_ns = min(one.end_ns, other.end_ns)
            long_enough = end_ns - other.start_ns > roles.every_ms * 1_000_000
            if one.node != other.node and long_enough:
                found.append((one, other, other.start_ns, end_ns))
    return found


def roles_of(record: RunRecord) -> Roles:
    """The roles of a run, from its folder."""
    ends = [event.time for event in record.events[-1:]]
    ends += [fault.healed_ns for fault in record.faults if fault.healed_ns is not None]
    return read_roles(record.folder, record.faults, max(ends, default=0))


def to_json(roles: Roles) -> dict[str, Any]:
    """For the run's JSON: the spans, flat; times in nanoseconds of the run's clock."""
    return {
        "sampled_every_ms": roles.every_ms or None,
        "missing": roles.trouble,
        "spans": [
            {
                "node": span.node,
                "role": span.role,
                "term": span.term,
                "start_ns": span.start_ns,
                "end_ns": span.end_ns,
            }
            for span in roles.spans
        ],
    }
