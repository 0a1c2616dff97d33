"""The scorecard as JSON: everything that the other forms tell, and every seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from checker.verdict import Verdict
from splitbrain.campaign import Trial
from splitbrain.plan import Plan
from splitbrain.report.repeat import repeat_command
from splitbrain.score.facts import Facts
from splitbrain.score.scorecard import BugScore, CleanScore, Scorecard, TierScore, Tried

FORMAT, VERSION = "splitbrain-scorecard", 1


def scorecard_document(
    card: Scorecard,
    facts: Facts,
    *,
    failures: Mapping[Plan, Trial] | None = None,
    interrupted: bool = False,
) -> dict[str, Any]:
    """JSON-ready data. Times are simulated seconds; what nobody knows is null."""
    duel = card.duel
    return {
        "format": FORMAT,
        "version": VERSION,
        "command": facts.command,
        "versions": {
            "splitbrain": facts.version,
            "python": facts.python,
            "source": facts.source,
        },
        "request": asdict(facts.request),
        "met": not card.misses() and card.complete,
        "misses": card.misses(),
        "complete": card.complete,
        "interrupted": interrupted,
        "tiers": [_tier(tier) for tier in card.tiers],
        "bugs": [_bug(one) for one in card.bugs],
        "clean": [_clean(one) for one in card.clean],
        "strategies": None if duel is None else asdict(duel),
        "failures": [
            {"seed": plan.seed, "error": trial.error, "again": repeat_command(plan)}
            for plan, trial in (failures or {}).items()
        ],
    }


def _tier(tier: TierScore) -> dict[str, Any]:
    return {
        "tier": tier.tier,
        "bugs": len(tier.bugs),
        "found": tier.found,
        "wanted": tier.wanted,
        "seeds_wanted": tier.bugs[0].goal,
        "met": tier.met,
    }


def _bug(score: BugScore) -> dict[str, Any]:
    bug = score.bug
    return {
        "id": bug.id,
        "name": bug.name,
        "tier": bug.tier,
        "mutation": bug.mutation,
        "source": bug.source,
        "note": bug.note,
        "state": score.state,
        "seeds_wanted": score.goal,
        "met": score.met,
        "best": score.best.strategy,
        "strategies": {tried.strategy: _tried(tried) for tried in score.tries},
    }


def _tried(tried: Tried) -> dict[str, Any]:
    return {
        "seeds": tried.asked,
        "finished": len(tried.trials),
        "failed": tried.failed,
        "caught": len(tried.caught),
        "caught_unreached": len(tried.caught_unreached),
        "reached": tried.times_reached,
        "unknown": tried.verdicts(Verdict.UNKNOWN),
        "found_s": tried.found_s,
        "found_operations": tried.found_operations,
        "kinds": dict(tried.kinds),
        "plan": tried.series.plan.to_json(),
        "again": again(tried),
        "trials": [
            _trial(trial) | {"reached": trial.bugs_reached.get(tried.series.bug.name, 0)}
            for trial in tried.trials
        ],
    }


def again(tried: Tried) -> str | None:
    """The command that repeats the first run that caught it."""
    first = next(iter(tried.caught), None)
    return None if first is None else repeat_command(replace(tried.series.plan, seed=first.seed))


def _clean(clean: CleanScore) -> dict[str, Any]:
    return {
        "system": clean.series.system,
        **({"options": list(clean.series.options)} if clean.series.options else {}),
        "seeds": clean.asked,
        "finished": len(clean.trials),
        "failed": clean.failed,
        "accused": [
            _trial(trial) | {"again": repeat_command(plan)} for plan, trial in clean.accused
        ],
        **(
            {"as_documented": [_trial(trial) for trial in clean.as_documented]}
            if clean.as_documented
            else {}
        ),
        "decided": clean.decided,
        "verdicts": Counter(str(trial.verdict) for _plan, trial in clean.trials),
        "died": [
            {"seed": trial.seed, "nodes": list(trial.died), "again": repeat_command(plan)}
            for plan, trial in clean.died
        ],
        "served_s_max": max(clean.served_s, default=None),
        "served_runs": len(clean.served_s),
        "scenarios": [plan.to_json() for plan in clean.series.scenarios],
        "met": clean.met,
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "seed": trial.seed,
        "verdict": trial.verdict,
        "reason": trial.reason,
        "caught": trial.accuses,
        "kinds": list(trial.kinds),
        "unavailable": trial.unavailable,
        "found_s": trial.found_s,
        "found_operations": trial.found_operations,
        "operations": trial.operations,
        "faults": trial.faults,
    }
