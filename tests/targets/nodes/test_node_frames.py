from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.nodes.frames import FRAME_BYTES_MAX, FrameDecoder, FrameError, encode_frame, frame

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=5), st.data())
def test_messages_survive_a_stream_cut_anywhere(
    messages: list[object], data: st.DataObject
) -> None:
    stream = b"".join(encode_frame(message) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder = FrameDecoder()
    received = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += decoder.feed(stream[start:end])
    assert received == messages


def test_a_frame_is_a_big_endian_length_and_utf8_json() -> None:
    assert encode_frame({"é": 1}) == b"\x00\x00\x00\x08" + '{"é":1}'.encode()


def test_a_lone_surrogate_can_be_sent() -> None:
    assert FrameDecoder().feed(encode_frame("\ud800")) == ["\ud800"]


def test_a_stray_http_request_is_refused_at_its_first_bytes() -> None:
    with pytest.raises(FrameError, match=r"announces 1195725856 bytes.*b'GET '"):
        FrameDecoder().feed(b"GET / HTTP/1.1\r\n")


def test_a_frame_that_is_not_json_is_refused() -> None:
    with pytest.raises(FrameError, match="a frame of 3 bytes is not JSON"):
        FrameDecoder().feed(frame(b"{]}"))


def test_json_nested_beyond_reason_is_refused_and_crashes_nothing() -> None:
    with pytest.raises(FrameError, match="not JSON"):
        FrameDecoder().feed(frame(b"[" * 200_000))


def test_a_payload_too_long_is_refused_by_its_sender() -> None:
    with pytest.raises(FrameError, match="at most 16777216"):
        frame(b"x" * (FRAME_BYTES_MAX + 1))
