"""Campaigns: many simulated runs, over seeds and processes."""

from splitbrain.campaign.pool import CampaignBroken, trials
from splitbrain.campaign.trial import Trial, attempt

__all__ = ["CampaignBroken", "Trial", "attempt", "trials"]
