"""Campaigns: many simulated runs, over seeds, processes and machines."""

from splitbrain.campaign.errors import CampaignBroken, CampaignRefused
from splitbrain.campaign.pool import trials
from splitbrain.campaign.trial import Trial, attempt

__all__ = ["CampaignBroken", "CampaignRefused", "Trial", "attempt", "trials"]
