"""One HTTP request to a node's JSON interface, over a connection of its own."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any

import h11

ANSWER_BYTES_MAX = 1 << 20


async def post_json(
    endpoint: tuple[str, int],
    requests: Mapping[str, Mapping[str, Any]],
    timeout_s: float,
    tls: ssl.SSLContext | None = None,
) -> dict[str, dict[str, Any]] | None:
    """The JSON answers, by path, to ``requests`` (path → body), one after another.

    None unless all of them are answered with 200 and a JSON object within ``timeout_s``.
    """
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(*endpoint, ssl=tls)
            try:
                connection = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=65536)
                answers = {}
                for path, body in requests.items():
                    answers[path] = await _ask(reader, writer, connection, endpoint, path, body)
                    connection.start_next_cycle()
                return answers
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError, ValueError, h11.ProtocolError):
        return None


async def _ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    connection: h11.Connection,
    endpoint: tuple[str, int],
    path: str,
    body: Mapping[str, Any],
) -> dict[str, Any]:
    content = json.dumps(body).encode()
    headers = [
        ("Host", f"{endpoint[0]}:{endpoint[1]}"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
    ]
    request = h11.Request(method="POST", target=path, headers=headers)
    for part in (request, h11.Data(data=content), h11.EndOfMessage()):
        writer.write(connection.send(part) or b"")
    received = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Response) and event.status_code != 200:
            raise ValueError(f"{path} answered {event.status_code}")
        elif isinstance(event, h11.Data):
            received += event.data
            if len(received) > ANSWER_BYTES_MAX:
                raise ValueError(f"{path} answered more than {ANSWER_BYTES_MAX} bytes")
        elif isinstance(event, h11.EndOfMessage):
            answer = json.loads(received)
            if not isinstance(answer, dict):
                raise ValueError(f"{path} answered no JSON object")
            return answer
        elif isinstance(event, h11.ConnectionClosed):
            raise ValueError(f"{path} was not answered")
