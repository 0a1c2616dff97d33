"""What is told of an endpoint that gives no status answer."""

import asyncio
import socket
import ssl

import pytest

from splitbrain import silence
from splitbrain.silence import why_silent


def told(place, tls=None):
    return asyncio.run(why_silent(place, tls, "etcd")).why


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_where_nothing_listens(listener):
    place = listener.getsockname()
    listener.close()
    assert told(place) == "nothing listens there: is it up?"


def test_what_takes_connections_and_says_nothing(listener, monkeypatch):
    monkeypatch.setattr(silence, "REFUSAL_WITHIN_S", 0.01)
    assert told(listener.getsockname()) == (
        "something listens there, but it does not answer as etcd does: is it etcd?"
    )


def test_what_never_ends_a_handshake(listener, monkeypatch):
    monkeypatch.setattr(silence, "WAIT_S", 0.05)
    context = ssl.create_default_context()
    assert "did not take a connection within 0.05 s" in told(listener.getsockname(), context)


def test_a_name_that_leads_nowhere(monkeypatch):
    async def lead_nowhere(host, port, ssl):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio, "open_connection", lead_nowhere)
    assert "the name etcd-1 leads nowhere (Name or service not known)" in told(("etcd-1", 1))


def test_what_speaks_no_tls():
    async def scenario():
        async def greet(reader, writer):
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        async with server:
            place = server.sockets[0].getsockname()
            return await why_silent(place, ssl.create_default_context(), "etcd")

    assert asyncio.run(scenario()).why.startswith("it does not speak TLS (")
