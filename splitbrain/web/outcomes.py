"""What the outcome of a run means, for who reads the word for the first time."""

from __future__ import annotations

_VERDICTS = {
    "valid": "All that clients saw could have happened.",
    "invalid": "Clients saw what cannot have happened.",
    "unknown": "It could not be decided.",
    "vacuous": "Nothing was really tested.",
    "going on": "The run goes on.",
    "cut off": "The harness was ended before there was a verdict. What was recorded is kept.",
    "harness failed": "The harness failed, which says nothing about the system.",
    "unreadable": "What is in the run's folder cannot be read.",
}


def meant_by(outcome: str) -> str:
    """What an outcome (``RunSummary.outcome``) means."""
    verdict, _, late = outcome.partition(", ")
    told = _VERDICTS.get(verdict, "")
    return f"{told} It did not serve again in time after the last heal." if late else told
