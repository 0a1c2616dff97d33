"""A drawing by matplotlib that may stand in a page: SVG that takes its colours from the page.

matplotlib knows no themes, so each colour here is a stand-in that is no real colour, and becomes
a CSS variable of the page in what was written. Text stays text, in the page's own type. What a
run says is drawn in ASCII alone and never read as markup (``spelt``): a font may lack the rest.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from splitbrain.report.plots.series import Floats, thinned
from splitbrain.text import clipped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEFT, RIGHT = 1000, 76, 14
"""Pixels of the whole drawing, and of its margins."""
DPI = 72
"""At which a point of matplotlib's is a pixel of the page."""
_NAMES = ("paper", "ink", "soft", "line", "ok", "fail", "info", "bad", "fault", "good", "panel")
COLOURS = {name: f"#0102{number + 16:02x}" for number, name in enumerate(_NAMES)}
_NUMBER = re.compile(r"-?\d+\.\d+")
_PATH = re.compile(r" d=\"[^\"]*\"")
_FONT = re.compile(r"font: ([^;\"]*?)([\d.]+)px [^;\"]*")
MARKS_MAX = 2_500
Box = tuple[float, float]


def spelt(text: str, limit: int) -> str:
    """``text`` in printable ASCII, at most ``limit`` characters."""
    return clipped(text, 4 * limit).encode("ascii", "backslashreplace").decode()[:limit]


def figure_of(height: float) -> Figure:
    """An empty figure, ``height`` pixels tall. Draws nowhere but into files."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI)
    FigureCanvasSVG(figure)
    return figure


def axes_of(figure: Figure, top: float, tall: float, end_s: float) -> Axes:
    """Axes from ``top`` pixels below the upper edge, whose x are seconds of the run."""
    _, whole = figure.get_size_inches() * DPI
    left, wide = LEFT / WIDTH, (WIDTH - LEFT - RIGHT) / WIDTH
    axes = figure.add_axes((left, 1 - (top + tall) / whole, wide, tall / whole))
    axes.set_xlim(0, end_s)
    axes.set_facecolor("none")
    for side, spine in axes.spines.items():
        spine.set_color(COLOURS["line"])
        spine.set_visible(side in ("left", "bottom"))
    axes.tick_params(colors=COLOURS["soft"], labelsize=11, length=3, width=1)
    return axes


def name_axes(axes: Axes, name: str) -> None:
    """The name of what is drawn, above the axes' upper left corner."""
    at: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom", "ha": "left"}
    axes.text(0, 1.02, name, parse_math=False, color=COLOURS["ink"], fontsize=12, **at)


def seconds_below(axes: Axes) -> None:
    """Label the x axis."""
    axes.set_xlabel("time of the run (s)", color=COLOURS["soft"], fontsize=11)


def hide_seconds(axes: Axes) -> None:
    """Only the lowest of several axes needs its numbers."""
    axes.tick_params(labelbottom=False)


def marks(
    axes: Axes, points: Floats, shape: Iterable[Iterable[Box]], colour: str, **more: Any
) -> None:
    """Draw the same small ``shape`` (lines, in pixels) at each of ``points`` (in data).

    As one path: ten times shorter in a file than as many markers. Of points that fall on one
    another, one is drawn.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path
    from matplotlib.transforms import IdentityTransform

    if not len(points):
        return
    cell = more.pop("cell", 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = thinned(axes.transData.transform(points), cell, MARKS_MAX)
    strokes = [np.asarray(list(stroke), float) for stroke in shape]
    pieces, codes = [], []
    for stroke in strokes:
        pieces.append(at[:, None, :] + stroke[None, :, :])
        codes.append([Path.MOVETO, *[Path.LINETO] * (len(stroke) - 1)])
    vertices = np.concatenate(pieces, axis=1).reshape(-1, 2)
    path = Path(vertices, np.tile(np.concatenate(codes), len(at)))
    path.should_simplify = False
    patch = PathPatch(
        path, transform=IdentityTransform(), facecolor="none", edgecolor=COLOURS[colour], **more
    )
    patch.set_clip_on(False)
    axes.add_patch(patch)


DOT = (((0.0, 0.0), (0.01, 0.0)),)
"""Drawn with round ends, a line without length is a disc."""
CROSS = (((-2.6, -2.6), (2.6, 2.6)), ((-2.6, 2.6), (2.6, -2.6)))
TRIANGLE = (((0.0, 3.4), (-3.4, -2.6), (3.4, -2.6), (0.0, 3.4)),)


def _rounded(number: re.Match[str]) -> str:
    """A tenth of a pixel is more than any screen shows."""
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _shortened(path: re.Match[str]) -> str:
    return _NUMBER.sub(_rounded, " ".join(path[0].split("\n")).replace("  ", " "))


def svg(figure: Figure, told: str, salt: str) -> str:
    """The figure as an element for a page; ``told`` says what it shows to who cannot see it."""
    import matplotlib as mpl

    file = io.StringIO()
    # The same figure gives the same bytes; names of its parts differ from those of other figures.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(file, format="svg", dpi=DPI, transparent=True, metadata={"Date": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+xmlns:xlink=\"[^\"]*\"", "", text, count=1)
    head = f'<svg class="plot" role="img" aria-label="{escape(told)}" '
    _, height = figure.get_size_inches() * DPI
    head += f'viewBox="0 0 {WIDTH} {height:g}" xmlns="http://www.w3.org/2000/svg">'
    text = head + text[text.index(">") + 1 :]
    text = _PATH.sub(_shortened, text)
    text = re.sub(r"font-family: [^;\"]*", "font-family: system-ui, sans-serif", text)
    text = _FONT.sub(r"font: \1\2px system-ui, sans-serif", text)
    for name, colour in COLOURS.items():
        text = text.replace(colour, f"var(--{name})")
    return re.sub(r"\n\s*", "\n", text).strip()
