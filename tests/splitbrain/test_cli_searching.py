"""The progress of a long check: quiet at first, honest about what nobody knows."""

import io

from splitbrain.cli.searching import PLAIN_S, Searching


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def searching():
    clock, stream = Clock(), io.StringIO()
    told = Searching("h.jsonl", stream=stream, clock=clock)
    told.total(3, 1000)
    return told, clock, stream


def test_what_is_over_soon_says_nothing():
    told, clock, stream = searching()
    clock.now += 1.9
    told.tick(1, 400, 9000)
    told.close()
    assert stream.getvalue() == ""


def test_rate_and_estimate():
    told, clock, stream = searching()
    clock.now += 5
    told.tick(1, 250, 10_000)
    assert stream.getvalue() == (
        "h.jsonl: 5 s, 250 of 1,000 completions, 1 of 3 keys, 2,000 configurations a second; "
        "about 15 s left if the rest is like this\n"
    )


def test_a_log_gets_a_line_every_ten_seconds():
    told, clock, stream = searching()
    for _ in range(60):
        clock.now += 0.5
        told.tick(0, 100, 1)
    assert len(stream.getvalue().splitlines()) == 30 / PLAIN_S


def test_a_search_that_gets_no_further_is_not_estimated():
    told, clock, stream = searching()
    clock.now += 1
    told.tick(0, 500, 10)
    clock.now += 8
    told.tick(0, 500, 1_000_000)
    assert "no further for 8 s, nobody knows how long yet" in stream.getvalue()
    assert "left" not in stream.getvalue()
