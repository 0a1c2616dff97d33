"""What a stranger has to be told before the numbers mean anything: for Markdown and the page."""

from __future__ import annotations

from splitbrain.quantities import duration_text
from splitbrain.report.scorecard.document import again
from splitbrain.score.facts import Facts
from splitbrain.score.scorecard import CAUGHT, BugScore, Scorecard

TITLE = "Scorecard: which seeded bugs are caught"

INTRODUCTION = (
    "A checker is worth what it catches. The bundled nodes carry seeded bugs: wrong versions of "
    "single rules, most of them mistakes that real systems shipped. Each bug runs over many seeds "
    "on the simulated host, and counts as caught only by what its clients saw: an answer that "
    "cannot have happened, or no service after the last fault was undone. The same nodes without "
    "bugs run under the same workloads, faults and times, and must never be accused."
)

TERMS = (
    (
        "tier",
        "how hard a bug is to find, estimated beforehand. A: under a minute; B: minutes; C: rare, "
        "wants an aimed fault",
    ),
    ("random", "faults come at random times and hit random nodes, or those the bug's row names"),
    (
        "aimed",
        "faults wait for what happens inside the cluster (an election, a record that is about to "
        "be written); of the bug they know the kinds of faults that its row names, no more",
    ),
    (
        "k/n",
        "caught in k of n seeds. The goal counts the better strategy; the columns after it are "
        "that strategy's",
    ),
    ("reached", "in how many seeds the mutated line ran, as the node itself counted"),
    (
        "seconds, operations",
        "medians of the runs that caught it: simulated time of the run and operations begun, when "
        "the violation was complete",
    ),
    (
        "seen as",
        "kinds of anomalies that were found, those that the bug's row names first; in how many of "
        "the catches, where not in all",
    ),
    ("never reached", "the mutated line never ran, so nothing can be concluded but that"),
    (
        "not known to have run",
        "caught, though no node told that the mutated line ran. A node that is killed takes its "
        "last counts along, so the bug may well have done it; or else the correct code is "
        "accused, and that is what the runs without bugs are there to show",
    ),
    ("reached and survived", "the mutated line ran, and clients saw nothing wrong"),
    (
        "unknown, vacuous, failed",
        "runs that could not be decided, that tested nothing, or that the harness did not "
        "finish: never counted as caught",
    ),
    (
        "again",
        "a seed of any row runs again, with everything a run leaves behind, as in: splitbrain "
        "test raft --host simulated --bug R4 --strategy aimed --time-limit 60s --seed 1",
    ),
)


def budget_text(facts: Facts) -> str:
    """What every run was given."""
    request = facts.request
    first, last = request.first_seed, request.first_seed + request.seeds - 1
    told = f"{duration_text(request.time_limit_s)} simulated seconds a run"
    if request.seeds:
        told += f"; a bug and strategy: {request.seeds} seeds ({first} to {last})"
    if request.clean_seeds:
        last = request.first_seed + request.clean_seeds - 1
        told += (
            f"; a system without bugs: {request.clean_seeds} seeds ({first} to {last}), the "
            "scenarios of its bugs by turns"
        )
    return told + "."


def verdict_text(card: Scorecard) -> str:
    """The whole card in a sentence or two."""
    caught = sum(one.state == CAUGHT for one in card.bugs)
    told = f"{caught} of {len(card.bugs)} bugs are caught" if card.bugs else ""
    accused = sum(len(one.accused) for one in card.clean)
    runs = sum(len(one.trials) for one in card.clean)
    if card.clean:
        clean = f"systems without bugs are accused in {accused:,} of {runs:,} runs"
        told = f"{told}; {clean}" if told else clean.capitalize()
    if not card.complete:
        return f"{told}. Not every run was finished."
    return f"{told}. " + ("Some goals are missed." if card.misses() else "Every goal is met.")


def explained(card: Scorecard) -> list[tuple[BugScore, str]]:
    """The bugs that missed their goal, each with why, where that is known."""
    return [(one, one.bug.note or "No explanation is given.") for one in card.bugs if not one.met]


def again_text(score: BugScore) -> str | None:
    """The command that repeats the first catch of the better strategy."""
    return again(score.best)
