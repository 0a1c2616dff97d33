"""Reading journals: what is accepted, what a cut one means, and what errors teach."""

import json

import pytest

from histories.errors import HistoryError
from histories.event import NEMESIS, Outcome
from histories.history import read_history

HEADER = {"format": "splitbrain-history", "version": 1, "run": "r", "model": "register"}
EVENTS = [
    {"index": 0, "time": 5, "process": 0, "type": "invoke", "f": "write", "key": "é", "value": 1},
    {"index": 1, "time": 6, "process": "nemesis", "type": "info", "f": "kill", "value": {"n": 1}},
    {"index": 2, "time": 9, "process": 0, "type": "ok", "f": "write", "key": "é", "value": 1},
    {"index": 3, "time": 10, "process": 1, "type": "invoke", "f": "read", "key": "é", "node": "n2"},
    {"index": 4, "time": 12, "process": 1, "type": "fail", "f": "read", "key": "é", "error": "t/o"},
    {"index": 5, "time": 13, "process": 2, "type": "invoke", "f": "write", "key": "é", "value": 2},
    {"index": 6, "time": 15, "process": 2, "type": "info", "f": "write", "key": "é", "new": True},
]


def journal(tmp_path, *lines, header=HEADER):
    path = tmp_path / "history.jsonl"
    shown = [line if isinstance(line, str) else json.dumps(line) for line in (header, *lines)]
    path.write_text("\n".join(shown) + "\n")
    return path


def problems(path):
    with pytest.raises(HistoryError) as raised:
        read_history(path)
    return str(raised.value)


def test_events_are_paired_into_operations(tmp_path):
    history = read_history(journal(tmp_path, *EVENTS))
    assert history.model == "register" and history.notes == []
    assert [o.outcome for o in history.operations] == [Outcome.OK, Outcome.FAIL, Outcome.INFO]
    write, read, open_ = history.operations
    assert (write.call, write.ret, write.call_ns, write.ret_ns) == (0, 2, 5, 9)
    assert (read.node, read.error) == ("n2", "t/o")
    assert (open_.ret, open_.ret_ns) == (None, None)
    assert history.events[1].process == NEMESIS and history.events[6].extra == {"new": True}
    assert history.where(3).endswith("history.jsonl:5")


def test_a_journal_cut_at_any_byte_is_a_sound_history(tmp_path):
    data = journal(tmp_path, *[{**e, "value": e.get("value", "ü")} for e in EVENTS]).read_bytes()
    whole = read_history(tmp_path / "history.jsonl")
    cut = tmp_path / "cut.jsonl"
    for size in range(len(data)):
        cut.write_bytes(data[:size])
        history = read_history(cut)
        assert history.events == whole.events[: len(history.events)]
        complete = data[:size].endswith((b"\n", b"}")) or size == 0
        assert complete or any("cut off" in note for note in history.notes) or size < 60


def test_what_was_cut_off_is_indeterminate(tmp_path):
    path = tmp_path / "h.jsonl"
    path.write_bytes(journal(tmp_path, *EVENTS[:3]).read_bytes()[:-20])
    (operation,) = read_history(path).operations
    assert operation.outcome is Outcome.INFO and operation.ret is None


def test_a_damaged_line_that_is_not_the_last_is_an_error(tmp_path):
    path = journal(tmp_path, EVENTS[0], '{"index": 1, "ti', *EVENTS[2:])
    text = problems(path)
    assert text.startswith(f"{path}:3: not JSON (")
    assert "Each line is one JSON object" in text


def test_all_problems_are_listed_at_once_up_to_twenty(tmp_path):
    text = problems(journal(tmp_path, "[]", "nonsense", *[{"type": "ok"}] * 30))
    assert text.count("history.jsonl:") == 20
    assert text.endswith("(stopped after 20 problems; there may be more)")


@pytest.mark.parametrize(
    ("member", "value", "seen"),
    (
        ("type", "maybe", "'type' is '\"maybe\"'."),
        ("process", -1, "'process' is '-1'."),
        ("process", True, "'process' is 'true'."),
        ("process", "p1", "'process' is '\"p1\"'."),
        ("process", 2**63, "'process' is"),
        ("f", "", "'f' is '\"\"'."),
        ("f", None, "'f' is 'null'."),
        ("index", 0, "'index' is '0'."),
        ("index", 1.5, "'index' is '1.5'."),
        ("time", -3, "'time' is '-3'."),
        ("node", 3, "'node' is '3'."),
        ("error", ["x"], "'error' is"),
    ),
)
def test_each_member_is_checked(tmp_path, member, value, seen):
    event = {**EVENTS[1], "process": 7, "type": "invoke", member: value}
    text = problems(journal(tmp_path, EVENTS[0], event))
    assert text.startswith(f"{tmp_path}/history.jsonl:3: {seen}")


@pytest.mark.parametrize(
    ("line", "seen"),
    (
        ('{"value": NaN}', "NaN is no JSON value"),
        ('{"value": 1e999}', "1e999 is no JSON value"),
        ('{"value": ' + "9" * 5000 + "}", "a number that cannot be read"),
        ('{"value": ' + "[" * 70 + "]" * 70 + "}", "nested too deeply"),
        ('{"value": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"value": "\\ud800"}', "half of a surrogate pair"),
        ('"text"', "a JSON str, not an object"),
        ("\x00\x00", "not JSON"),
    ),
)
def test_values_that_are_no_values_are_refused(tmp_path, line, seen):
    assert seen in problems(journal(tmp_path, line, EVENTS[0]))


def test_bytes_that_are_not_utf8_are_refused(tmp_path):
    path = journal(tmp_path, EVENTS[0])
    path.write_bytes(path.read_bytes() + b'{"value": "\xff"}\n')
    assert "history.jsonl:3: byte 12 of the line is not UTF-8." in problems(path)


def test_another_format_or_a_newer_version_is_named(tmp_path):
    assert "names version '2'" in problems(journal(tmp_path, header={**HEADER, "version": 2}))
    assert "the format 'other'" in problems(journal(tmp_path, header={"format": "other"}))
    assert "'model' is '3'" in problems(journal(tmp_path, header={**HEADER, "model": 3}))


def test_a_file_that_is_no_history_says_what_one_is(tmp_path):
    path = tmp_path / "x"
    path.write_text("hello\n")
    assert "starts with 'hello'" in problems(path) and "Jepsen log" in problems(path)
    assert "cannot be read" in problems(tmp_path / "absent")
    assert "cannot be read" in problems(tmp_path)
    assert problems("a\x00b")


def test_a_hand_written_history_may_leave_out_header_index_and_time(tmp_path):
    path = tmp_path / "h.jsonl"
    path.write_text(
        '{"process":0,"type":"invoke","f":"read"}\r\n\r\n{"process":0,"type":"ok","f":"read"}\r\n'
    )
    history = read_history(path)
    assert [(o.call, o.ret) for o in history.operations] == [(0, 1)]
    assert "the model must be named" in history.notes[0]


def test_a_byte_order_mark_is_passed_over(tmp_path):
    path = journal(tmp_path, *EVENTS)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_history(path).operations) == 3


def test_times_that_go_backwards_are_noted_and_the_order_of_lines_counts(tmp_path):
    events = [EVENTS[0], {**EVENTS[2], "time": 1}]
    history = read_history(journal(tmp_path, *events))
    assert history.operations[0].ret == 2
    assert "times go backwards" in history.notes[0]
