"""One request to a bundled node, over a connection of its own: its status, or a change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from targets.nodes.frames import FrameDecoder, encode_frame

REQUEST_ID = 0
"""Clients number theirs from 1: so it can be told who asks."""


async def ask(
    endpoint: tuple[str, int], request: Mapping[str, Any], timeout_s: float
) -> dict[str, Any] | None:
    """The node's answer (``{"ok": …}``), or None when there is none within ``timeout_s``."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _exchange(endpoint, request)
    except (OSError, TimeoutError, ValueError):
        return None


async def ask_status(endpoint: tuple[str, int], timeout_s: float) -> dict[str, Any] | None:
    """The node's status answer, or None when there is none within ``timeout_s``."""
    answer = await ask(endpoint, {"f": "status"}, timeout_s)
    if answer is None or not answer.get("ok"):
        return None
    status: dict[str, Any] = answer["value"]
    return status


async def _exchange(endpoint: tuple[str, int], request: Mapping[str, Any]) -> dict[str, Any] | None:
    reader, writer = await asyncio.open_connection(*endpoint)
    try:
        writer.write(encode_frame({"id": REQUEST_ID, **request}))
        decoder = FrameDecoder()
        while data := await reader.read(65536):
            for answer in decoder.feed(data):
                if isinstance(answer, dict) and "hello" not in answer:
                    return answer
        return None
    finally:
        writer.transport.abort()
