"""The scorecard as Markdown: for a repository, or a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from splitbrain.markdown import row, text
from splitbrain.plan import STRATEGIES
from splitbrain.report.scorecard.words import (
    INTRODUCTION,
    TERMS,
    TITLE,
    budget_text,
    explained,
    verdict_text,
)
from splitbrain.score.facts import Facts
from splitbrain.score.scorecard import CAUGHT, BugScore, Scorecard, TierScore
from splitbrain.score.telling import (
    clean_told,
    duel_text,
    goal_text,
    kinds_text,
    others_text,
    share_text,
    state_text,
    unreached_text,
)
from splitbrain.text import printable


def scorecard_markdown(card: Scorecard, facts: Facts) -> str:
    """The page. The same trials give the same bytes, wherever and whenever they ran."""
    blocks = [
        f"# {TITLE}",
        INTRODUCTION,
        f"**{text(verdict_text(card))}**",
        f"Made with\n\n    {printable(facts.command)}\n\nby {text(facts.program)}. "
        "Everything follows from the seeds: the same command gives the same numbers.",
        f"Budget: {text(budget_text(facts))}",
        *(f"- {text(sentence)}" for sentence in card.misses()),
    ]
    for tier in card.tiers:
        blocks += [f"## Tier {tier.tier}", _goal(tier), _table(tier)]
    duel = card.duel
    if duel is not None:
        blocks += ["## The strategies", text(duel_text(duel))]
    if card.clean:
        blocks += ["## Systems without bugs", "\n".join(_clean(card))]
    missed = explained(card)
    if missed:
        blocks += ["## Bugs below their goal, and why", "\n".join(_missed(missed))]
    unreached = [(one, told) for one in card.bugs if (told := unreached_text(one))]
    if unreached:
        lines = [f"- **{text(one.bug.id)}**: {text(told)}." for one, told in unreached]
        blocks += ["## Caught, but not known to be reached", "\n".join(lines)]
    blocks += ["## How to read it", "\n".join(f"- *{term}*: {told}." for term, told in TERMS)]
    return "\n\n".join(blocks) + "\n"


def _goal(tier: TierScore) -> str:
    is_met = "met" if tier.met else "missed"
    return f"Goal: {goal_text(tier)}; {tier.found} of {len(tier.bugs)} are: {is_met}."


def _table(tier: TierScore) -> str:
    heads = ["bug", "", *STRATEGIES, "reached", "seconds", "operations", "seen as", "what is wrong"]
    sides = [":--", ":--", *(["--:"] * (len(STRATEGIES) + 3)), ":--", ":--"]
    return "\n".join([row(heads), row(sides), *(_row(one) for one in tier.bugs)])


def _row(score: BugScore) -> str:
    best = score.best
    shares = {tried.strategy: share_text(tried) for tried in score.tries}
    seen = kinds_text(best) if score.state == CAUGHT else f"**{score.state}**"
    if score.state == CAUGHT and not score.met:
        seen += f" (**{state_text(score)}**)"
    others = others_text(best)
    mutation = score.bug.mutation + (f" ({score.bug.source})" if score.bug.source else "")
    return row(
        [
            text(score.bug.id),
            text(score.bug.name),
            *(
                f"**{shares[name]}**" if name == best.strategy else shares.get(name, "")
                for name in STRATEGIES
            ),
            f"{best.times_reached}/{len(best.trials)}",
            "" if best.found_s is None else f"{best.found_s:.1f}",
            "" if best.found_operations is None else f"{best.found_operations:,}",
            f"{seen} ({others})" if others else seen,
            text(mutation),
        ]
    )


def _clean(card: Scorecard) -> Iterator[str]:
    for one in card.clean:
        yield f"- {text(f'{one.series.name}: {clean_told(one)}')}."


def _missed(missed: Sequence[tuple[BugScore, str]]) -> Iterator[str]:
    for score, why in missed:
        yield f"- **{text(score.bug.id)}** ({text(state_text(score))}): {text(why)}"
