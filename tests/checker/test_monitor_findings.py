"""What a monitor hands back holds the operations that have a place, and no others."""

from __future__ import annotations

from story import Story

from checker import Verdict, linearizable


def test_operations_that_say_nothing_leave_no_gap_in_an_order() -> None:
    story = Story().did(0, "append", "a").call(1, "get").did(0, "get", None, "a")
    assert linearizable(story.operations(), "append").verdict is Verdict.VALID
    assert linearizable(Story().call(0, "get").operations(), "append").verdict is Verdict.VALID
