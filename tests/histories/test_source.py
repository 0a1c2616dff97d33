"""Packed files, pipes, and what is cut, damaged or a bomb."""

import gzip
import io
import json
import os
import threading
from random import Random

import pytest
import zstandard

from histories import source as sources
from histories.errors import HistoryError
from histories.history import read_history
from histories.source import Source
from histories.stream import EventStream, events

JOURNAL = '{"format": "splitbrain-history", "version": 1, "model": "register"}\n' + "".join(
    json.dumps({"index": 2 * i + j, "process": 0, "type": kind, "f": "write", "value": i}) + "\n"
    for i in range(2000)
    for j, kind in enumerate(("invoke", "ok"))
)


def zstd(data):
    return zstandard.ZstdCompressor().compress(data)


PACKERS = pytest.mark.parametrize("pack", (zstd, gzip.compress))


def written(tmp_path, data):
    path = tmp_path / "history"
    path.write_bytes(data)
    return path


@PACKERS
def test_packed_files_are_told_by_their_bytes(tmp_path, pack):
    history = read_history(written(tmp_path, pack(JOURNAL.encode())))
    assert (history.model, len(history.table), history.notes) == ("register", 2000, [])
    assert len(history.events) == 4000
    assert history.where(3).endswith("history:5")


@PACKERS
def test_files_joined_together_are_read_as_one(tmp_path, pack):
    head, tail = JOURNAL[:50_000].encode(), JOURNAL[50_000:].encode()
    history = read_history(written(tmp_path, pack(head) + pack(tail) + b"\0" * 512))
    assert len(history.table) == 2000 and history.notes == []


