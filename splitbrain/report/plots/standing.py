"""The roles of the nodes over time: a lane each, with the terms in which it led."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from splitbrain.report.plots.canvas import (
    COLOURS,
    LEFT,
    RIGHT,
    WIDTH,
    axes_of,
    figure_of,
    seconds_below,
    spelt,
    svg,
)
from splitbrain.roles import CANDIDATE, DEAD, FOLLOWER, LEADER, PAUSED, SILENT, Roles, Span

if TYPE_CHECKING:
    from splitbrain.report.plots.draw import Scene

LANE, FOOT = 26, 40
NODES_MAX, SPANS_MAX = 50, 4_000
CHARACTER = 6.5
LOOKS = {
    LEADER: ("good", 0.85, 18.0),
    FOLLOWER: ("ok", 0.30, 10.0),
    CANDIDATE: ("info", 0.90, 14.0),
    PAUSED: ("fault", 0.45, 14.0),
    DEAD: ("ink", 0.75, 14.0),
    SILENT: ("soft", 0.35, 14.0),
}
"""Colour, how strong, and how tall in pixels: who leads stands out without any colour, too."""
OTHER = ("soft", 0.25, 10.0)


def roles_drawing(roles: Roles, scene: Scene) -> str:
    """The drawing; empty where nothing was sampled."""
    nodes = list(dict.fromkeys(span.node for span in roles.spans))[:NODES_MAX]
    if not nodes:
        return ""
    figure = figure_of(scene.head + LANE * len(nodes) + FOOT)
    scene.draw_head(figure)
    axes = axes_of(figure, scene.head, LANE * len(nodes), scene.end_s)
    axes.set_ylim(len(nodes) * LANE, 0)
    scene.draw_behind(axes)
    pixels = (WIDTH - LEFT - RIGHT) / scene.end_s
    for span in _shown(roles):
        if span.node not in nodes:
            continue
        middle = (nodes.index(span.node) + 0.5) * LANE
        colour, alpha, tall = LOOKS.get(span.role, OTHER)
        start_s, wide = span.start_ns / 1e9, (span.end_ns - span.start_ns) / 1e9
        wide = max(wide, 1.5 / pixels)
        style: dict[str, Any] = {"color": COLOURS[colour], "alpha": alpha, "linewidth": 0}
        axes.broken_barh([(start_s, wide)], (middle - tall / 2, tall), **style)
        if (label := _label(span, wide * pixels)) and middle:
            axes.text(
                start_s + 5 / pixels,
                middle + 0.5,
                label,
                parse_math=False,
                color=COLOURS["paper" if span.role in (LEADER, DEAD) else "ink"],
                fontsize=11,
                va="center",
            )
    axes.set_yticks([(place + 0.5) * LANE for place in range(len(nodes))])
    axes.set_yticklabels([spelt(node, 10) for node in nodes], parse_math=False)
    axes.tick_params(axis="y", length=0, labelcolor=COLOURS["ink"], labelsize=12)
    seconds_below(axes)
    return svg(figure, "The role of each node over the time of the run", "roles")


def _shown(roles: Roles) -> list[Span]:
    """All spans, or where there are far too many those that last longest."""
    if len(roles.spans) <= SPANS_MAX:
        return list(roles.spans)
    return sorted(roles.spans, key=lambda s: s.start_ns - s.end_ns)[:SPANS_MAX]


def _label(span: Span, room: float) -> str:
    """What is written on a span, as long as there is room for it."""
    if span.role == LEADER:
        term = "" if span.term is None else f"{span.term}"
        told = (f"leader, term {term}" if term else "leader", f"term {term}", term)
    elif span.role in (PAUSED, DEAD, SILENT) or span.role not in LOOKS:
        return _fitting((spelt(span.role, 20),), room)
    else:
        return ""
    return _fitting(told, room)


def _fitting(told: tuple[str, ...], room: float) -> str:
    return next((one for one in told if one and len(one) * CHARACTER + 8 <= room), "")
