"""How a campaign ends that is not the system's doing.

CampaignBroken     the harness's surroundings: processes, scheduler, workers   exit 70
CampaignRefused    what was asked cannot be done at all                        exit 2
"""

from __future__ import annotations


class CampaignBroken(Exception):
    """Processes or workers keep dying, or the scheduler cannot be reached: a sentence says it."""


class CampaignRefused(Exception):
    """The campaign cannot begin as it was asked for: a sentence says why."""
