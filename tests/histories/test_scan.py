"""The fast scanner against careful reading: the same table and places, or it declines."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from histories.conversion import edn_line
from histories.errors import HistoryError
from histories.event import NEMESIS, Event, EventType
from histories.formats import compiled, recorder, scanner
from histories.formats.detection import reader_of
from histories.formats.scan import scan
from histories.journal import line
from histories.source import Source
from histories.tabulation import Tabulation
from histories.values import Values

SETTINGS = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HEADER = '{"format": "splitbrain-history", "version": 1, "model": "register"}\n'


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Nearly every event lies across blocks."""
    monkeypatch.setattr("histories.source.BLOCK_BYTES", 50)


texts = st.sampled_from(("x", "", "longer than seven", "é", 'a"b', "a\\b", "\n", "k1", "😀"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.sampled_from((10**17, -(10**18), 2**63, -(2**63), 1.0, 1.5, -0.0, 1e300))
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=6,
)


@st.composite
def journals(draw):
    """Events that pair, but for an occasional slip."""
    events, open_, process_of = [], {}, list(range(3))
    time = index = 0
    for _ in range(draw(st.integers(0, 12))):
        lane = draw(st.integers(0, 3))
        time += draw(st.integers(-1, 5))
        index += draw(st.sampled_from((1, 1, 1, 2)))
        time = max(time, 0)
        if lane == 3:
            events.append(Event(index, time, NEMESIS, EventType.INFO, "kill", None, draw(values)))
            continue
        process = process_of[lane]
        node = draw(st.sampled_from((None, "n1", "n2")))
        error = draw(st.sampled_from((None, None, "timeout", 'said "no"')))
        extra = draw(st.sampled_from(({}, {}, {"more": 1}, {"odd": {"a": [1.5]}})))
        value = draw(values)
        if lane in open_:
            f, key = open_.pop(lane)
            kind = draw(st.sampled_from((EventType.OK, EventType.FAIL, EventType.INFO)))
            process_of[lane] += 100 * (kind is EventType.INFO)
            key = draw(st.sampled_from((key, key, key, None)))
        else:
            f, key = draw(st.sampled_from(("read", "write"))), draw(st.none() | scalars)
            open_[lane] = (f, key)
            kind = EventType.INVOKE
        events.append(Event(index, time, process, kind, f, key, value, node, error, extra))
    return events


def as_journal(events):
    return (HEADER + "".join(map(line, events))).encode()


def as_edn(events):
    return "".join(map(edn_line, events)).encode()


def careful(path):
    """Table, places and notes by careful reading; None where it refuses."""
    source = Source(path)
    reader = reader_of(source.head(), "h")
    tabulation = Tabulation(str)
    for number, event in reader.events(source.blocks()):
        tabulation.add(event, number)
    try:
        return None if reader.problems else (tabulation.table(), tabulation.places, reader)
    except HistoryError:
        return None


def fast(path, kernels=compiled):
    source = Source(path)
    reader = reader_of(source.head(), "h")
    found = scan(source, reader, kernels)
    return None if found is None else (*found, reader)


def assert_same(path, *, declining_allowed=False):
    one, other = fast(path), careful(path)
    if one is None:
        assert other is None or declining_allowed
        return
    assert other is not None
    table, places, reader = one
    expected, expected_places, expected_reader = other
    for field in dataclasses.fields(table):
        ours, theirs = getattr(table, field.name), getattr(expected, field.name)
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype, field.name
            assert ours.tolist() == theirs.tolist(), field.name
        elif isinstance(ours, Values):
            for part in ("kinds", "numbers", "offsets", "blob"):
                assert getattr(ours, part).tolist() == getattr(theirs, part).tolist(), field.name
        else:
            assert ours == theirs, field.name
    for index in [*table.call.tolist(), *table.ret.tolist()]:
        if index != 2**63 - 1:
            assert places.line(index) == expected_places.line(index)
    assert (reader.header, reader.notes, reader.reading) == (
        expected_reader.header,
        expected_reader.notes,
        expected_reader.reading,
    )


@SETTINGS
@given(events=journals())
def test_journals_are_read_alike(tmp_path, events):
    path = tmp_path / "h"
    path.write_bytes(as_journal(events))
    assert_same(path)


@SETTINGS
@given(events=journals(), brackets=st.booleans())
def test_edn_is_read_alike(tmp_path, events, brackets):
    data = as_edn(events)
    path = tmp_path / "h"
    path.write_bytes(b"[" + data + b"]" if brackets else b";\n" + data)
    assert_same(path)


@SETTINGS
@given(events=journals(), data=st.data(), write=st.sampled_from((as_journal, as_edn)))
def test_with_bytes_changed_both_agree_or_the_scanner_declines(tmp_path, events, data, write):
    raw = bytearray(write(events) or b"{")
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw) - 1))
        how = data.draw(st.sampled_from(("set", "cut", "insert", "end")))
        byte = data.draw(st.sampled_from(tuple(b'{}[]()",:;#\\ \n\t\0-019.enutf\xff\xc3')))
        if how == "set":
            raw[place] = byte
        elif how == "cut":
            del raw[place : place + data.draw(st.integers(1, 9))]
        elif how == "insert":
            raw.insert(place, byte)
        else:
            del raw[place:]
        if not raw:
            break
    path = tmp_path / "h"
    path.write_bytes(raw)
    try:
        reader_of(Source(path).head(), "h")
    except HistoryError:
        return
    assert_same(path, declining_allowed=True)


