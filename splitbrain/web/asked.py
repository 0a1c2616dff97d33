"""What is asked of the list of runs: filters, order and page, all of it in the address.

So a view can be linked, and the way back leads to it. What cannot be understood is told in a
sentence, and passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from splitbrain.archive.summary import RunSummary
from splitbrain.quantities import QuantityError, parse_since
from splitbrain.text import clipped

RUNS_A_PAGE = 100
TEXT_MAX = 200
NEWEST_FIRST = "-when"
AT_FAULT = "at fault"
"""In the place of a verdict: the system was found to be at fault, whichever way."""


OUTCOMES = (
    *("going on", "invalid", "valid, unavailable", "unknown, unavailable", "vacuous, unavailable"),
    *("unknown", "vacuous", "harness failed", "cut off", "unreadable", "valid"),
)
"""What needs a person first."""
_URGENCY = {outcome: place for place, outcome in enumerate(OUTCOMES)}
# What each column is sorted by; texts without regard to case, and what is not there last.
COLUMNS: dict[str, Any] = {
    "verdict": lambda run: _URGENCY.get(run.outcome, len(_URGENCY)),
    "found": lambda run: (run.kind or run.reason or "").lower() or None,
    "system": lambda run: run.system.lower(),
    "workload": lambda run: run.workload.lower(),
    "host": lambda run: run.host.lower(),
    "faults": lambda run: " ".join(run.faults).lower() or None,
    "bugs": lambda run: " ".join(run.bugs).lower() or None,
    "seed": lambda run: run.seed,
    "when": lambda run: run.started_s,
    "length": lambda run: run.length_s,
    "operations": lambda run: run.operations,
    "tags": lambda run: " ".join(run.tags).lower() or None,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A view of the list. Empty texts ask for nothing; ``sort`` has a - before it for descending.

    ``q``: words that all occur somewhere in the run's line. ``since``: as in `splitbrain runs`.
    """

    q: str = ""
    verdict: str = ""
    system: str = ""
    workload: str = ""
    tag: str = ""
    since: str = ""
    sort: str = NEWEST_FIRST
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> tuple[Asked, list[str]]:
        """What an address asks for, and a sentence for each part that cannot be understood."""
        texts = {
            field.name: query.get(field.name, "").strip()[:TEXT_MAX]
            for field in fields(cls)
            if field.name not in ("sort", "page")
        }
        problems = []
        sort = query.get("sort", "") or NEWEST_FIRST
        if sort.removeprefix("-") not in COLUMNS:
            problems.append(
                f"sort: seen {clipped(sort, 40)!r}, expected one of {', '.join(COLUMNS)}, with a "
                "- before it to turn the order around."
            )
            sort = NEWEST_FIRST
        page = query.get("page", "") or "1"
        if not (page.isascii() and page.isdigit() and 1 <= len(page) <= 6 and int(page)):
            problems.append(f"page: seen {clipped(page, 40)!r}, expected a number from 1 up.")
            page = "1"
        try:
            if texts["since"]:
                parse_since(texts["since"])
        except QuantityError as error:
            problems.append(f"since: {clipped(str(error), 300)}")
            texts["since"] = ""
        return cls(**texts, sort=sort, page=int(page)), problems

    def address(self, **change: Any) -> str:
        """The address of this view, changed; another page than the first is kept on request."""
        other = replace(self, **({"page": 1} | change))
        told = {
            field.name: str(value)
            for field in fields(self)
            if (value := getattr(other, field.name)) not in (field.default, "")
        }
        return f"/?{urlencode(told, errors='replace')}" if told else "/"

    def sorted_by(self, column: str) -> str:
        """The address of the same runs sorted by a column; the other way round if they are."""
        first = f"-{column}" if column in ("when", "length", "operations") else column
        turned = first.removeprefix("-") if first.startswith("-") else f"-{first}"
        return self.address(sort=turned if self.sort == first else first)

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return replace(self, sort=NEWEST_FIRST, page=1) != Asked()

    def of_all(self, runs: Iterable[RunSummary]) -> list[RunSummary]:
        """The runs that are asked for, of all pages, in order."""
        words = self.q.casefold().split()
        since_s = parse_since(self.since) if self.since else None
        chosen = [
            run
            for run in runs
            if (not self.system or run.system == self.system)
            and (not self.workload or run.workload == self.workload)
            and (not self.tag or self.tag in run.tags)
            and (since_s is None or (run.started_s is not None and run.started_s >= since_s))
            and (not self.verdict or self._decided(run))
            and (not words or _says(run, words))
        ]
        return self._in_order(chosen)

    def _decided(self, run: RunSummary) -> bool:
        if self.verdict == AT_FAULT:
            return run.failed
        return self.verdict in (run.outcome, run.verdict)

    def _in_order(self, runs: list[RunSummary]) -> list[RunSummary]:
        value = COLUMNS[self.sort.removeprefix("-")]
        down = self.sort.startswith("-")
        # Of equals the newer comes first, whichever way round.
        runs.sort(key=lambda run: (run.started_s or 0.0, run.run), reverse=True)
        there = [run for run in runs if value(run) is not None]
        there.sort(key=value, reverse=down)
        return there + [run for run in runs if value(run) is None]

    def of_page(self, runs: Sequence[RunSummary]) -> tuple[list[RunSummary], int, int]:
        """The runs of the page that is asked for (the last one, if there are fewer): it, of how
        many.
        """
        pages = max(1, -(-len(runs) // RUNS_A_PAGE))
        page = min(self.page, pages)
        start = (page - 1) * RUNS_A_PAGE
        return list(runs[start : start + RUNS_A_PAGE]), page, pages


def _says(run: RunSummary, words: Iterable[str]) -> bool:
    told = " ".join(
        (
            *(run.run, run.system, run.workload, run.host, run.outcome, str(run.seed)),
            *(run.kind or "", run.anomaly or "", run.reason or "", run.imported or ""),
            *run.faults,
            *run.bugs,
            *run.tags,
        )
    ).casefold()
    return all(word in told for word in words)


def choices(runs: Iterable[RunSummary], asked: Asked) -> dict[str, list[str]]:
    """What the filters can be set to, of what there is; what is asked for is always among it."""
    systems, workloads, tags, outcomes = set[str](), set[str](), set[str](), set[str]()
    for run in runs:
        systems.add(run.system)
        workloads.add(run.workload)
        tags.update(run.tags)
        outcomes.add(run.outcome)
    for there, value in (
        *((systems, asked.system), (workloads, asked.workload), (tags, asked.tag)),
        (outcomes, asked.verdict),
    ):
        if value:
            there.add(value)
    verdicts = sorted(outcomes - {AT_FAULT}, key=lambda o: (_URGENCY.get(o, len(_URGENCY)), o))
    return {
        "verdict": [AT_FAULT, *verdicts],
        "system": sorted(systems),
        "workload": sorted(workloads),
        "tag": sorted(tags),
    }
