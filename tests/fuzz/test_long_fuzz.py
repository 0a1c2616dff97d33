"""The long fuzz runs, is worth running, and notices a checker that lies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import fuzz_checks
import fuzz_drawing
import long
import pytest
from fuzz_drawing import draw

from checker import Verdict
from histories.history import read_history

ROUNDS = 100


def test_some_rounds_of_the_long_fuzz_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small histories and plain Python: nothing is worth compiling for a few seconds.
    monkeypatch.setattr(fuzz_drawing, "SMALL_SHARE", 0.95)
    monkeypatch.setattr(fuzz_drawing, "COMPILED_SHARE", 0.0)
    told: list[str] = []
    code = long.fuzz(1, 60, [], rounds=ROUNDS, folder=tmp_path, tell=told.append)
    assert code == 0, "\n".join(told)


def test_it_draws_enough_that_is_invalid_and_enough_that_is_indeterminate() -> None:
    tally = long.Tally()
    for number in range(150):
        drawn = draw(Random(f"7/{number}"))
        if drawn is not None:
            tally.count(drawn)
    assert tally.rounds > 120
    assert tally.invalid >= 0.3 * tally.rounds
    assert tally.indeterminate >= 0.3 * tally.rounds


def test_a_checker_that_lies_is_found_out_with_a_history_that_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lies(operations, model, **options):
        result = honest(operations, model, **options)
        if any(o.f == "cas" and o.error == "mismatch" for o in operations):
            return replace(result, verdict=Verdict.INVALID)
        return result

    honest = fuzz_checks.linearizable
    monkeypatch.setattr(fuzz_checks, "linearizable", lies)
    told: list[str] = []
    assert long.fuzz(3, 60, ["cas-register"], folder=tmp_path, tell=told.append) == 1
    assert "tests/fuzz/long.py --seed 3 --model cas-register --round" in told[-1]
    (kept,) = tmp_path.glob("fuzz-3-*.jsonl")
    operations = read_history(kept).operations
    assert [(o.f, o.error) for o in operations] == [("cas", "mismatch")]
