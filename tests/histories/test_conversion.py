"""Writing histories in other formats: what comes back is what there was, or a loss that is told."""

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from histories.conversion import Unfit, edn, edn_line, format_of, losses, write
from histories.event import NEMESIS, Event, EventType
from histories.formats.edn import form
from histories.history import History, read_history

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
EVENTS = [
    Event(0, 5, 0, EventType.INVOKE, "write", "é\n", [1, None], "n1", None, {"more": {"a b": 1.5}}),
    Event(1, 6, NEMESIS, EventType.INFO, "kill", None, {"n1": True}),
    Event(2, 9, 0, EventType.FAIL, "write", "é\n", [1, None], "n1", 'no "leader"', {"odd name": 2}),
    Event(3, 9, 1, EventType.INVOKE, "odd f", None, 2**70),
    Event(4, 11, 1, EventType.INFO, "odd f", None, "", None, "timeout"),
]
KEY_VALUE = [
    Event(0, 1, 0, EventType.INVOKE, "append", "k", 'x "0"'),
    Event(1, 2, 1, EventType.INVOKE, "get", "k"),
    Event(2, 3, 2, EventType.INVOKE, "put", "k", "y"),
    Event(3, 4, 1, EventType.OK, "get", None, 'x "0"'),
    Event(4, 5, 2, EventType.FAIL, "put", "k", "y"),
    Event(5, 6, 0, EventType.INFO, "append", "k", None, None, "timeout"),
]


def history(tmp_path, events, **header):
    path = tmp_path / "a.jsonl"
    write(History.of({"model": "register", "run": "r", **header}, events), path, "jsonl")
    return read_history(path)


def rewritten(tmp_path, given, name, to=None):
    path = tmp_path / name
    write(given, path, to or format_of(path))
    return read_history(path)


def same(one, other):
    for field in dataclasses.fields(one.table):
        ours, theirs = getattr(one.table, field.name), getattr(other.table, field.name)
        assert list(ours) == list(theirs), field.name


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values)
def test_every_json_value_survives_edn(value):
    text = edn(value)
    assert form(text.encode(), 0, final=True) == (value, len(text.encode()))


@pytest.mark.parametrize("suffix", ("", ".zst", ".gz"))
def test_a_journal_becomes_edn_and_a_journal_again(tmp_path, suffix):
    first = history(tmp_path, EVENTS)
    there = rewritten(tmp_path, first, f"b.edn{suffix}")
    assert there.events == first.events == EVENTS
    same(first, there)
    back = rewritten(tmp_path, there, f"c.jsonl{suffix}")
    assert back.events == EVENTS
    same(first, back)
    assert back.reading == "knossos"  # what the file it was made from was read as


def test_a_journal_keeps_its_header(tmp_path):
    first = history(tmp_path, EVENTS, reading="porcupine")
    back = rewritten(tmp_path, first, "b.jsonl.zst")
    assert back.header == first.header and back.reading == "porcupine"


def test_what_jepsen_logged_keeps_its_model_and_reading(tmp_path):
    path = tmp_path / "etcd.log"
    path.write_text(
        "INFO jepsen.util - 0\t:invoke\t:cas\t[3 0]\nINFO jepsen.util - 0 :fail :cas [3 0]"
    )
    first = read_history(path)
    back = rewritten(tmp_path, first, "b.jsonl")
    assert (back.model, back.reading) == ("cas-register", "porcupine")
    same(first, back)


def test_key_value_logs_hold_what_succeeded_and_what_is_open(tmp_path):
    first = history(tmp_path, KEY_VALUE)
    there = rewritten(tmp_path, first, "b.txt")
    assert (tmp_path / "b.txt").read_text() == (
        '{:process 0, :type :invoke, :f :append, :key "k", :value "x \\"0\\""}\n'
        '{:process 1, :type :invoke, :f :get, :key "k", :value nil}\n'
        '{:process 1, :type :ok, :f :get, :key "k", :value "x \\"0\\""}\n'
    )
    assert there.reading == "porcupine"
    assert [(o.f, str(o.outcome)) for o in there.operations] == [("append", "info"), ("get", "ok")]
    told = " ".join(losses(first, "porcupine-kv"))
    for loss in ("times", "errors", "1 operations that failed", "indeterminate", "header"):
        assert loss in told


@pytest.mark.parametrize(
    ("events", "why"),
    (
        (EVENTS, "get, put and append"),
        ([Event(0, 0, 0, EventType.INVOKE, "put", None, "x")], "has key None"),
        ([Event(0, 0, 0, EventType.INVOKE, "put", "k", 3)], r"a\.jsonl:2"),
    ),
)
def test_other_histories_do_not_fit_key_value_logs(tmp_path, events, why):
    with pytest.raises(Unfit, match=why):
        losses(history(tmp_path, events), "porcupine-kv")


def test_what_edn_cannot_carry_is_said(tmp_path):
    told = losses(history(tmp_path, EVENTS), "edn")
    assert any("--model" in loss for loss in told) and any("--reading" in loss for loss in told)
    keyed = [Event(0, 0, 0, EventType.INVOKE, "read", None, ["x", None])]
    assert any("independent" in loss for loss in losses(history(tmp_path, keyed), "edn"))
    assert losses(history(tmp_path, EVENTS), "jsonl") == []


def test_edn_is_written_as_jepsen_writes_it():
    assert (
        edn_line(EVENTS[0])
        == (
            ':index 0, :time 5, :process 0, :type :invoke, :f :write, :key "é\\n", :value [1 nil], '
            ':node "n1", :more {"a b" 1.5}'
        ).join("{}")
        + "\n"
    )
    assert ":process :nemesis" in edn_line(EVENTS[1])


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    first = history(tmp_path, EVENTS)
    (tmp_path / "a.jsonl").unlink()
    with pytest.raises(Exception, match="cannot be read"):
        write(first, tmp_path / "b.edn", "edn")
    assert list(tmp_path.iterdir()) == []


def test_formats_are_told_by_the_name(tmp_path):
    names = ("a.jsonl", "a.edn.zst", "a.txt", "a.log", "a.zst", "a")
    assert [format_of(tmp_path / name) for name in names] == [
        "jsonl",
        "edn",
        "porcupine-kv",
        None,
        None,
        None,
    ]
    assert json.loads(edn([1])) == [1]
