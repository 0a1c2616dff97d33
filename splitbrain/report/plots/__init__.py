"""Latency, rate and roles over time, as drawings for the page of a run (matplotlib, as SVG)."""

from splitbrain.report.plots.draw import Drawings, drawings, found_s

__all__ = ["Drawings", "drawings", "found_s"]
