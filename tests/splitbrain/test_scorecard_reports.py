"""The scorecard told: text, JSON, Markdown and a page, of the same numbers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from score_trials import (
    CATALOGUE,
    R4,
    R8,
    R9,
    card,
    card_of,
    caught,
    failed,
    in_turn,
    series,
    survived,
    unavailable,
    unknown,
    unreached,
    vacuous,
    valid,
)

from checker.verdict import Verdict
from splitbrain.plan import Plan
from splitbrain.report.scorecard import (
    scorecard_document,
    scorecard_markdown,
    scorecard_page,
    scorecard_text,
)
from splitbrain.score import Request, scored, series_of
from splitbrain.score.facts import facts_of

C1 = "raft.vote-not-durable"
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--slot:facts-->",
    "a | b ` c * d _ e # f",
    "two\nlines",
    "\u202egnirts",
)
FACTS = facts_of(Request(("raft",), (R4, R9), seeds=4, clean_seeds=5))


def told(plan: Plan):
    """R4 always, R9 now and then when aimed, C1 never; one clean run says nothing."""
    if R4 in plan.bugs or R8 in plan.bugs:
        return caught(plan)
    if R9 in plan.bugs:
        return in_turn(caught, survived, unknown)(plan) if plan.strategy == "aimed" else valid(plan)
    if plan.bugs:
        return survived(plan)
    return in_turn(vacuous, valid)(plan)


CARD = card(told, R4, R8, R9, C1, seeds=4, clean_seeds=5)


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_the_text_goes_tier_by_tier_against_the_goals() -> None:
    text = squeezed(scorecard_text(CARD, width=160))
    assert "✓ Tier A: every bug caught in 4 of 4 seeds at least; 2 of 2 are" in text
    assert "✓ R4 raft.stale-leader-read 4/4 4/4 4/4 2.0 200 stale read" in text
    assert "✓ Tier B: every bug caught in 2 of 4 seeds at least; 1 of 1 are" in text
    assert "✓ R9 raft.stale-append-truncates 0/4 2/4 3/4 2.0 200 stale read (1 unknown)" in text
    assert "✗ Tier C: every bug caught in 1 of 4 seeds at least; 0 of 1 are" in text
    assert "✗ R1 raft.vote-not-durable 0/4 0/4 4/4 reached and survived" in text
    assert "✓ raft: no accusation in 2 runs; served again 500 ms after the last heal" in text
    assert "3 vacuous" in text
    assert "✗ Tier C: 0 of 1 bugs are caught in seeds enough, 1 should be. Below: R1." in text


def test_a_bug_without_an_aimed_run_leaves_that_cell_empty() -> None:
    assert "✓ R8 raft.stale-follower-read 4/4 4/4 2.0 200 stale read" in squeezed(
        scorecard_text(CARD, width=160)
    )


@pytest.mark.parametrize("width", [100, 120])
def test_the_text_keeps_to_the_width(width: int) -> None:
    assert max(map(len, scorecard_text(CARD, width=width).splitlines())) <= width


def test_a_score_that_was_cut_off_is_never_called_met() -> None:
    asked = series(R4, seeds=2, clean_seeds=0)
    whole = card_of(asked, in_turn(caught, failed))
    for text in (scorecard_text(whole), scorecard_markdown(whole, FACTS)):
        assert "Not every run was finished" in text
        assert "very goal is met" not in text
    assert scorecard_document(whole, FACTS)["met"] is False


def test_what_is_not_finished_is_neither_met_nor_missed() -> None:
    asked = series(R4, R9, seeds=3, clean_seeds=0)
    trials = {plan: caught(plan) for plan in asked[0].plans()}
    text = squeezed(scorecard_text(scored(asked, trials), width=160))
    assert "✓ R4 raft.stale-leader-read 3/3 0/0 3/3" in text
    assert "… Tier B:" in text and "… R9 raft.stale-append-truncates 0/0 0/0 0/0 not tried" in text
    assert "✗" not in text


def test_the_document_is_plain_json_with_every_seed() -> None:
    document = json.loads(json.dumps(scorecard_document(CARD, FACTS)))
    assert (document["format"], document["version"]) == ("splitbrain-scorecard", 1)
    assert document["command"] == FACTS.command
    assert document["met"] is False and len(document["misses"]) == 1
    bugs = {bug["id"]: bug for bug in document["bugs"]}
    aimed = bugs["R9"]["strategies"]["aimed"]
    assert (aimed["caught"], aimed["reached"], aimed["unknown"], aimed["seeds"]) == (2, 3, 1, 4)
    assert [trial["caught"] for trial in aimed["trials"]] == [True, False, False, True]
    assert "--strategy aimed" in aimed["again"] and "--seed 1 " in aimed["again"]
    assert bugs["R1"]["state"] == "reached and survived"
    clean = document["clean"][0]
    assert (clean["accused"], clean["decided"], clean["served_s_max"]) == ([], 2, 0.5)


def test_what_accuses_is_never_counted_as_unknown() -> None:
    """A run that was cut short by a budget may still have shown that nobody was served."""
    told = in_turn(unknown, lambda plan: replace(unavailable(plan), verdict=Verdict.UNKNOWN))
    found = card(told, R9, seeds=4, clean_seeds=0, strategies=("random",))
    tried = scorecard_document(found, FACTS)["bugs"][0]["strategies"]["random"]
    assert (tried["caught"], tried["unknown"]) == (2, 2)
    assert "(2 unknown)" in squeezed(scorecard_text(found, width=160))


def test_the_document_names_runs_that_the_harness_did_not_finish() -> None:
    plan = next(series(R4)[0].plans())
    document = scorecard_document(CARD, FACTS, failures={plan: failed(plan)})
    assert "OSError: it broke" in document["failures"][0]["error"]
    assert document["failures"][0]["again"].startswith("splitbrain test raft ")


def test_markdown_carries_the_command_and_neither_date_nor_place() -> None:
    text = scorecard_markdown(CARD, FACTS)
    assert f"\n    {FACTS.command}\n" in text
    assert "60 simulated seconds a run; a bug and strategy: 4 seeds (1 to 4)" in text
    assert "| R9 | raft.stale-append-truncates | 0/4 | **2/4** | 3/4 | 2.0 | 200 |" in text
    assert "- **R1** (reached and survived): " in text
    assert not re.search(r"20\d\d-\d\d|/home/|/tmp/|/root/", text)
    assert scorecard_markdown(card(told, R4, R8, R9, C1, seeds=4, clean_seeds=5), FACTS) == text


def hostile_card(text: str):
    bug = replace(CATALOGUE.bugs[R4], mutation=text, source=text, note=text)
    catalogue = replace(CATALOGUE, bugs={R4: bug})
    asked = Request(("raft",), (R4,), seeds=1, clean_seeds=1)
    found = card_of(
        series_of(asked, catalogue),
        lambda plan: replace(caught(plan) if not plan.bugs else survived(plan), kinds=(text,)),
    )
    return found, replace(FACTS, command=f"splitbrain score {text}")


class Tags(HTMLParser):
    """The elements of a page, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_bug_or_finding_becomes_markup(text: str) -> None:
    assert Tags(scorecard_page(*hostile_card(text))).seen == (
        Tags(scorecard_page(*hostile_card("plain"))).seen
    )
    tables = [
        [len(re.findall(r"(?<!\\)\|", line)) for line in markdown.splitlines() if line[:1] == "|"]
        for markdown in (scorecard_markdown(*hostile_card(t)) for t in (text, "plain"))
    ]
    assert tables[0] == tables[1]


