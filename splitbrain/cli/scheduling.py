"""What can be wrong with --scheduler, wherever it is typed."""

from __future__ import annotations


def unscheduled_because(scheduler: str, jobs: str | None) -> list[str]:
    """Why trials cannot go to ``scheduler``, a sentence each; ``jobs`` is what --jobs says."""
    from splitbrain.campaign.errors import CampaignRefused
    from splitbrain.campaign.scheduler import refuse_scheduler

    problems = []
    if jobs is not None:
        problems.append("--jobs: with --scheduler there are as many processes as it has workers.")
    try:
        refuse_scheduler(scheduler)
    except CampaignRefused as error:
        problems.append(f"{error}.")
    return problems
