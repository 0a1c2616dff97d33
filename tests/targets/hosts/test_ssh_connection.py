"""One connection: whose machine it is, who we are, what is run, and what is written down of it."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path

import paramiko
import pytest
from fake_sshd import sshd

from targets.hosts.ssh import Access, Destination
from targets.hosts.ssh.bridge import Bridge
from targets.hosts.ssh.command_log import CommandLog
from targets.hosts.ssh.connection import SshConnection
from targets.hosts.ssh.host_keys import fingerprint
from targets.target import ControlLost, HostUnavailable


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> Path:
    """A private key in a file."""
    path = tmp_path_factory.mktemp("keys") / "id"
    paramiko.ECDSAKey.generate().write_private_key_file(str(path))
    return path


@pytest.fixture(autouse=True)
def no_agent(monkeypatch):
    """Keys of whoever runs the tests are nobody's business."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def answer(command, channel):
    """``echo`` alone is a known command; ``cat`` gives back what it is sent."""
    if command == "cat":
        while data := channel.recv(1000):
            channel.sendall(data)
        return 0
    if command.startswith("echo "):
        channel.sendall(command[5:].encode())
        return 0
    channel.sendall_stderr(b"no such command\n")
    return 127


@pytest.fixture
def server(key):
    with sshd(paramiko.PKey.from_path(key), answer) as made:
        yield made


def known(path: Path, server, host_key=None, marker: str = "") -> Path:
    """A file of known hosts that has this key for the server."""
    shown = host_key or server.host_key
    name = f"[127.0.0.1]:{server.port}"
    path.write_text(f"{marker}{name} {shown.get_name()} {shown.get_base64()}\n")
    return path


def connect(server, key: Path | None, known_hosts: Path, log: Path | None = None):
    destination = Destination("me", "127.0.0.1", server.port)
    return SshConnection.connect(destination, Access(key, known_hosts), CommandLog(log))


def test_commands_run_over_one_connection_without_nagle_and_are_logged(server, key, tmp_path):
    log = tmp_path / "logs" / "ssh-h1.log"
    connection = connect(server, key, known(tmp_path / "known", server), log)
    assert connection.run("echo hello").out == "hello"
    wrong = connection.run("reboot")
    assert (wrong.code, wrong.err) == (127, "no such command\n")
    assert connection.run("cat", b"given").out == "given"
    assert len(server.transports) == 1
    assert connection._transport.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    connection.close()
    text = log.read_text()
    assert "connect to me@127.0.0.1" in text
    assert "$ echo hello" in text and "hello" in text
    assert "exit 127" in text and "no such command" in text


def test_a_connection_that_is_gone_is_lost_control(server, key, tmp_path):
    connection = connect(server, key, known(tmp_path / "known", server))
    server.transports[0].close()
    with pytest.raises(ControlLost, match=r"me@127.0.0.1:\d+: the SSH connection failed"):
        connection.run("echo hello")


def test_an_unknown_machine_is_refused_with_its_fingerprint_and_what_to_do(server, key, tmp_path):
    empty = tmp_path / "known"
    with pytest.raises(HostUnavailable, match="its host key is not known") as caught:
        connect(server, key, empty)
    said = str(caught.value)
    assert fingerprint(server.host_key) in said and f"{empty} has no key of" in said
    assert f"ssh-keyscan -p {server.port} 127.0.0.1 >> {empty}" in said


@pytest.mark.parametrize("other", ["another of its kind", "of another kind"])
def test_a_machine_whose_key_has_changed_is_refused_in_other_words(server, key, tmp_path, other):
    bits = 256 if other == "another of its kind" else 384
    was = paramiko.ECDSAKey.generate(bits=bits)
    with pytest.raises(HostUnavailable, match="ITS HOST KEY HAS CHANGED") as caught:
        connect(server, key, known(tmp_path / "known", server, was))
    said = str(caught.value)
    assert fingerprint(server.host_key) in said and fingerprint(was) in said
    assert "not known" not in said and "ssh-keygen -f" in said


