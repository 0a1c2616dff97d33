"""The drawings of a run: latency and rate by kind of operation, and the nodes' roles.

Faults are bands across each of them, named at the top; a dashed line is where something was
seen that cannot have happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from histories.table import NEVER, table_of
from nemesis.fault import Fault
from splitbrain.record import RunRecord
from splitbrain.report.faults import band_label
from splitbrain.report.plots.canvas import (
    COLOURS,
    CROSS,
    DOT,
    LEFT,
    RIGHT,
    TRIANGLE,
    WIDTH,
    axes_of,
    figure_of,
    hide_seconds,
    marks,
    name_axes,
    seconds_below,
    spelt,
    svg,
)
from splitbrain.report.plots.series import Series, Whole, series_of
from splitbrain.roles import Roles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAULTS_MAX, FINDINGS_MAX, SHELVES_MAX = 300, 40, 4
LATENCY_TALL, RATE_TALL, GAP, SHELF, FOOT = 104, 64, 30, 19, 40
NAME_MAX = 40
CHARACTER = 5.8
"""Pixels a character is wide, about."""
Band = tuple[float, float, str]


@dataclass(frozen=True, slots=True)
class Drawings:
    """SVG elements, empty where there is nothing to draw; ``each`` says that no quantiles are."""

    latency: str
    rate: str
    roles: str
    each: bool
    bin_s: float


def drawings(record: RunRecord, roles: Roles) -> Drawings:
    """Draw a run. About a second, most of it for the library's own start."""
    from splitbrain.report.plots.standing import roles_drawing

    heals = [fault.healed_ns or fault.start_ns for fault in record.faults]
    spans = [span.end_ns for span in roles.spans]
    last_ns = min(max([0, *heals, *spans]), 365 * 86_400 * 10**9)
    whole = series_of(record.operations, last_ns)
    scene = Scene(
        whole.end_s,
        [_band(fault, whole.end_s) for fault in record.faults[:FAULTS_MAX]],
        found_s(record)[:FINDINGS_MAX],
    )
    each = all(kind.bands is None for kind in whole.kinds)
    if not whole.kinds:
        return Drawings("", "", roles_drawing(roles, scene), each, whole.bin_s)
    return Drawings(
        _latency(whole, scene), _rate(whole, scene), roles_drawing(roles, scene), each, whole.bin_s
    )


def found_s(record: RunRecord) -> list[float]:
    """When each thing was seen that cannot have happened, in seconds of the run."""
    culprits = {v.culprit for result in record.results for v in result.violations}
    culprits.discard(None)
    table = table_of(record.operations)
    rows = np.flatnonzero(np.isin(table.call, sorted(c for c in culprits if c is not None)))
    returned = table.ret_ns[rows]
    times = np.where(returned == NEVER, table.call_ns[rows], returned) / 1e9
    return [float(time_s) for time_s in np.unique(times)]


