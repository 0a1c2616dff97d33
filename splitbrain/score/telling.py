"""The few words that the scorecard's terminal, Markdown and HTML share."""

from __future__ import annotations

from checker.verdict import Verdict
from splitbrain.plan import Plan
from splitbrain.quantities import duration_text
from splitbrain.score.scorecard import (
    CAUGHT,
    BugScore,
    CleanScore,
    Duel,
    Scorecard,
    TierScore,
    Tried,
)

KINDS_MAX = 3
SURE, SURE_RUNS_MIN = 3.0, 30
"""None in n runs means under 3/n at 95 % confidence, for n from 30 on.

Hanley and Lippman-Hand, If Nothing Goes Wrong, Is Everything All Right?, JAMA 1983.
"""


def share_text(tried: Tried) -> str:
    """Caught in k of n seeds: of those that were run."""
    return f"{len(tried.caught)}/{len(tried.trials)}"


def found_text(tried: Tried) -> str:
    """When it was found: simulated seconds and operations, medians."""
    if tried.found_s is None or tried.found_operations is None:
        return ""
    return f"{tried.found_s:.1f} s, {tried.found_operations:,} operations"


def others_text(tried: Tried) -> str:
    """Trials that neither caught it nor were valid: they are no catch, and no proof either."""
    counts = [
        (tried.verdicts(Verdict.UNKNOWN), "unknown"),
        (tried.verdicts(Verdict.VACUOUS), "vacuous"),
        (tried.failed, "failed"),
    ]
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def unreached_text(score: BugScore) -> str:
    """Catches in which the mutated line is not known to have run, under every strategy."""
    counts = {one.strategy: len(one.caught_unreached) for one in score.tries}
    times = sum(counts.values())
    if not times:
        return ""
    of_each = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    return (
        f"caught {times} time{'s' * (times != 1)} where the mutated line is not known to have run "
        f"({of_each})"
    )


def kinds_text(tried: Tried) -> str:
    """What it was seen as: what its row says first, then the most frequent.

    In how many of the catches, where not in all; a catch may be of several kinds.
    """
    of_row = tried.series.bug.seen_as

    def place(kind: str) -> int:
        plain = kind.removesuffix("-process").removesuffix("-realtime")
        return (kind not in of_row) + (plain not in of_row)

    kinds = sorted(tried.kinds.items(), key=lambda one: (place(one[0]), -one[1]))
    caught = len(tried.caught)
    return ", ".join(
        kind if times == caught else f"{kind} ({times})" for kind, times in kinds[:KINDS_MAX]
    )


def state_text(score: BugScore) -> str:
    """What became of a bug, in a few words."""
    if score.state != CAUGHT:
        return score.state
    return "caught" if score.met else f"below its goal of {score.goal}"


def goal_text(tier: TierScore) -> str:
    """What is asked of a tier, over as many seeds as were asked for."""
    best = tier.bugs[0].best
    bugs = (
        "every bug" if tier.wanted == len(tier.bugs) else f"{tier.wanted} of {len(tier.bugs)} bugs"
    )
    seeds = "seed" if best.asked == 1 else "seeds"
    return f"{bugs} caught in {tier.bugs[0].goal} of {best.asked} {seeds} at least"


def clean_text(clean: CleanScore) -> str:
    """Whether a system without bugs was accused, and how sure that is."""
    if clean.accused:
        return f"accused in {len(clean.accused):,} of {len(clean.trials):,} runs"
    if not clean.decided:
        return f"none of {len(clean.trials):,} runs says anything"
    if known := clean.as_documented:
        sentences = dict.fromkeys(sentence for trial in known for sentence in trial.documented)
        return (
            f"accused in {len(known):,} of {len(clean.trials):,} runs, of what it documents alone "
            f"({'; '.join(sentences)})"
        )
    told = f"no accusation in {clean.decided:,} run{'s' * (clean.decided != 1)}"
    if clean.decided >= SURE_RUNS_MIN:
        told += f" (under {100 * SURE / clean.decided:.1f} % at 95 % confidence)"
    return told


def clean_told(clean: CleanScore) -> str:
    """All that is told of a system without bugs."""
    parts = (clean_text(clean), served_text(clean), clean_others_text(clean))
    return "; ".join(filter(None, parts))


def clean_others_text(clean: CleanScore) -> str:
    """Runs of a clean system that say nothing, and nodes that ended by themselves."""
    counts = [
        (clean.verdicts(Verdict.UNKNOWN), "unknown"),
        (clean.verdicts(Verdict.VACUOUS), "vacuous"),
        (clean.failed, "failed"),
        (len(clean.died), "with a node that ended by itself"),
    ]
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def served_text(clean: CleanScore) -> str:
    """How soon a clean system served again after the last heal, at worst."""
    if not clean.served_s:
        return "no run had a heal to come back from"
    worst_s = max(clean.served_s)
    worst = f"{max(1, round(1000 * worst_s))} ms" if worst_s < 1 else f"{worst_s:.1f} s"
    return f"served again {worst} after the last heal at worst ({len(clean.served_s):,} runs)"


def duel_text(duel: Duel) -> str:
    """Which strategy is better, where it matters."""
    told = ", ".join(f"{name} {duel.caught[name]:,}" for name in duel.caught)
    equal = duel.bugs - sum(duel.better.values())
    better = ", ".join(f"{name} for {count}" for name, count in duel.better.items())
    return (
        f"Bugs of tiers B and C ({duel.bugs}), caught in so many of {duel.seeds:,} seeds: {told}. "
        f"Better: {better}; as good: {equal}."
    )


def scenario_text(plan: Plan) -> str:
    """What a run did to the system, in a few words."""
    parts = [f"workload {plan.workload}", f"{plan.rate:g} operations a second"]
    if plan.faults:
        aim = f" at {', '.join(plan.fault_targets)}" if plan.fault_targets else ""
        parts.append(f"{plan.strategy} {', '.join(plan.faults)}{aim}")
        parts.append(
            f"held {duration_text(plan.fault_hold_s)} s, "
            f"{duration_text(plan.fault_quiet_s)} s apart"
        )
        if plan.overlap:
            parts.append("overlapping")
    else:
        parts.append("no faults")
    return "; ".join([*parts, *plan.options])


def series_sentence(card: Scorecard) -> str:
    """What a single series found, for a line of its own while others are still to come."""
    if card.clean:
        clean = card.clean[0]
        return f"{clean.series.title}: {clean_told(clean)}"
    score = card.bugs[0]
    tried = score.best
    told = f"{score.bug.id} {tried.strategy}: caught {share_text(tried)}"
    told += f", reached {tried.times_reached}/{len(tried.trials)}"
    rest = (found_text(tried), kinds_text(tried), others_text(tried), unreached_text(score))
    return "; ".join([told, *filter(None, rest)])
