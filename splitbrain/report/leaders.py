"""Who led, in words."""

from __future__ import annotations

from collections.abc import Iterator

from splitbrain.report.faults import seconds
from splitbrain.roles import Reign, Roles, reigns, rivals

REIGNS_MAX, RIVALS_MAX = 12, 6


def leaders_text(roles: Roles) -> Iterator[str]:
    """Sentences: who led which term and how long, and who led beside whom."""
    told = reigns(roles)
    for reign in told[:REIGNS_MAX]:
        yield _reign(reign)
    if len(told) > REIGNS_MAX:
        yield f"… and {len(told) - REIGNS_MAX:,} more"
    both = rivals(roles)
    for one, other, start_ns, end_ns in both[:RIVALS_MAX]:
        first, second = (_named(span.node, span.term) for span in (one, other))
        yield (
            f"Two called themselves leader at once, {first} and {second}: "
            f"{seconds(start_ns)} – {seconds(end_ns)}"
        )
    if len(both) > RIVALS_MAX:
        yield f"… and {len(both) - RIVALS_MAX:,} times more"
    if roles.trouble is not None:
        yield roles.trouble


def _reign(reign: Reign) -> str:
    term = "" if reign.term is None else f" term {reign.term}"
    return f"{reign.node} led{term}: {seconds(reign.start_ns)} – {seconds(reign.end_ns)}"


def _named(node: str, term: int | None) -> str:
    return node if term is None else f"{node} (term {term})"
