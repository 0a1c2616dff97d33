"""HTTP as bytes: requests that a server reads, answers in any pieces, and what is no answer."""

import h11
import pytest

from clients.client import GarbledAnswer
from clients.http import HttpAnswer, HttpPosts

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = (
    b"HTTP/1.1 400 Bad Request\r\nTrailer: Grpc-Trailer\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'5\r\n{"a":\r\n2\r\n1}\r\n0\r\nGrpc-Trailer: x\r\n\r\n'
)


def read_by_a_server(data: bytes) -> tuple[str, bytes, dict[str, str]]:
    server = h11.Connection(our_role=h11.SERVER)
    server.receive_data(data)
    request = server.next_event()
    body = server.next_event()
    assert isinstance(server.next_event(), h11.EndOfMessage)
    headers = {name.decode(): value.decode() for name, value in request.headers}
    return f"{request.method.decode()} {request.target.decode()}", bytes(body.data), headers


def test_a_request_is_a_post_of_json():
    posts = HttpPosts("10.0.0.1:2379")
    line, body, headers = read_by_a_server(posts.request("/v3/kv/put", b'{"key":1}'))
    assert (line, body) == ("POST /v3/kv/put", b'{"key":1}')
    assert headers["host"] == "10.0.0.1:2379"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(PLAIN, HttpAnswer(200, b"{}")), (CHUNKED, HttpAnswer(400, b'{"a":1}'))],
)
def test_an_answer_is_read_in_any_pieces(answer, expected):
    for size in (1, 7, len(answer)):
        posts = HttpPosts("x")
        posts.request("/", b"")
        pieces = [answer[i : i + size] for i in range(0, len(answer), size)]
        got = [posts.receive(piece) for piece in pieces]
        assert got == [None] * (len(pieces) - 1) + [expected]


def test_one_connection_carries_one_request_after_another():
    posts = HttpPosts("x")
    for _ in range(3):
        posts.request("/", b"{}")
        assert posts.receive(PLAIN) == HttpAnswer(200, b"{}")


def test_a_server_that_says_it_will_close_is_asked_anew():
    posts = HttpPosts("x")
    posts.request("/", b"{}")
    closing = PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert posts.receive(closing) == HttpAnswer(200, b"{}")
    assert read_by_a_server(posts.request("/again", b"{}"))[0] == "POST /again"


def test_a_redirect_is_an_answer_like_others_and_is_not_followed():
    posts = HttpPosts("x")
    posts.request("/", b"{}")
    answer = b"HTTP/1.1 307 Elsewhere\r\nLocation: http://y/\r\nContent-Length: 0\r\n\r\n"
    assert posts.receive(answer) == HttpAnswer(307, b"")


@pytest.mark.parametrize("nonsense", [b"hello\r\n\r\n", b"\x00\x00\x00\x05abcde\r\n\r\n"])
def test_what_is_not_http_is_garbled(nonsense):
    posts = HttpPosts("x")
    posts.request("/", b"{}")
    with pytest.raises(GarbledAnswer, match="not HTTP"):
        posts.receive(nonsense)


def test_a_reset_forgets_half_an_answer():
    posts = HttpPosts("x")
    posts.request("/", b"{}")
    posts.receive(PLAIN[:20])
    posts.reset()
    posts.request("/", b"{}")
    assert posts.receive(PLAIN) == HttpAnswer(200, b"{}")
