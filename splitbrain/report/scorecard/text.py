"""The scorecard on a terminal: tier by tier, then the systems without bugs, then the goals."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from splitbrain.plan import STRATEGIES
from splitbrain.score.scorecard import CAUGHT, BugScore, Scorecard, TierScore
from splitbrain.score.telling import (
    clean_told,
    duel_text,
    goal_text,
    kinds_text,
    others_text,
    share_text,
    state_text,
    unreached_text,
)

MET, MISSED, OPEN = "✓", "✗", "…"
LAST_MIN = 20


def scorecard_text(card: Scorecard, *, width: int = 100) -> str:
    """The whole of it, ``width`` columns wide where words can be broken."""
    blocks = ["\n".join(_tier(tier, width)) for tier in card.tiers]
    if card.clean:
        blocks.append("\n".join(_clean(card, width)))
    duel = card.duel
    if duel is not None:
        blocks.append(textwrap.fill(duel_text(duel), width))
    blocks.append("\n".join(_closing(card, width)))
    return "\n\n".join(blocks)


def _tier(tier: TierScore, width: int) -> Iterator[str]:
    is_open = not tier.met and not all(one.complete for one in tier.bugs)
    mark = OPEN if is_open else _mark(tier.met)
    yield f"{mark} Tier {tier.tier}: {goal_text(tier)}; {tier.found} of {len(tier.bugs)} are"
    strategies = [name for name in STRATEGIES if any(_cell(one, name) for one in tier.bugs)]
    heads = ("", "bug", "", *strategies, "reached", "seconds", "operations", "seen as")
    rows = [_row(one, strategies) for one in tier.bugs]
    yield from _table(heads, rows, width, left=3)
    for one in tier.bugs:
        if unreached := unreached_text(one):
            yield from _wrapped(f"{one.bug.id}: {unreached}", width, "     ")
        if one.bug.note and not one.met:
            yield from _wrapped(f"{one.bug.id}: {one.bug.note}", width, "     ")


def _row(score: BugScore, strategies: Sequence[str]) -> tuple[str, ...]:
    best = score.best
    if score.state == CAUGHT:
        told = kinds_text(best) if score.met else f"{kinds_text(best)}; {state_text(score)}"
    else:
        told = score.state
    others = others_text(best)
    return (
        _mark(score.met) if score.met or score.complete else OPEN,
        score.bug.id,
        score.bug.name,
        *(_cell(score, name) for name in strategies),
        f"{best.times_reached}/{len(best.trials)}",
        "" if best.found_s is None else f"{best.found_s:.1f}",
        "" if best.found_operations is None else f"{best.found_operations:,}",
        f"{told} ({others})" if others else told,
    )


def _cell(score: BugScore, strategy: str) -> str:
    return next((share_text(one) for one in score.tries if one.strategy == strategy), "")


def _clean(card: Scorecard, width: int) -> Iterator[str]:
    yield "Without bugs, under the same workloads, faults and times"
    for one in card.clean:
        told = f"{one.series.name}: {clean_told(one)}"
        yield from _wrapped(told, width, "    ", first=f"  {_mark(one.met)} ")


def _closing(card: Scorecard, width: int) -> Iterator[str]:
    misses = card.misses()
    if not card.complete:
        yield "Not every run was finished: these numbers are not final."
        return
    for sentence in misses:
        yield from _wrapped(sentence, width, "  ", first=f"{MISSED} ")
    if not misses:
        yield f"{MET} Every goal is met" + (", and nobody is accused." if card.clean else ".")


def _mark(met: bool) -> str:
    return MET if met else MISSED


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, left: int
) -> Iterator[str]:
    """Columns, the first ``left`` and the last to the left; the last takes what is left, wraps."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    indent = 2 + sum(widths[:-1]) + 2 * (len(heads) - 1)
    room = max(LAST_MIN, width - indent)
    for row in (heads, *rows):
        cells = [
            cell.ljust(size) if number < left else cell.rjust(size)
            for number, (cell, size) in enumerate(zip(row[:-1], widths[:-1], strict=True))
        ]
        first, *more = textwrap.wrap(row[-1], room) or [""]
        yield ("  " + "  ".join([*cells, first])).rstrip()
        yield from (" " * indent + line for line in more)


def _wrapped(text: str, width: int, indent: str, *, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