def _band(fault: Fault, end_s: float) -> Band:
    healed_s = end_s if fault.healed_ns is None else fault.healed_ns / 1e9
    kind = "" if fault.effect.mechanical else "no effect: "
    return fault.start_ns / 1e9, healed_s, spelt(kind + band_label(fault), NAME_MAX)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is the same in each drawing: the time it ends, the faults, the findings."""

    end_s: float
    faults: Sequence[Band]
    findings_s: Sequence[float]

    def shelves(self) -> list[list[Band]]:
        """The faults on shelves, so that none lies on another; on the last one they may."""
        shelves: list[list[Band]] = []
        for band in sorted(self.faults):
            free = (shelf for shelf in shelves if shelf[-1][1] <= band[0])
            shelf = next(free, None)
            if shelf is None and len(shelves) < SHELVES_MAX:
                shelf = []
                shelves.append(shelf)
            (shelves[-1] if shelf is None else shelf).append(band)
        return shelves

    @property
    def head(self) -> float:
        """Pixels that names of faults and findings take at the top."""
        marked = 16 if self.findings_s else 0
        return 6 + SHELF * len(self.shelves()) + marked + 20

    def draw_head(self, figure: Figure) -> None:
        """Name faults and findings, above everything else."""
        shelves = self.shelves()
        tall = self.head - 20
        axes = axes_of(figure, 2, tall, self.end_s)
        axes.set_ylim(tall, 0)
        axes.set_axis_off()
        pixels = (WIDTH - LEFT - RIGHT) / self.end_s
        for place, shelf in enumerate(shelves):
            for start_s, end_s, label in shelf:
                wide = max(end_s - start_s, 2 / pixels)
                box: dict[str, Any] = {"linewidth": 0, "alpha": 0.38}
                y = place * SHELF
                axes.broken_barh([(start_s, wide)], (y, SHELF - 3), color=COLOURS["fault"], **box)
                room = int((wide * pixels - 6) / CHARACTER)
                if room >= min(4, len(label)):
                    short = label if len(label) <= room else label[: room - 1] + "…"
                    _write(axes, start_s + 4 / pixels, y + (SHELF - 3) / 2, short, "ink")
        if self.findings_s:
            first_s, many = self.findings_s[0], len(self.findings_s)
            told = "violation" if many == 1 else f"violations ({many})"
            y = len(shelves) * SHELF + 8
            late = first_s > 0.85 * self.end_s
            x = first_s + (-4 if late else 4) / pixels
            _write(axes, x, y, told, "bad", ha="right" if late else "left", fontweight="bold")

    def draw_behind(self, axes: Axes) -> None:
        """Faults as bands, findings as lines."""
        for start_s, end_s, _ in self.faults:
            wide = max(end_s - start_s, self.end_s / 900)
            axes.axvspan(start_s, start_s + wide, color=COLOURS["fault"], alpha=0.10, linewidth=0)
        for time_s in self.findings_s:
            axes.axvline(time_s, color=COLOURS["bad"], linewidth=1.4, linestyle=(0, (4, 2)))


def _write(axes: Axes, x: float, y: float, text: str, colour: str, **more: Any) -> None:
    style: dict[str, Any] = {"va": "center", "ha": "left", "fontsize": 11, "clip_on": True}
    axes.text(x, y, text, color=COLOURS[colour], parse_math=False, **(style | more))


def _panels(whole: Whole, scene: Scene, tall: float) -> tuple[Figure, list[Axes]]:
    height = scene.head + len(whole.kinds) * (tall + GAP) - GAP + FOOT
    figure = figure_of(height)
    scene.draw_head(figure)
    panels = []
    for place, kind in enumerate(whole.kinds):
        axes = axes_of(figure, scene.head + place * (tall + GAP), tall, scene.end_s)
        name_axes(axes, spelt(kind.f, NAME_MAX))
        scene.draw_behind(axes)
        if place < len(whole.kinds) - 1:
            hide_seconds(axes)
        panels.append(axes)
    seconds_below(panels[-1])
    return figure, panels


def _latency(whole: Whole, scene: Scene) -> str:
    figure, panels = _panels(whole, scene, LATENCY_TALL)
    low, high = _decades(whole)
    for axes, kind in zip(panels, whole.kinds, strict=True):
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        axes.minorticks_off()
        axes.set_yticks([t for t in 10.0 ** np.arange(-6, 12) if low <= t <= high / 2])
        axes.yaxis.set_major_formatter(lambda ms, _: _duration(ms))
        axes.grid(axis="y", color=COLOURS["line"], linewidth=0.7)
        axes.set_axisbelow(True)
        _draw_latency(axes, kind, whole.edges_s, high)
    told = "Latency of each kind of operation over the time of the run, on a logarithmic scale"
    return svg(figure, told, "latency")


def _draw_latency(axes: Axes, kind: Series, edges_s: Any, high: float) -> None:
    round_ends = {"capstyle": "round"}
    if kind.bands is None:
        marks(axes, kind.ok, DOT, "ok", linewidth=3.4, alpha=0.8, **round_ends)
    else:
        p50, p95, p99, most = (np.append(row, row[-1]) for row in kind.bands)
        fill: dict[str, Any] = {"step": "post", "color": COLOURS["ok"], "linewidth": 0}
        axes.fill_between(edges_s, p50, p95, alpha=0.55, **fill)
        axes.fill_between(edges_s, p95, p99, alpha=0.25, **fill)
        axes.step(edges_s, p50, where="post", color=COLOURS["ok"], linewidth=1.8)
        axes.step(edges_s, most, where="post", color=COLOURS["ok"], linewidth=0.8, alpha=0.9)
    cell = 1.0 if kind.bands is None else 5.0
    marks(axes, kind.fail, CROSS, "fail", linewidth=1.1, cell=cell)
    if len(kind.info):
        # Never answered: there is no latency, so they stand in a row of their own at the top.
        points = np.column_stack([kind.info, np.full(len(kind.info), high)])
        marks(axes, points, TRIANGLE, "info", linewidth=1.5, cell=4.0)


def _decades(whole: Whole) -> tuple[float, float]:
    """The ends of the axis of latencies, in milliseconds."""
    shown = [points[:, 1] for kind in whole.kinds for points in (kind.ok, kind.fail)]
    values = np.concatenate(shown) if shown else np.array([])
    if not len(values):
        return 0.1, 100.0
    low = 10.0 ** np.floor(np.log10(max(float(values.min()), 1e-3)))
    high = 10.0 ** np.ceil(np.log10(max(float(values.max()), 1e-2) * 1.05))
    return min(low, high / 10), high


def _duration(ms: float) -> str:
    if ms >= 1000:
        return f"{ms / 1000:g} s"
    return f"{ms:g} ms" if ms >= 1 else f"{ms * 1000:g} µs"


def _rate(whole: Whole, scene: Scene) -> str:
    figure, panels = _panels(whole, scene, RATE_TALL)
    for axes, kind in zip(panels, whole.kinds, strict=True):
        low = np.zeros(len(whole.edges_s))
        for rates, colour, alpha in zip(
            kind.rates, ("ok", "fail", "info"), (0.75, 0.9, 0.95), strict=True
        ):
            top = low + np.append(rates, rates[-1])
            if rates.any():
                axes.fill_between(
                    whole.edges_s, low, top, step="post", color=COLOURS[colour], alpha=alpha, lw=0
                )
            low = top
        axes.set_ylim(0, max(float(low.max()) * 1.08, 1e-3))
        axes.locator_params(axis="y", nbins=3)
        axes.yaxis.set_major_formatter(lambda rate, _: f"{rate:g}/s")
        axes.grid(axis="y", color=COLOURS["line"], linewidth=0.7)
        axes.set_axisbelow(True)
    told = "Operations a second of each kind by outcome over the time of the run"
    return svg(figure, told, "rate")
