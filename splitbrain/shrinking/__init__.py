"""Shrinking a run that failed: to its evidence, and to the smallest plan that still fails."""

from splitbrain.shrinking.ddmin import fewest
from splitbrain.shrinking.oracle import Oracle
from splitbrain.shrinking.result import Again, Shrunk
from splitbrain.shrinking.run import shrink_run
from splitbrain.shrinking.scripted import with_script, written_out
from splitbrain.shrinking.search import Search
from splitbrain.shrinking.shrink import Ended, shrink, wanted_kind
from splitbrain.size import Size

__all__ = [
    "Again",
    "Ended",
    "Oracle",
    "Search",
    "Shrunk",
    "Size",
    "fewest",
    "shrink",
    "shrink_run",
    "wanted_kind",
    "with_script",
    "written_out",
]
