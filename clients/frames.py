"""Frames: a 4-byte big-endian length, then that many bytes, as the bundled nodes speak."""

from __future__ import annotations

from clients.client import GarbledAnswer

FRAME_BYTES_MAX = 16 * 1024 * 1024


def framed(payload: bytes) -> bytes:
    """The payload with its length in front. Raises ValueError above 16 MiB."""
    if len(payload) > FRAME_BYTES_MAX:
        raise ValueError(f"a frame of {len(payload)} bytes, at most {FRAME_BYTES_MAX} are allowed")
    return len(payload).to_bytes(4, "big") + payload


class FrameReader:
    """Cuts a stream of bytes into the payloads of its frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads completed by these bytes. Raises GarbledAnswer on a length above 16 MiB."""
        buffer = self._buffer
        buffer += data
        payloads = []
        start = 0
        while len(buffer) - start >= 4:
            length = int.from_bytes(buffer[start : start + 4], "big")
            if length > FRAME_BYTES_MAX:
                raise GarbledAnswer(
                    f"a frame announces {length} bytes, at most {FRAME_BYTES_MAX} are allowed"
                )
            end = start + 4 + length
            if len(buffer) < end:
                break
            payloads.append(bytes(buffer[start + 4 : end]))
            start = end
        del buffer[:start]
        return payloads

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._buffer.clear()
