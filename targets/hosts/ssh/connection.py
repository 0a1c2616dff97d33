"""One SSH connection to one machine. Blocks: call it from threads.

paramiko leaves Nagle's algorithm on, which makes each command wait for an acknowledgement;
the socket is ours, so it is switched off (47 ms a command become 4).
"""

from __future__ import annotations

import logging
import socket
import time
from dataclasses import dataclass
from typing import Any

from targets.hosts.ssh import host_keys, keys
from targets.hosts.ssh.access import Access
from targets.hosts.ssh.command_log import CommandLog
from targets.hosts.ssh.destination import Destination
from targets.target import ControlLost, HostUnavailable

CONNECT_TIMEOUT_S = 10.0
HANDSHAKE_TIMEOUT_S = 15.0
COMMAND_TIMEOUT_S = 30.0
KEEPALIVE_S = 5
OUTPUT_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


class SshConnection:
    """A logged-in transport; ``connect`` makes one."""

    def __init__(self, destination: Destination, transport: Any, log: CommandLog) -> None:
        self.destination = destination
        self.log = log
        self._transport = transport

    @classmethod
    def connect(
        cls,
        destination: Destination,
        access: Access,
        log: CommandLog,
        timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> SshConnection:
        """Dial, check the machine's key, log in. Raises HostUnavailable with what would help."""
        import paramiko

        # Without a handler of its own, the library's complaints would reach the terminal.
        logging.getLogger("paramiko").addHandler(logging.NullHandler())
        log.write(f"connect to {destination}")
        transport, dialled = None, None
        try:
            dialled = _dial(destination, timeout_s)
            transport = paramiko.Transport(dialled)
            transport.banner_timeout = transport.auth_timeout = HANDSHAKE_TIMEOUT_S
            _prefer_known_kinds(transport, destination, access)
            transport.start_client(timeout=HANDSHAKE_TIMEOUT_S)
            key = transport.get_remote_server_key()
            host_keys.refuse_unless_known(destination, key, access.known_hosts_file)
            keys.authenticate(transport, destination, access)
            transport.set_keepalive(KEEPALIVE_S)
        except (paramiko.SSHException, EOFError, OSError) as error:
            _hang_up(transport, dialled)
            log.write(f"refused: {error}")
            raise HostUnavailable(
                f"{destination}: what listens on port {destination.port} does not speak SSH as it "
                f"should: {error or type(error).__name__}"
            ) from error
        except HostUnavailable as error:
            _hang_up(transport, dialled)
            log.write(f"refused: {error}")
            raise
        log.write(f"connected; it is {transport.remote_version}")
        return cls(destination, transport, log)

    def run(self, command: str, stdin: bytes = b"", timeout_s: float = COMMAND_TIMEOUT_S) -> Answer:
        """Run one command to its end. Raises ControlLost."""
        import paramiko

        began = time.monotonic()
        self.log.write(f"$ {command}")
        try:
            channel = self._transport.open_session(timeout=timeout_s)
            with channel:
                channel.settimeout(timeout_s)
                channel.exec_command(command)
                if stdin:
                    channel.sendall(stdin)
                channel.shutdown_write()
                out = channel.makefile("rb").read(OUTPUT_BYTES_MAX)
                err = channel.makefile_stderr("rb").read(OUTPUT_BYTES_MAX)
                if not channel.status_event.wait(timeout_s):
                    raise TimeoutError(f"no exit code within {timeout_s:g} s")
                code = channel.recv_exit_status()
        except (paramiko.SSHException, EOFError, OSError) as error:
            self.log.write(f"lost: {error or type(error).__name__}")
            raise ControlLost(
                f"{self.destination}: the SSH connection failed during a command: "
                f"{error or type(error).__name__}"
            ) from error
        answer = Answer(code, out.decode(errors="replace"), err.decode(errors="replace"))
        spent_ms = (time.monotonic() - began) * 1000
        self.log.write(f"exit {code} after {spent_ms:.0f} ms\n{answer.out}{answer.err}")
        return answer

    def stream(self, command: str) -> Any:
        """Start a command that is spoken with; its channel. Raises ControlLost."""
        import paramiko

        self.log.write(f"$ {command}")
        try:
            channel = self._transport.open_session(timeout=COMMAND_TIMEOUT_S)
            channel.exec_command(command)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise ControlLost(f"{self.destination}: no command can be started: {error}") from error
        return channel

    @property
    def peer(self) -> str:
        """The address that was dialled."""
        return str(self._transport.getpeername()[0])

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


def _hang_up(transport: Any, dialled: socket.socket | None) -> None:
    if transport is not None:
        transport.close()
    # A transport that was never started leaves its socket open.
    if dialled is not None:
        dialled.close()


def _dial(destination: Destination, timeout_s: float) -> socket.socket:
    where = f"{destination.host} port {destination.port}"
    try:
        made = _dial_any(destination.host, destination.port, timeout_s)
    except socket.gaierror as error:
        raise HostUnavailable(
            f"{destination}: the name {destination.host} leads nowhere ({error.strerror}); "
            "is it spelt right? An address does as well."
        ) from None
    except ConnectionRefusedError:
        raise HostUnavailable(
            f"{destination}: nothing listens at {where}: is sshd running there, and on that port?"
        ) from None
    except TimeoutError:
        raise HostUnavailable(
            f"{destination}: {where} did not answer within {timeout_s:g} s: the machine is off, "
            "the address is another, or a firewall is in between."
        ) from None
    except OSError as error:
        raise HostUnavailable(f"{destination}: {where} cannot be reached: {error}") from None
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _dial_any(host: str, port: int, timeout_s: float) -> socket.socket:
    """Dial a name's addresses in turn, those of IPv4 first: it is what nodes speak."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda info: info[0] != socket.AF_INET)
    trouble: OSError = OSError("the name has no address")
    for _, _, _, _, (address, *_) in found:
        try:
            return socket.create_connection((str(address), port), timeout_s)
        except OSError as error:
            trouble = error
    raise trouble


def _prefer_known_kinds(transport: Any, destination: Destination, access: Access) -> None:
    """Ask for a key of a kind that is known, for the machine has several to show."""
    kinds = host_keys.known_kinds(destination, access.known_hosts_file)
    options = transport.get_security_options()
    if "ssh-rsa" in kinds:
        kinds |= {"rsa-sha2-256", "rsa-sha2-512"}
    options.key_types = sorted(options.key_types, key=lambda kind: kind not in kinds)
