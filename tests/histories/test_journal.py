"""The journal writer: lines exactly as pinned, valid for any value, sound when cut."""

import json
import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histories.event import NEMESIS, Event, EventType
from histories.journal import Journal, line

HEADER = {
    "run": "r1",
    "system": "raft",
    "workload": "register",
    "model": "cas-register",
    "start": "2026-01-02T03:04:05Z",
}

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Lone surrogates included: a hostile node may send them.
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_a_line_looks_as_the_contract_shows_it():
    event = Event(17, 2811034112, 3, EventType.OK, "cas", "x", [1, 4], "n2")
    assert line(event) == (
        '{"index": 17, "time": 2811034112, "process": 3, "type": "ok", "f": "cas", '
        '"key": "x", "value": [1, 4], "node": "n2"}\n'
    )


def test_an_error_and_unknown_members_come_last():
    event = Event(
        0, 5, 1, EventType.FAIL, "cas", 7, (1, 2), "n1", "mismatch", extra={"found": None}
    )
    assert line(event).endswith(', "node": "n1", "error": "mismatch", "found": null}\n')


def test_nemesis_events_carry_details():
    value = {"fault": 0, "stage": "start", "target": "leader"}
    parsed = json.loads(line(Event(1, 2, NEMESIS, EventType.INFO, "kill", None, value)))
    assert parsed["process"] == "nemesis"
    assert parsed["value"] == value


@given(key=VALUES, value=VALUES, f=st.text(), error=st.none() | st.text())
def test_any_json_value_survives(key, value, f, error):
    text = line(Event(1, 2, 3, EventType.INFO, f, key, value, None, error))
    assert text.isascii()
    assert text.count("\n") == 1
    parsed = json.loads(text)
    assert (parsed["f"], parsed["key"], parsed["value"]) == (f, key, value)
    assert parsed.get("error") == error


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, [1, -math.inf], {1, 2}, b"\xff", {(1, 2): 3}, object, 2 + 1j]
)
def test_what_json_cannot_carry_is_kept_as_its_repr(value):
    def strict(constant):
        raise AssertionError(f"{constant} is not JSON")

    parsed = json.loads(
        line(Event(0, 0, 0, EventType.OK, "read", None, value)), parse_constant=strict
    )
    assert "python" in json.dumps(parsed["value"])


def test_true_is_not_written_as_1():
    assert '"value": true' in line(Event(0, 0, 0, EventType.OK, "read", None, True))


def test_the_header_is_the_first_line_and_there_at_once(tmp_path):
    journal = Journal(tmp_path / "history.jsonl", HEADER)
    first = json.loads((tmp_path / "history.jsonl").read_text())
    assert first == {"format": "splitbrain-history", "version": 1, **HEADER}
    journal.close()


def test_lines_leave_with_flush_and_not_before(tmp_path):
    path = tmp_path / "history.jsonl"
    journal = Journal(path, HEADER)
    for index in range(3):
        journal.append(Event(index, index, 0, EventType.INVOKE, "read"))
    assert len(path.read_text().splitlines()) == 1
    journal.flush()
    assert len(path.read_text().splitlines()) == 4
    journal.flush()
    journal.close()
    assert len(path.read_text().splitlines()) == 4


def test_close_flushes_and_may_be_repeated(tmp_path):
    path = tmp_path / "history.jsonl"
    journal = Journal(path, HEADER)
    journal.append(Event(0, 0, 0, EventType.INVOKE, "read"))
    journal.close()
    journal.close()
    assert len(path.read_text().splitlines()) == 2
    journal.append(Event(1, 0, 0, EventType.OK, "read"))
    with pytest.raises(ValueError, match="closed already"):
        journal.flush()


def test_a_journal_never_overwrites_another(tmp_path):
    Journal(tmp_path / "history.jsonl", HEADER).close()
    with pytest.raises(FileExistsError):
        Journal(tmp_path / "history.jsonl", HEADER)


def test_a_short_write_goes_on_where_it_stopped(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data)[:7]))
    path = tmp_path / "history.jsonl"
    journal = Journal(path, HEADER)
    event = Event(0, 0, 0, EventType.OK, "read", "x", [1] * 50)
    journal.append(event)
    journal.close()
    assert path.read_text().splitlines()[1] + "\n" == line(event)
