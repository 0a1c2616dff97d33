"""The asyncio transport against real sockets of the loopback interface."""

import asyncio
import datetime
import functools
import json
import ssl
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path

from clients.client import Completion, Invocation
from clients.frames import FrameReader, framed
from clients.reference import ReferenceCore
from clients.transport import TcpClient, _Connection
from histories.event import Outcome
from splitbrain.drivers import LoopClock

WRITE = Invocation(0, "write", "x", 1)
READ = Invocation(0, "read", "x", None)


def in_a_loop(test):
    @functools.wraps(test)
    def run():
        asyncio.run(test())

    return run


@asynccontextmanager
async def node(behave, tls=None):
    """A server that gives each request and its writer to ``behave``; yields its endpoint."""
    tasks = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        frames = FrameReader()
        writer.write(framed(b'{"hello": "n1"}'))
        try:
            while data := await reader.read(65536):
                for payload in frames.feed(data):
                    await behave(json.loads(payload), writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def answer(writer, request, **members):
    writer.write(framed(json.dumps({"id": request["id"], **members}).encode()))


def client_of(endpoint, *, timeout_s=5.0, resend_s=None, tls=None):
    core = ReferenceCore("register", "run", resends=resend_s is not None)
    return TcpClient(
        core,
        endpoint,
        LoopClock(),
        timeout_s=timeout_s,
        resend_s=resend_s,
        hold_back_s=0.01,
        tls=tls,
    )


async def ask(client, invocation):
    done = asyncio.get_running_loop().create_future()
    client.invoke(invocation, done.set_result)
    return await done


@in_a_loop
async def test_operations_one_after_the_other_over_one_connection():
    writers = set()

    async def behave(request, writer):
        writers.add(writer)
        answer(writer, request, ok=True, value=request["id"])

    async with node(behave) as endpoint:
        client = client_of(endpoint)
        got = [await ask(client, Invocation(0, "read", "x", None)) for _ in range(20)]
        await client.close()
    assert [completion.value for completion in got] == list(range(1, 21))
    assert len(writers) == 1


@in_a_loop
async def test_a_port_where_nobody_listens():
    async with node(None) as endpoint:
        pass
    client = client_of(endpoint)
    got = await ask(client, WRITE)
    await client.close()
    assert got == Completion(Outcome.FAIL, None, "connection-refused", unavailable=True)


@in_a_loop
async def test_a_node_that_hangs_up_without_an_answer():
    async def behave(request, writer):
        writer.transport.abort()

    async with node(behave) as endpoint:
        client = client_of(endpoint)
        assert (await ask(client, WRITE)).outcome is Outcome.INFO
        assert (await ask(client, READ)).outcome is Outcome.FAIL
        await client.close()


@in_a_loop
async def test_after_a_time_out_the_late_answer_reaches_nobody():
    slow = True
    connections = []

    async def behave(request, writer):
        connections.append(writer)
        if slow:
            await asyncio.sleep(0.15)
        answer(writer, request, ok=True, value=request["id"])

    async with node(behave) as endpoint:
        client = client_of(endpoint, timeout_s=0.05)
        first = await ask(client, READ)
        slow = False
        second = await ask(client, Invocation(0, "read", "y", None))
        await client.close()
    assert (first.outcome, first.error) == (Outcome.FAIL, "timeout")
    assert second == Completion(Outcome.OK, 2)
    assert connections[0] is not connections[1]


@in_a_loop
async def test_after_a_time_out_the_node_sees_the_connection_end():
    ended = asyncio.Event()

    async def serve(reader, writer):
        writer.write(framed(b'{"hello": "n1"}'))
        try:
            while await reader.read(100):
                pass
        except ConnectionResetError:
            pass
        ended.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        client = client_of(server.sockets[0].getsockname()[:2], timeout_s=0.05)
        assert (await ask(client, WRITE)).error == "timeout"
        await asyncio.wait_for(ended.wait(), 10)
        await client.close()


def test_a_connection_made_after_it_was_given_up_is_closed_and_tells_nobody():
    class Transport(asyncio.Transport):
        aborted = False

        def abort(self):
            self.aborted = True

    connection, transport = _Connection(None), Transport()
    connection.abandon()
    connection.connection_made(transport)
    connection.data_received(b"late")
    connection.connection_lost(None)
    assert transport.aborted


@in_a_loop
async def test_a_resend_over_a_new_connection_is_the_same_command():
    seen = []

    async def behave(request, writer):
        seen.append(request)
        if len(seen) == 1:
            writer.transport.abort()
        else:
            answer(writer, request, ok=True, value=None)

    async with node(behave) as endpoint:
        client = client_of(endpoint, resend_s=0.02)
        got = await ask(client, WRITE)
        await client.close()
    assert got == Completion(Outcome.OK)
    assert [(r["session"], r["seq"]) for r in seen] == [("run/0", 1)] * 2
    assert seen[0]["id"] != seen[1]["id"]


@in_a_loop
async def test_closing_while_dialling_and_while_waiting_leaves_nothing_behind():
    async def behave(request, writer):
        pass

    got = []
    async with node(behave) as endpoint:
        dialling, waiting = client_of(endpoint), client_of(endpoint)
        dialling.invoke(WRITE, got.append)
        await dialling.close()
        waiting.invoke(WRITE, got.append)
        await asyncio.sleep(0.05)
        await waiting.close()
        await dialling.close()
    assert got == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


def certified(folder: Path, address: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate of its own for ``address``, and that in a file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a node")])
    now = datetime.datetime.now(datetime.UTC)
    told = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(told, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file, key_file = folder / f"{address}.pem", folder / f"{address}.key"
    file.write_bytes(certificate.public_bytes(pem))
    key_file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return context, file


def test_a_secured_connection_checks_who_answers_before_anything_is_sent(tmp_path):
    seen = []

    async def behave(request, writer):
        seen.append(request)
        answer(writer, request, ok=True, value=7)

    async def asked(address: str) -> Completion:
        server, authority = certified(tmp_path, address)
        async with node(behave, server) as endpoint:
            client = client_of(endpoint, tls=ssl.create_default_context(cafile=authority))
            try:
                return await ask(client, WRITE)
            finally:
                await client.close()

    assert asyncio.run(asked("127.0.0.1")).outcome is Outcome.OK and len(seen) == 1
    refused = asyncio.run(asked("127.0.0.2"))
    assert (refused.outcome, refused.error, len(seen)) == (Outcome.FAIL, "tls", 1)
