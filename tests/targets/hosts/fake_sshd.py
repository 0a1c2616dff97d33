"""An SSH server in this process, on loopback: one key, and a function that answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import paramiko

Answer = Callable[[str, Any], int]
"""From a command and its channel to an exit code; it may read and write the channel."""


class _Server(paramiko.ServerInterface):
    def __init__(self, accepted: paramiko.PKey, answer: Answer) -> None:
        self.accepted, self.answer = accepted, answer

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        right = key == self.accepted
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: Any, command: bytes) -> bool:
        def run() -> None:
            # The request is answered when this method has returned; before, nobody listens.
            time.sleep(0.02)
            code = self.answer(command.decode(), channel)
            channel.send_exit_status(code)
            channel.close()

        threading.Thread(target=run, daemon=True).start()
        return True


@dataclass
class Sshd:
    """``transports`` are its ends of the connections there have been."""

    port: int
    host_key: paramiko.PKey
    transports: list[paramiko.Transport] = field(default_factory=list)


@contextmanager
def sshd(accepted: paramiko.PKey, answer: Answer) -> Iterator[Sshd]:
    host_key = paramiko.ECDSAKey.generate()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Sshd(listener.getsockname()[1], host_key)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                transport = paramiko.Transport(connection)
                transport.add_server_key(host_key)
                made.transports.append(transport)
                try:
                    transport.start_server(server=_Server(accepted, answer))
                except (paramiko.SSHException, EOFError, OSError):
                    transport.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for transport in made.transports:
                transport.close()
