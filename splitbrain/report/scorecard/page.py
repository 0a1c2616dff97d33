"""The scorecard as one self-contained HTML page: no script, no network, every value escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from checker.verdict import Verdict
from splitbrain.campaign import Trial
from splitbrain.plan import STRATEGIES
from splitbrain.report.repeat import repeat_command
from splitbrain.report.scorecard.words import (
    INTRODUCTION,
    TERMS,
    TITLE,
    again_text,
    budget_text,
    verdict_text,
)
from splitbrain.score.facts import Facts
from splitbrain.score.scorecard import CAUGHT, BugScore, CleanScore, Scorecard, TierScore, Tried
from splitbrain.score.telling import (
    clean_told,
    duel_text,
    goal_text,
    kinds_text,
    others_text,
    scenario_text,
    share_text,
    state_text,
    unreached_text,
)
from splitbrain.text import printable

_SLOT = re.compile(r"<!--slot:(\w+)-->")
_LEGEND = (
    "<p class=legend>One bar a seed: <i class=caught></i>caught <i class=survived></i>reached, not "
    "caught <i></i>not reached <i class=other></i>undecided or vacuous</p>"
)


def scorecard_page(card: Scorecard, facts: Facts) -> str:
    """The page; opens from a file, in light or dark."""
    duel = card.duel
    met = card.complete and not card.misses()
    slots = {
        "style": _asset("scorecard.css"),
        "title": _text(TITLE),
        "verdict": "met" if met else "missed" if card.misses() else "unfinished",
        "sentence": _text(verdict_text(card)),
        "introduction": _text(INTRODUCTION),
        "misses": _list(card.misses()),
        "tiers": "".join(_tier(tier) for tier in card.tiers),
        "duel": "" if duel is None else _section("The strategies", f"<p>{_text(duel_text(duel))}"),
        "clean": _cleans(card.clean),
        "terms": _definitions(TERMS),
        "facts": _definitions(
            [
                ("Command", facts.command),
                ("Program", facts.program),
                ("Budget", budget_text(facts)),
                ("Again", "Everything follows from the seeds: the same command gives the same."),
            ]
        ),
    }
    # In one pass: what a slot brings is never looked through for slots again.
    return _SLOT.sub(lambda match: slots[match[1]], _asset("scorecard.html"))


def _asset(name: str) -> str:
    return files("splitbrain.report.scorecard").joinpath(name).read_text(encoding="utf-8")


def _text(text: object) -> str:
    return escape(printable(str(text)))


def _section(head: str, body: str) -> str:
    return f"<section><h2>{_text(head)}</h2>{body}</section>"


def _list(sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    return f"<ul class=misses>{''.join(f'<li>{_text(one)}' for one in sentences)}</ul>"


def _definitions(rows: Iterable[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{_text(head)}<dd>{_text(told)}' for head, told in rows)}</dl>"


def _mark(met: bool) -> str:
    return f'<span class="mark {"met" if met else "missed"}">{"✓" if met else "✗"}</span>'


def _tier(tier: TierScore) -> str:
    heads = (
        *("", "bug", "", *STRATEGIES),
        *("reached", "seconds", "operations", "seen as", "what is wrong"),
    )
    body = "".join(_row(one) for one in tier.bugs)
    told = f"{goal_text(tier)}; {tier.found} of {len(tier.bugs)} are"
    return _section(
        f"Tier {tier.tier}",
        f"<p class=goal>{_mark(tier.met)} {_text(told)}.</p>{_LEGEND}<div class=wide><table>"
        f"<thead><tr>{''.join(f'<th>{_text(head)}' for head in heads)}<tbody>{body}</table></div>",
    )


def _row(score: BugScore) -> str:
    best = score.best
    seen = _text(kinds_text(best))
    if score.state != CAUGHT or not score.met:
        seen += f" <span class=state>{_text(state_text(score))}</span>"
    if others := others_text(best):
        seen += f" ({_text(others)})"
    if unreached := unreached_text(score):
        seen += f"; {_text(unreached)}"
    tries = {tried.strategy: tried for tried in score.tries}
    cells = [
        ("", _mark(score.met)),
        ("", _text(score.bug.id)),
        ("name", _text(score.bug.name)),
        *(
            ("best" if name == best.strategy else "", _share(tries.get(name)))
            for name in STRATEGIES
        ),
        ("number", f"{best.times_reached}/{len(best.trials)}"),
        ("number", "" if best.found_s is None else f"{best.found_s:.1f}"),
        ("number", "" if best.found_operations is None else f"{best.found_operations:,}"),
        ("", seen),
        ("", _text(score.bug.mutation) + _more(score)),
    ]
    return "<tr>" + "".join(f'<td class="{name}">{cell}' for name, cell in cells)


def _share(tried: Tried | None) -> str:
    if tried is None:
        return ""
    bars = "".join(_bar(tried, trial) for trial in tried.trials)
    return f"{share_text(tried)}<div class=strip>{bars}</div>"


def _bar(tried: Tried, trial: Trial) -> str:
    if trial.accuses:
        name = "caught"
    elif trial.verdict is not Verdict.VALID:
        name = "other"
    else:
        name = "survived" if tried.reached(trial) else ""
    told = f"seed {trial.seed}: {trial.verdict}"
    if trial.found_s is not None:
        told += f" after {trial.found_s:.1f} s"
    if trial.accuses and not tried.reached(trial):
        told += "; the mutated line is not known to have run"
    return f'<i class="{name}" title="{_text(told)}"></i>'


def _more(score: BugScore) -> str:
    rows = [("Source", score.bug.source)] if score.bug.source else []
    rows += [(tried.strategy, scenario_text(tried.series.plan)) for tried in score.tries]
    if (command := again_text(score)) is not None:
        rows.append(("First catch", command))
    if score.bug.note:
        rows.append(("Note", score.bug.note))
    is_open = " open" if score.bug.note and not score.met else ""
    return f"<details{is_open}><summary>more</summary>{_definitions(rows)}</details>"


def _cleans(cleans: Sequence[CleanScore]) -> str:
    if not cleans:
        return ""
    rows = []
    for one in cleans:
        accusing = [
            (f"Seed {trial.seed}", trial.unavailable or ", ".join(trial.kinds) or trial.verdict)
            for _plan, trial in one.accused
        ]
        accusing += [("Again", repeat_command(plan)) for plan, _trial in one.accused[:1]]
        scenarios = "".join(f"<li>{_text(scenario_text(p))}" for p in one.series.scenarios)
        rows.append(
            f"<p>{_mark(one.met)} <b>{_text(one.series.name)}</b>: "
            f"{_text(clean_told(one))}.</p>{_definitions(accusing)}"
            f"<details><summary>{len(one.series.scenarios)} scenarios, by turns</summary>"
            f"<ul>{scenarios}</ul></details>"
        )
    return _section("Systems without bugs", "".join(rows))
