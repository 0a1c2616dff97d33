"""Whatever the bytes are, reading them gives a history or a HistoryError, and the judge copes."""

import gzip
import io
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker import judge
from histories.errors import HistoryError
from histories.history import read_history
from histories.stream import events as streamed

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=5,
)
plausible = st.fixed_dictionaries(
    {
        "process": st.integers(0, 3) | st.just("nemesis"),
        "type": st.sampled_from(("invoke", "ok", "fail", "info")),
        "f": st.sampled_from(("read", "write", "cas", "add")),
    },
    optional={"value": values, "key": values, "error": st.just("mismatch")},
)
wild = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("index", "time", "process", "type", "f", "node"), values)
)
SETTINGS = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def survives(path, data):
    path.write_bytes(data)
    try:
        history = read_history(path)
        for model in ("cas-register", "set", "counter"):
            judge(history, model, max_configurations=1000)
        if not history.notes:
            assert list(streamed(io.BytesIO(data), "-")) == history.events
    except HistoryError as error:
        assert error.problems and str(error).isprintable() is not None
        str(error).encode("utf-8")


@SETTINGS
@given(data=st.binary(max_size=300))
def test_random_bytes(tmp_path, data):
    survives(tmp_path / "h", data)


@SETTINGS
@given(data=st.binary(max_size=100))
def test_random_bytes_after_a_header(tmp_path, data):
    survives(tmp_path / "h", b'{"format": "splitbrain-history", "version": 1}\n' + data)


@SETTINGS
@given(events=st.lists(plausible | wild, max_size=12))
def test_events_of_any_shape(tmp_path, events):
    survives(tmp_path / "h", "\n".join(json.dumps(event) for event in events).encode())


@SETTINGS
@given(text=st.text(st.sampled_from('{}[]",:0919eE+-nulltrue\\ud8\n '), max_size=120))
def test_nearly_json(tmp_path, text):
    survives(tmp_path / "h", b"{" + text.encode())


@SETTINGS
@given(text=st.text(st.sampled_from('[](),":;#{}nil 019\t\\'), max_size=60))
def test_nearly_a_jepsen_log(tmp_path, text):
    survives(tmp_path / "h", f"INFO jepsen.util - 0\t:invoke\t:cas\t{text}\n".encode())


@SETTINGS
@given(data=st.data())
def test_journals_with_bytes_changed(tmp_path, data):
    lines = [{"format": "splitbrain-history", "version": 1, "model": "cas-register"}]
    for index, (kind, f) in enumerate((("invoke", "write"), ("ok", "write")) * 4):
        lines.append(
            {"index": index, "time": index, "process": 0, "type": kind, "f": f, "value": 1}
        )
    raw = bytearray("\n".join(map(json.dumps, lines)).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    survives(tmp_path / "h", bytes(raw))


@SETTINGS
@given(text=st.text(st.sampled_from('{}[]()",:;#_\\nil 019.eNM/+-\n'), max_size=120))
def test_nearly_edn(tmp_path, text):
    survives(tmp_path / "h", b"{:" + text.encode())


@SETTINGS
@given(data=st.data())
def test_edn_with_bytes_changed(tmp_path, data):
    value = data.draw(st.sampled_from(("1", "[1 2]", "#{1 2}", '"x"', "[:k nil]", "{:a 1}")))
    raw = bytearray(
        "["
        + "".join(
            f"{{:process 0, :type :{kind}, :f :read, :value {value}, :time {time}}}\n"
            for time, kind in enumerate(("invoke", "ok") * 3)
        )
        + "]",
        "ascii",
    )
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    survives(tmp_path / "h", bytes(raw))


@SETTINGS
@given(data=st.data())
def test_packed_files_with_bytes_changed(tmp_path, data):
    raw = bytearray(gzip.compress(b'{"process": 0, "type": "invoke", "f": "read"}\n' * 3))
    for _ in range(data.draw(st.integers(0, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    survives(tmp_path / "h", bytes(raw[: data.draw(st.integers(0, len(raw)))]))