def test_a_revoked_key_is_refused_though_it_is_known_as_well(server, key, tmp_path):
    path = known(tmp_path / "known", server)
    line = path.read_text()
    path.write_text(f"{line}@revoked {line}")
    with pytest.raises(HostUnavailable, match="marked @revoked"):
        connect(server, key, path)


def test_known_hosts_that_cannot_be_read_are_told(server, key, tmp_path):
    with pytest.raises(HostUnavailable, match=r"known hosts in .* cannot be read: Is a directory"):
        connect(server, key, tmp_path)


def test_names_may_be_hashed_or_patterns_and_lines_that_say_nothing_let_nobody_in(
    server, key, tmp_path
):
    name = f"[127.0.0.1]:{server.port}"
    shown = f"{server.host_key.get_name()} {server.host_key.get_base64()}"
    path = tmp_path / "known"
    for line in (
        f"{paramiko.HostKeys.hash_host(name)} {shown}",
        f"elsewhere,[127.0.0.*]:{server.port} {shown} a comment",
        f"{name} {paramiko.ECDSAKey.generate().get_name()} AAAA\n{name} {shown}",
    ):
        path.write_text(f"# known\n\n{line}\n")
        connect(server, key, path).close()
    for line in (
        f"!{name},* {shown}",
        f"@cert-authority * {shown}",
        f"127.0.0.1 {shown}",
        f"{name} {shown[:-20]}!",
        f"{name} sk-nothing@example.org AAAA",
    ):
        path.write_text(line + "\n")
        with pytest.raises(HostUnavailable, match="its host key is not known"):
            connect(server, key, path)


def test_keys_that_are_not_accepted_are_listed(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    other = tmp_path / "other"
    paramiko.ECDSAKey.generate().write_private_key_file(str(other))
    locked = tmp_path / "locked"
    paramiko.ECDSAKey.generate().write_private_key_file(str(locked), password="secret")
    (tmp_path / "text").write_text("no key at all")
    path = known(tmp_path / "known", server)
    for tried, said in (
        (other, "other (not accepted)"),
        (locked, "locked (has a passphrase: ssh-add"),
        (tmp_path / "text", "text (cannot be used"),
        (None, "none, for there is none"),
    ):
        with pytest.raises(HostUnavailable, match=r"no key was accepted\. Tried: ") as caught:
            connect(server, tried, path)
        assert said in str(caught.value)
        assert "ssh-copy-id" in str(caught.value)


def test_nothing_listening_and_what_does_not_speak_ssh_are_told_apart(key, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def speak() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        destination = Destination("me", "127.0.0.1", port)
        access = Access(key, tmp_path / "known")
        with pytest.raises(HostUnavailable, match=f"port {port} does not speak SSH"):
            SshConnection.connect(destination, access, CommandLog(None))
        thread.join(10)
    with pytest.raises(HostUnavailable, match=f"nothing listens at 127.0.0.1 port {port}"):
        SshConnection.connect(destination, access, CommandLog(None))
    nobody = Destination("me", "nobody.invalid")
    with pytest.raises(HostUnavailable, match=r"the name nobody\.invalid leads nowhere"):
        SshConnection.connect(nobody, access, CommandLog(None))


def test_a_channel_is_a_stream_for_the_harness_until_either_side_ends(server, key, tmp_path):
    connection = connect(server, key, known(tmp_path / "known", server))

    async def speak() -> None:
        bridge = Bridge(connection.stream("cat"))
        reader, writer = await bridge.open()
        sent = bytes(range(256)) * 2000
        writer.write(sent)
        assert await reader.readexactly(len(sent)) == sent
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        bridge.join(10)
        failing = Bridge(connection.stream("reboot"))
        reader, writer = await failing.open()
        assert await reader.read() == b""
        assert failing.complaint == "no such command"
        writer.close()
        cut = Bridge(connection.stream("cat"))
        reader, writer = await cut.open()
        server.transports[0].close()
        assert await reader.read() == b""
        writer.close()
        await asyncio.sleep(0)

    asyncio.run(speak())
    connection.close()
