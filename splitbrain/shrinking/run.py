"""A run shrunk, from its record to the smaller run in the store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from splitbrain.archive.adopting import adopt
from splitbrain.finding import UNAVAILABLE, Finding
from splitbrain.plan import Plan
from splitbrain.record import RunRecord
from splitbrain.scratch import scratch
from splitbrain.shrinking.asking import Asking
from splitbrain.shrinking.oracle import Elsewhere, Oracle, simulated
from splitbrain.shrinking.result import Again, Shrunk
from splitbrain.shrinking.scripted import written_out
from splitbrain.shrinking.search import Search
from splitbrain.shrinking.shrink import shrink, wanted_kind
from splitbrain.size import Size
from targets.target import TargetError


def shrink_run(
    record: RunRecord,
    budget_s: float,
    again: Again,
    store: Path,
    tell: Callable[[Search], None] = lambda search: None,
) -> Shrunk:
    """Shrink the plan of a run that failed; a run of what is left is kept in ``store``.

    In virtual time it is made once more, and is the same; elsewhere the run that failed is kept.
    ``again`` says when a plan counts as failing; on the simulated host once is enough. Raises
    ValueError for a run that found nothing, and ArchiveError where the store cannot be written.
    """
    wanted = wanted_kind(record)
    if wanted is None:
        raise ValueError(f"{record.run} found nothing that could be shrunk")
    kind, violation = wanted
    whole = written_out(record)
    with ExitStack() as stack:
        in_virtual_time = record.plan.host == "simulated"
        there = None if in_virtual_time else Elsewhere(stack.enter_context(scratch()), kind)
        oracle = Oracle(there or simulated, kind, again.needed, again.times)
        if kind == UNAVAILABLE:
            oracle = replace(oracle, fit=Asking.of(whole))
        search = Search(oracle, budget_s, tell)
        ended = shrink(record, whole, violation, search)
        seconds, best, kept = search.seconds, search.best, None
        if best is not None and there is not None:
            failed = there.failed[best]
            kept = replace(failed, folder=adopt(failed.folder, store))
        elif best is not None:
            try:
                kept = _run_again(best, kind, store)
            except TargetError as error:
                ended = replace(ended, trouble=str(error))
    clean = None
    if kept is not None and in_virtual_time and best is not None and best.bugs:
        clean = simulated(replace(best, bugs=())).kinds
    shrunk = Shrunk(
        record.run,
        kind,
        Size.of(whole),
        None if best is None else Size.of(best),
        kept,
        search.tries,
        seconds,
        ended,
        again,
        clean,
    )
    shrunk.write()
    return shrunk


def _run_again(plan: Plan, kind: str, store: Path) -> RunRecord | None:
    """A run of the plan in the store; None when it did not find ``kind``."""
    from splitbrain.run import execute

    record = execute(plan, store=store)
    return record if kind in Finding.of_record(record).kinds else None
