"""``--consistency``: the promises that were asked about."""

from __future__ import annotations

from splitbrain.cli.catalogue import LEVELS, PROMISES
from splitbrain.quantities import parse_names
from splitbrain.suggest import unknown_name

LINEARIZABLE = "linearizable"
EVERY = "all"
"""As in ``checker.consistency.promise``, which takes too long to load for a help text."""


def parse_level(text: str | None, problems: list[str]) -> str | None:
    """The level of isolation named, whatever its case; a sentence in ``problems`` for a misfit."""
    if text is None:
        return None
    name = text.strip().lower().replace("_", "-").replace(" ", "-").replace("isable", "izable")
    if name not in LEVELS:
        problems.append(f"--level: {unknown_name('level', text, LEVELS)}")
        return None
    return name


def parse_promises(text: str | None, problems: list[str]) -> tuple[str, ...]:
    """The promises named, once each, in that order; a sentence in ``problems`` for each misfit.

    Linearizability alone where nothing was said. ``all`` stands alone, for all that fit the model.
    """
    if text is None:
        return (LINEARIZABLE,)
    names = tuple(dict.fromkeys(parse_names(text)))
    if names == (EVERY,):
        return names
    if not names:
        problems.append(f"--consistency: no promise is named; there is: {', '.join(PROMISES)}.")
    problems += [
        f"--consistency: {unknown_name('promise', name, PROMISES)}"
        for name in names
        if name not in PROMISES
    ]
    return names