@PACKERS
def test_a_packed_file_cut_off_is_good_as_far_as_it_goes(tmp_path, pack):
    # Incompressible, so that some of it can be unpacked before the cut.
    noise = "".join(
        json.dumps({"process": 0, "type": kind, "f": "write", "value": os.urandom(200).hex()})
        + "\n"
        for _ in range(1500)
        for kind in ("invoke", "ok")
    )
    packed = pack(noise.encode())
    history = read_history(written(tmp_path, packed[: len(packed) * 2 // 3]))
    assert 0 < len(history.table) < 1500
    assert any("the packed file is cut off after" in note for note in history.notes)


@PACKERS
def test_damage_is_named(tmp_path, pack):
    packed = bytearray(pack(JOURNAL.encode()))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    path = written(tmp_path, packed)
    with pytest.raises(HistoryError) as raised:
        read_history(path)
    assert str(raised.value).startswith(f"{path}")


@PACKERS
def test_a_bomb_is_refused_before_it_is_held(tmp_path, pack, monkeypatch):
    monkeypatch.setattr(sources, "EXPANSION_BYTES_MIN", 1 << 20)
    path = written(tmp_path, pack(b"\n" * (1 << 26)))
    with pytest.raises(HistoryError, match=r"packed bytes have become"):
        read_history(path)


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("histories.formats.reader.LINE_BYTES_MAX", 1 << 16)
    monkeypatch.setattr("histories.formats.jepsen_edn.LINE_BYTES_MAX", 1 << 16)
    monkeypatch.setattr(sources, "BLOCK_BYTES", 1 << 12)
    for start in (b'{"value": "', b'{:value "', b"INFO jepsen.util - 0 :ok :read "):
        with pytest.raises(HistoryError, match=r"history:1: .* is longer than"):
            read_history(written(tmp_path, start + b"a" * (1 << 20)))


def test_a_pipe_is_read_like_a_file(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(JOURNAL,))
    writer.start()
    history = read_history(path)
    writer.join()
    assert len(history.events) == 4000


def test_a_device_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(sources, "PIPE_BYTES_MAX", 1 << 20)
    with pytest.raises(HistoryError, match=r"/dev/zero: gives more than"):
        read_history("/dev/zero")


@pytest.mark.parametrize("data", (b"", b"\n\n"))
def test_nothing_is_an_empty_journal(tmp_path, data):
    assert len(read_history(written(tmp_path, data)).table) == 0


def test_large_means_worth_compiling_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "LARGE_BYTES", 64 << 10)
    assert Source(written(tmp_path, JOURNAL.encode())).large
    assert Source(written(tmp_path, zstd(JOURNAL.encode()) + zstd(os.urandom(4096)))).large
    assert not Source(written(tmp_path, JOURNAL.encode()[:1000])).large


class Trickle(io.RawIOBase):
    """A pipe that gives a line at a time, and remembers how many it gave."""

    def __init__(self, text):
        self.lines = text.encode().splitlines(keepends=True)
        self.given = 0

    def readline(self, size=-1):
        self.given += 1
        return self.lines[self.given - 1] if self.given <= len(self.lines) else b""


EDN = "{:process 0, :type :invoke, :f :read}\n\n{:process 0, :type :ok, :f :read, :value [1 2]}\n"
LOG = "INFO jepsen.core - go\nINFO jepsen.util - 0\t:invoke\t:read\tnil\n"


@pytest.mark.parametrize(
    ("text", "lines", "reading"),
    ((JOURNAL[:400], 2, "splitbrain"), (EDN, 1, "knossos"), (LOG, 2, "porcupine")),
)
def test_an_event_comes_with_the_line_that_ends_it(text, lines, reading):
    pipe = Trickle(text)
    stream = EventStream(pipe, "-")
    event = next(iter(stream))
    assert pipe.given == stream.line == lines
    assert event.process == 0
    assert stream.reader is not None and stream.reader.reading == reading


def test_a_stream_stops_at_what_is_no_event():
    pipe = Trickle(JOURNAL[:400] + '\n{"no": 1}\n' + JOURNAL[-200:])
    with pytest.raises(HistoryError, match=r"pipe:\d+: "):
        list(events(pipe, "pipe"))
    with pytest.raises(HistoryError, match=r"pipe:1: starts with 'hello'"):
        list(events(io.BytesIO(b"hello\n" * 20_000), "pipe"))


def test_a_stream_may_be_packed_and_keyed():
    stream = EventStream(io.BytesIO(zstd(EDN.encode())), "-", independent=True)
    assert [(event.key, event.value) for event in stream] == [(None, None), (1, 2)]


def test_pairs_are_held_back_while_they_may_be_independent_keys():
    """``independent=None``: as ``are_keys`` of the whole history would say, or a refusal."""
    write = "{:process 0, :type :%s, :f :write, :value [1 2]}\n"
    pairs = write % "invoke" + write % "ok"
    pipe = Trickle(pairs + EDN)
    stream = EventStream(pipe, "-", independent=None)
    event = next(iter(stream))
    assert (event.value, stream.line, pipe.given) == ([1, 2], 1, 3)
    stream = EventStream(io.BytesIO(pairs.encode()), "-", independent=None)
    assert [event.value for event in stream] == [[1, 2], [1, 2]]
    mixed = (pairs + write.replace("[1 2]", "[1 nil]") % "invoke").encode()
    with pytest.raises(HistoryError, match="-:3: "):
        list(EventStream(io.BytesIO(mixed), "-", independent=None))


def test_a_stream_takes_no_pairs_for_values_that_the_file_takes_for_keys(tmp_path):
    random = Random(7)
    taken = {True: 0, False: 0}
    for _ in range(300):
        values = random.choice((["[1 nil]", "[2 5]"], ["[1 nil]", "[1 5]", "[[3] 4]", "nil"]))
        maps = []
        for _ in range(random.randint(1, 4)):
            asked = random.choice(values)
            answers = [("ok", asked), ("ok", random.choice(values)), ("info", ":timed-out")]
            kind, answer = random.choice(answers)
            process = len(maps)
            maps.append(f"{{:process {process}, :type :invoke, :f :read, :value {asked}}}\n")
            maps.append(f"{{:process {process}, :type :{kind}, :f :read, :value {answer}}}\n")
        text = "".join(maps).encode()
        keyed = len(read_history(written(tmp_path, text)).table.keys) > 1
        taken[keyed] += 1
        try:
            list(EventStream(io.BytesIO(text), "-", independent=None))
        except HistoryError:
            continue
        assert not keyed, text
    assert min(taken.values()) > 30
