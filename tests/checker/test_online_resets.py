"""What cannot be any more can be again once something resets the state."""

from __future__ import annotations

from story import Story

from checker import Verdict
from checker.online.monitor import Monitor


def test_a_get_that_only_an_open_put_explains_is_not_accused() -> None:
    story = Story().did(0, "append", "aaaa").call(1, "put", "aa").call(2, "get")
    monitor = Monitor("append", compile=False)
    for event in story.ok(2, "aa").ok(1).events:
        assert monitor.feed(event) is None
        assert monitor.probe() is None
    assert monitor.finish().verdict is Verdict.VALID


def test_once_the_put_is_over_the_same_get_is_impossible() -> None:
    story = Story().did(1, "put", "aa").did(0, "append", "aaaa").call(2, "get")
    monitor = Monitor("append", compile=False)
    found = [monitor.feed(event) or monitor.probe() for event in story.ok(2, "aa").events]
    assert found[-1] is not None
    assert found[:-1] == [None] * (len(found) - 1)
