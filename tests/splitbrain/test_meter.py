"""How far many runs are: quiet at first, then a rate and an estimate."""

from __future__ import annotations

from io import StringIO

from splitbrain.progress import PlainProgress
from splitbrain.report.meter import Meter, words


def test_nobody_is_told_of_what_is_over_at_once_and_a_log_is_not_flooded() -> None:
    now = [0.0]
    told = StringIO()
    meter = Meter(PlainProgress(told, clock=lambda: now[0]), 3000, clock=lambda: now[0])
    for second in range(1, 1001):
        now[0] = float(second)
        meter.show(second, "R4 aimed")
    lines = told.getvalue().splitlines()
    assert lines[0] == "2 of 3,000 runs, 1.0 a second, about 50 min left: R4 aimed"
    assert [int(line.split()[0]) for line in lines[1:4]] == [12, 22, 32]
    assert len(lines) < 30


def test_the_estimate_is_what_is_left_at_the_rate_so_far() -> None:
    assert words(100, 200, 50.0, "x") == "100 of 200 runs, 2.0 a second, about 50 s left: x"
    assert "about 5.6 h left" in words(100, 200_100, 10.0, "x")
    assert words(0, 200, 3.0, "x") == "0 of 200 runs, 0.0 a minute: x"
    assert words(3, 6, 60.0, "x") == "3 of 6 runs, 3.0 a minute, about 60 s left: x"
    assert words(200, 200, 50.0, "x") == "200 of 200 runs, 4.0 a second: x"
