"""Frames: how nodes, clients and the harness delimit messages on a byte stream.

A frame is a big-endian unsigned 32-bit length and that many bytes of UTF-8 JSON:

    00 00 00 0d | {"id":1,"f":…}

Sans-IO: bytes in, messages out. A length above ``FRAME_BYTES_MAX`` is refused at once,
so that a stray HTTP request or a corrupted prefix cannot make us buffer gigabytes.
"""

from __future__ import annotations

import json
import struct
from typing import Any

FRAME_BYTES_MAX = 16 * 1024 * 1024
_LENGTH = struct.Struct(">I")
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


class FrameError(ValueError):
    """The peer sent something that is not a frame; the connection cannot be used further."""


def encode_json(value: Any) -> bytes:
    """``value`` as compact UTF-8 JSON. Lone surrogates are escaped, as JSON allows."""
    text = _encoder.encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def frame(payload: bytes) -> bytes:
    """``payload`` (encoded JSON) behind its length. Raises FrameError when it is too long."""
    if len(payload) > FRAME_BYTES_MAX:
        raise FrameError(f"a frame of {len(payload)} bytes; at most {FRAME_BYTES_MAX} are allowed")
    return _LENGTH.pack(len(payload)) + payload


def encode_frame(value: Any) -> bytes:
    """``value`` as one frame."""
    return frame(encode_json(value))


class FrameDecoder:
    """Turns chunks of a stream, cut anywhere, into the messages they hold."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Any]:
        """The messages completed by ``data``, in order. Raises FrameError on nonsense."""
        buffer = self._buffer + data if self._buffer else data
        messages: list[Any] = []
        start, size = 0, len(buffer)
        while size - start >= 4:
            (length,) = _LENGTH.unpack_from(buffer, start)
            if length > FRAME_BYTES_MAX:
                raise FrameError(
                    f"a frame announces {length} bytes; at most {FRAME_BYTES_MAX} are allowed "
                    f"(its first four bytes were {buffer[start : start + 4]!r})"
                )
            end = start + 4 + length
            if end > size:
                break
            try:
                messages.append(json.loads(buffer[start + 4 : end]))
            except (ValueError, RecursionError) as error:
                raise FrameError(f"a frame of {length} bytes is not JSON: {error}") from None
            start = end
        self._buffer = buffer[start:]
        return messages
