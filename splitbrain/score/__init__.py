"""The scorecard: how many of the seeded bugs are caught, over seeds, and that nobody else is."""

from splitbrain.score.goals import GOALS, Goal
from splitbrain.score.plans import BugSeries, CleanSeries, Request, Series, series_of
from splitbrain.score.scorecard import BugScore, CleanScore, Scorecard, TierScore, Tried, scored
from splitbrain.score.trial_log import TrialLog

__all__ = [
    "GOALS",
    "BugScore",
    "BugSeries",
    "CleanScore",
    "CleanSeries",
    "Goal",
    "Request",
    "Scorecard",
    "Series",
    "TierScore",
    "TrialLog",
    "Tried",
    "scored",
    "series_of",
]
