"""Frames: length and payload, however the bytes arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.client import GarbledAnswer
from clients.frames import FRAME_BYTES_MAX, FrameReader, framed


@given(payloads=st.lists(st.binary(max_size=40), max_size=6), step=st.integers(1, 50))
def test_frames_come_out_as_they_went_in_however_they_are_cut(payloads, step):
    data = b"".join(framed(payload) for payload in payloads)
    reader = FrameReader()
    read = []
    for start in range(0, len(data), step):
        read += reader.feed(data[start : start + step])
    assert read == payloads


def test_a_length_above_the_maximum_is_refused_before_it_is_waited_for():
    with pytest.raises(GarbledAnswer, match="announces 1213486160 bytes"):
        FrameReader().feed(b"HTTP/1.1 400 Bad Request")
    with pytest.raises(ValueError, match="at most"):
        framed(bytes(FRAME_BYTES_MAX + 1))


def test_reset_forgets_half_a_frame():
    reader = FrameReader()
    assert reader.feed(framed(b"lost")[:5]) == []
    reader.reset()
    assert reader.feed(framed(b"new")) == [b"new"]