@pytest.mark.parametrize(
    "text",
    (
        "{:process 0 :type :invoke :f :read} {:process 0 :type :ok :f :read :value (1 :a)}",
        '#jepsen.history.Op{:process 0, :type :invoke, :f :t, :value [[:append 1 "x"] [:r 2 nil]]}',
        "{:process 0, :type :invoke, :f :add, :value #{3 1 :b}}\n{:process 0, :type :ok, :f :add}",
        "({:process 0, :type :invoke, :f :add, :value 12N} #_ {:a 1} ; so\n)",
        "{:process 0,\n :type :invoke,\n :f :add,\n :value [1\n 2]}\n\n"
        '{:process 1, :type :invoke, :f "a"}',
        "{:process 0, :type :invoke, :f :cas, :value [1 2] :index 5}"
        "{:process 0, :type :info, :f :cas, :value :timed-out :index 3 :error [:x {:a 1}]}",
        "{:type :invoke, :value [[:append 1 2]]} {:type :ok, :value [[:append 1 2]]}\n"
        "{:type :invoke, :f :txn, :value ([:r 1 nil] [:r 2])}\n"
        "{:process :nemesis, :type :info, :f :kill, :value [1 2]}\n"
        "{:type :info, :f nil, :value [[:r 1 nil] [:r 2]], :error [:x {:a 1}]}\n"
        "{:process nil, :type :invoke, :value [[:r 1]]} {:type :fail, :value [[:r #{1}]]}\n"
        "{:process 9, :type :invoke, :value [[:r 1]]} {:process 9, :type :ok, :value [[:r 1 [2]]]}",
    ),
)
def test_edn_in_many_spellings(tmp_path, text):
    path = tmp_path / "h"
    path.write_text(text)
    assert fast(path) is not None
    assert_same(path)


@pytest.mark.parametrize("write", (as_journal, as_edn))
def test_many_values_processes_and_blocks(tmp_path, monkeypatch, write):
    """Arrays that grow."""
    monkeypatch.setattr("histories.source.BLOCK_BYTES", 7777)
    events = []
    for number in range(3000):
        value = [number, [f"value {number}", None]] if number % 7 else "x" * (number % 1000)
        for kind in (EventType.INVOKE, EventType.INFO):
            index = len(events)
            events.append(Event(index, index, number, kind, f"f{number % 40}", number % 9, value))
    path = tmp_path / "h"
    path.write_bytes(write(events))
    assert fast(path) is not None
    assert_same(path)


def test_what_is_regular_needs_no_careful_reading(tmp_path, monkeypatch):
    events = [
        Event(2 * i + j, 5, i % 3, kind, "cas", f"k{i}", [i, [None, "é", True]], "n1", error)
        for i in range(50)
        for j, (kind, error) in enumerate(((EventType.INVOKE, None), (EventType.OK, "x")))
    ]
    path = tmp_path / "h"
    path.write_bytes(as_journal(events).decode().replace("\\u00e9", "é").encode())
    monkeypatch.setattr("histories.formats.jsonl._event", lambda *_: pytest.fail("read with care"))
    table, _, _ = fast(path)
    assert len(table) == 50 and table.values[2] == [None, "é", True]


class Plain:
    """The kernels as they are written, with bounds that Python checks."""

    rehash, intern, place, note, record = (
        recorder.rehash,
        recorder.intern,
        recorder.place,
        recorder.note,
        recorder.record,
    )

    @staticmethod
    def scan(data, *rest):
        return scanner.scan(data.tobytes(), *rest)


@settings(SETTINGS, max_examples=20)
@given(events=journals(), write=st.sampled_from((as_journal, as_edn)))
def test_plain_kernels_do_the_same(tmp_path, events, write):
    path = tmp_path / "h"
    path.write_bytes(write(events))
    one, other = fast(path, Plain), fast(path)
    assert (one is None) == (other is None)
    if one is not None:
        for field in dataclasses.fields(one[0]):
            ours, theirs = getattr(one[0], field.name), getattr(other[0], field.name)
            assert list(ours) == list(theirs), field.name


def test_runs_of_places_are_few(tmp_path):
    events = [Event(i, i, i, EventType.INVOKE, "read") for i in range(100)]
    path = tmp_path / "h"
    path.write_bytes(as_journal(events))
    _, places, _ = fast(path)
    assert len(places) == 1
    assert all(places.line(b) - places.line(a) == 1 for a, b in pairwise(range(100)))