def test_the_page_needs_no_network_and_no_script() -> None:
    page = scorecard_page(CARD, FACTS)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert "script" not in Tags(page).seen
    assert not re.search(r"""src\s*=|href\s*=|url\(|@import|https?://""", page)
    assert "<!--slot" not in page
    assert "prefers-color-scheme: dark" in page


def test_the_page_shows_every_seed_and_how_a_bug_was_run() -> None:
    page = scorecard_page(CARD, FACTS)
    assert page.count("<i class=") - page.count("<p class=legend>") * 3 == 4 * 7
    assert 'title="seed 1: invalid after 2.0 s"' in page
    assert "workload register; 100 operations a second; no faults" in page
    assert "what is wrong" in page and "How to read it" in page
    assert 'class="missed"' in page


def test_a_catch_where_the_line_is_not_known_to_have_run_is_told_everywhere() -> None:
    found = card(in_turn(caught, unreached, valid), R9, seeds=6, clean_seeds=0)
    told = "caught 4 times where the mutated line is not known to have run (random 2, aimed 2)"
    assert f"R9: {told}" in squeezed(scorecard_text(found))
    markdown = scorecard_markdown(found, FACTS)
    assert f"- **R9**: {told}.\n" in markdown and "- *not known to have run*: " in markdown
    page = scorecard_page(found, FACTS)
    assert told in page
    assert page.count('s; the mutated line is not known to have run"') == 4
    tried = scorecard_document(found, FACTS)["bugs"][0]["strategies"]["aimed"]
    assert (tried["caught"], tried["caught_unreached"]) == (4, 2)
    assert [trial["reached"] for trial in tried["trials"] if trial["caught"]] == [3, 0, 3, 0]
    known = card(caught, R9, seeds=2, clean_seeds=0)
    assert "not known to have run" not in scorecard_text(known)
    assert "## Caught, but" not in scorecard_markdown(known, FACTS)


def test_an_explanation_is_told_where_the_goal_is_missed() -> None:
    bug = replace(CATALOGUE.bugs[R9], note="It cannot be seen by clients, because.")
    asked = Request(("raft",), (R9,), seeds=2, clean_seeds=0)
    missed = card_of(series_of(asked, replace(CATALOGUE, bugs={R9: bug})), survived)
    told_ = [
        scorecard_text(missed),
        scorecard_markdown(missed, FACTS),
        scorecard_page(missed, FACTS),
    ]
    assert all("It cannot be seen by clients, because." in text for text in told_)
    assert "No explanation is given" in scorecard_markdown(CARD, FACTS)
