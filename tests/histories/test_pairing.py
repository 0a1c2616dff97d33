"""Pairing: every misfit between invocations and completions is told with its place."""

import pytest

from histories.errors import HistoryError
from histories.event import Event, EventType
from histories.pairing import pair


def events(*told):
    """Each ``(process, type, f)`` or ``(process, type, f, key)``."""
    return [
        Event(index, index, process, EventType(kind), f, *rest)
        for index, (process, kind, f, *rest) in enumerate(told)
    ]


def complaint(*told):
    with pytest.raises(HistoryError) as raised:
        pair(events(*told), lambda position: f"h.jsonl:{position + 2}")
    return str(raised.value)


def test_a_process_runs_one_operation_at_a_time():
    assert complaint((3, "invoke", "read"), (3, "invoke", "write")) == (
        "h.jsonl:3: process 3 invoked 'write' while its 'read' (h.jsonl:2) is still open.\n"
        "    A process runs one operation at a time; after 'info', continue under a new process "
        "number."
    )


def test_a_process_retires_after_info():
    text = complaint((3, "invoke", "read"), (3, "info", "read"), (3, "invoke", "read"))
    assert "although its 'read' ended in 'info' (h.jsonl:3)" in text


def test_a_completion_needs_an_invocation():
    assert "completed 'read' with 'ok', but it has no operation open" in complaint(
        (0, "ok", "read")
    )
    twice = complaint((0, "invoke", "read"), (0, "ok", "read"), (0, "ok", "read"))
    assert twice.startswith("h.jsonl:4")


def test_a_completion_repeats_function_and_key():
    assert "had invoked 'read'" in complaint((0, "invoke", "read"), (0, "ok", "write"))
    text = complaint((0, "invoke", "read", "x"), (0, "ok", "read", "y"))
    assert "on key 'y', but it had invoked it on key 'x'" in text


def test_all_problems_come_at_once_and_nemesis_events_are_passed_over():
    text = complaint(("nemesis", "info", "kill"), (0, "ok", "a"), (1, "ok", "b"), (2, "fail", "c"))
    assert text.count("h.jsonl:") == 3


def test_operations_come_in_order_of_invocation():
    told = events((0, "invoke", "a"), (1, "invoke", "b"), (1, "ok", "b"), (0, "ok", "a"))
    assert [(o.f, o.call, o.ret) for o in pair(told, str)] == [("a", 0, 3), ("b", 1, 2)]
