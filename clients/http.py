"""HTTP/1.1 requests and answers as bytes, one at a time over one connection (h11 inside)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import h11

from clients.client import GarbledAnswer

ANSWER_BYTES_MAX = 64 * 1024 * 1024
HEAD_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete answer: its status code and its body."""

    status: int
    body: bytes


class _Http:
    """POSTs of JSON to one server. Nothing is followed, nothing is repeated."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._connection = self._fresh()
        self._status = 0

    def request(self, path: str, content: bytes, token: str | None = None) -> bytes:
        """The bytes of a POST of ``content`` to ``path``; ``token`` says who we are."""
        if self._connection.our_state is not h11.IDLE:
            # The server has said that it will close: what is sent now is lost with the connection.
            self.reset()
        connection = self._connection
        headers = [
            ("Host", self._server),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            *(() if token is None else (("Authorization", token),)),
        ]
        head = connection.send(h11.Request(method="POST", target=path, headers=headers))
        body = connection.send(h11.Data(data=content))
        end = connection.send(h11.EndOfMessage())
        return (head or b"") + (body or b"") + (end or b"")

    def reset(self) -> None:
        """A new connection begins: forget what was half received."""
        self._connection = self._fresh()
        self._status = 0

    @staticmethod
    def _fresh() -> h11.Connection:
        return h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)

    def _events(self, data: bytes) -> Iterator[h11.Data | h11.EndOfMessage]:
        """The parts of an answer's body in these bytes, and its end. Raises GarbledAnswer."""
        connection = self._connection
        try:
            if data:
                connection.receive_data(data)
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                if isinstance(event, h11.Response):
                    self._status = event.status_code
                elif isinstance(event, (h11.Data, h11.EndOfMessage)):
                    yield event
                elif isinstance(event, h11.ConnectionClosed):
                    raise GarbledAnswer("the server closed the connection within an answer")
        except h11.ProtocolError as error:
            raise GarbledAnswer(f"not HTTP: {error}") from None


class HttpPosts(_Http):
    """Requests that are answered whole, one after another."""

    def __init__(self, server: str) -> None:
        super().__init__(server)
        self._body = bytearray()

    def receive(self, data: bytes) -> HttpAnswer | None:
        """Feed bytes; the answer to the request in flight when it is complete.

        Raises GarbledAnswer on what is not HTTP, or no answer to a request.
        """
        for event in self._events(data):
            if isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > ANSWER_BYTES_MAX:
                    raise GarbledAnswer(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
                continue
            answer = HttpAnswer(self._status, bytes(self._body))
            self._body.clear()
            connection = self._connection
            if h11.MUST_CLOSE not in (connection.our_state, connection.their_state):
                connection.start_next_cycle()
            return answer
        return None

    def reset(self) -> None:
        """A new connection begins: forget what was half received."""
        super().reset()
        self._body.clear()


class HttpStream(_Http):
    """One request, whose answer is read while it comes and may never end."""

    def __init__(self, server: str) -> None:
        super().__init__(server)
        self.ended = False

    def receive(self, data: bytes) -> bytes:
        """What these bytes bring of the answer's body; ``ended`` tells whether it was the last.

        Raises GarbledAnswer on what is not HTTP, and on an answer that is none of success.
        """
        body = bytearray()
        for event in self._events(data):
            if isinstance(event, h11.Data):
                body += event.data
            else:
                self.ended = True
        if self._status not in (0, 200):
            raise GarbledAnswer(f"refused with {self._status}: {bytes(body[:80])!r}")
        return bytes(body)

    def reset(self) -> None:
        """A new connection begins."""
        super().reset()
        self.ended = False
