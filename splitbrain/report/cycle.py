"""A cycle of transactions as a small picture: who has to come before whom."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

from checker.verdict import Violation
from checker.wording import show_name
from splitbrain.text import printable

NODES_MAX = 24
"""Of longer cycles no picture is made: nobody could read it."""
ROUND_PX, PER_NODE_PX = 15, 26
MARGIN_X_PX, MARGIN_Y_PX = 78, 46
"""Around the nodes: room for what stands beside an arrow."""
COLOURS = {
    "ww": "#8a5a00",
    "wr": "#1b6e3c",
    "rw": "#b3261e",
    "process": "#5a5a8a",
    "realtime": "#4a6fa5",
}
SHOWN_MAX = 14
"""Characters of a key beside an arrow."""


def cycle_svg(violation: Violation) -> str:
    """The picture as SVG, to stand in a page; empty for what is no cycle, or too long a one.

    It needs neither style sheet nor script. Names and values are escaped.
    """
    evidence = violation.details.get("evidence")
    steps = evidence.get("cycle") if isinstance(evidence, Mapping) else None
    if not isinstance(steps, list) or not 2 <= len(steps) <= NODES_MAX:
        return ""
    radius = max(60, PER_NODE_PX * len(steps) / 2)
    middle, centre = radius + MARGIN_X_PX, radius + MARGIN_Y_PX
    width, height = round(2 * middle), round(2 * centre)
    points = [
        (
            middle + radius * math.sin(2 * math.pi * at / len(steps)),
            centre - radius * math.cos(2 * math.pi * at / len(steps)),
        )
        for at in range(len(steps))
    ]
    parts = [
        _arrow(points[at], points[(at + 1) % len(steps)], (middle, centre), step)
        for at, step in enumerate(steps)
    ]
    parts += [_node(point, at + 1) for at, point in enumerate(points)]
    title = escape(printable(f"{violation.kind}: " + ", ".join(map(_told, steps))), quote=True)
    heads = "".join(
        f'<marker id="head-{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        for name, colour in COLOURS.items()
    )
    return (
        f'<svg class="cycle" role="img" aria-label="{title}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="12">'
        f"<defs>{heads}</defs>{''.join(parts)}</svg>"
    )


def _arrow(
    one: tuple[float, float], other: tuple[float, float], middle: tuple[float, float], step: Any
) -> str:
    """A bow from one to the other, bent outwards, and beside it what it is."""
    kind = str(step.get("kind"))
    colour = COLOURS.get(kind, "#555")
    bend_x, bend_y = (one[0] + other[0]) / 2 - middle[0], (one[1] + other[1]) / 2 - middle[1]
    across = math.hypot(bend_x, bend_y)
    if across < 1:
        # Two transactions: their bows go by on either side.
        bend_x, bend_y = other[1] - one[1], one[0] - other[0]
        across = math.hypot(bend_x, bend_y)
    bend_x, bend_y = bend_x / across, bend_y / across
    top = (
        (one[0] + other[0]) / 2 + 30 * bend_x,
        (one[1] + other[1]) / 2 + 30 * bend_y,
    )
    start, end = _towards(one, top), _towards(other, top)
    anchor = "middle" if abs(bend_x) < 0.4 else "start" if bend_x > 0 else "end"
    dashes = ' stroke-dasharray="5 3"' if kind in ("process", "realtime") else ""
    return (
        f'<path d="M{start[0]:.1f} {start[1]:.1f}Q{top[0]:.1f} {top[1]:.1f} {end[0]:.1f} '
        f'{end[1]:.1f}" fill="none" stroke="{colour}" stroke-width="1.5"{dashes} '
        f'marker-end="url(#head-{kind if kind in COLOURS else "ww"})"/>'
        f'<text x="{top[0] + 4 * bend_x:.1f}" y="{top[1] + 8 * bend_y + 4:.1f}" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(printable(_told(step)))}</text>'
    )


def _towards(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The point on the rim of a node that lies towards another point."""
    across = math.hypot(other[0] - one[0], other[1] - one[1]) or 1.0
    share = (ROUND_PX + 2) / across
    return one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])


def _told(step: Any) -> str:
    if "key" not in step:
        return str(step.get("kind"))
    name = show_name(step["key"])
    if len(name) > SHOWN_MAX:
        name = name[: SHOWN_MAX - 1] + "…"
    return f"{step.get('kind')} {name}"


def _node(point: tuple[float, float], number: int) -> str:
    return (
        f'<circle cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="{ROUND_PX}" fill="#fff" '
        f'stroke="#444"/><text x="{point[0]:.1f}" y="{point[1] + 4:.1f}" text-anchor="middle" '
        f'fill="#222">T{number}</text>'
    )
