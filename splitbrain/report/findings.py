"""A violation in words, and the few operations that show it as a time diagram."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from checker.verdict import Violation
from histories.event import Operation
from nemesis.fault import Fault
from splitbrain.evidence import evidence
from splitbrain.record import RunRecord
from splitbrain.report.faults import band_label
from splitbrain.text import shortened

Band = tuple[int, int, str]

MARGIN_NS = 2_000_000_000
"""A fault counts as near the operations that matter when it ended at most this long before."""


BANDS_MAX = 12
FINDINGS_MAX = 50
"""So many are shown on a page; the others are told where they are."""


def found_in(record: RunRecord) -> list[Violation]:
    """All that was found, in the order of the report."""
    return [violation for result in record.results for violation in result.violations]


def bands_near(operations: Sequence[Operation], faults: Sequence[Fault]) -> list[Band]:
    """(start, end, label) of each fault in force while these operations ran, or shortly before."""
    if not operations:
        return []
    first = min(o.call_ns for o in operations)
    last = max(o.ret_ns if o.ret_ns is not None else o.call_ns for o in operations)
    bands = []
    for fault in faults:
        end = fault.healed_ns if fault.healed_ns is not None else last
        if fault.start_ns <= last and end >= first - MARGIN_NS:
            bands.append((fault.start_ns, end, band_label(fault)))
    # Of a thousand faults the drawing would tell nothing, and take minutes: the last ones count.
    return bands[-BANDS_MAX:]


def violation_text(
    violation: Violation,
    operations: Sequence[Operation],
    faults: Sequence[Fault] = (),
    *,
    width: int = 100,
) -> str:
    """The sentence, and under it the diagram; ``width`` columns at most."""
    from checker.explanation import violation_diagram

    shown = evidence(violation, operations)
    told = f"{violation.kind.capitalize()}: {violation.sentence}."
    if breaks := violation.details.get("breaks"):
        told += f" (Breaks {', '.join(breaks)}.)"
    parts = [textwrap.fill(shortened(told), width, break_long_words=False, break_on_hyphens=False)]
    if shown:
        bands = bands_near(shown, faults)
        parts.append(violation_diagram(violation, shown, width=width, bands=bands))
    return "\n\n".join(parts)
