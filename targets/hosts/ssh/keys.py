"""Who are we? The private keys that are offered to a machine, and what it said to each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from targets.hosts.ssh.access import Access
from targets.hosts.ssh.destination import Destination
from targets.target import HostUnavailable

USUAL_FILES = ("id_ed25519", "id_ecdsa", "id_rsa")


def authenticate(transport: Any, destination: Destination, access: Access) -> None:
    """Log in with the first key that is accepted. Raises HostUnavailable, with what was tried.

    A key that is named is the only one from a file; when it needs a passphrase, an agent may
    hold it.
    """
    import paramiko

    tried: list[str] = []
    with closing(paramiko.Agent()) as agent:
        for name, key in _keys(access, agent, tried):
            try:
                more = transport.auth_publickey(destination.user, key)
            except paramiko.BadAuthenticationType as error:
                raise HostUnavailable(
                    f"{destination}: it takes no keys, only {', '.join(error.allowed_types)}; "
                    "splitbrain logs in with keys alone. Allow PubkeyAuthentication there."
                ) from None
            except paramiko.AuthenticationException:
                tried.append(f"{name} (not accepted)")
            except paramiko.SSHException as error:
                tried.append(f"{name} ({error or 'the machine hung up'})")
                if not transport.is_active():
                    break
            else:
                if not more:
                    return
                tried.append(f"{name} (accepted, but {' and '.join(more)} is asked for as well)")
    all_tried = ", ".join(tried) or "none, for there is none"
    raise HostUnavailable(
        f"{destination}: no key was accepted. Tried: {all_tried}. Name one with --ssh-key, or "
        f"put its public half into ~{destination.user}/.ssh/authorized_keys there (ssh-copy-id)."
    )


def _keys(access: Access, agent: Any, tried: list[str]) -> Iterator[tuple[str, Any]]:
    """(what to call it, key) in the order of trying; files of no use go to ``tried``."""
    if access.key is not None:
        yield from _from_file(access.key, tried)
        if tried:
            yield from _from_agent(agent)
        return
    yield from _from_agent(agent)
    for path in (Path("~/.ssh").expanduser() / name for name in USUAL_FILES):
        if path.is_file():
            yield from _from_file(path, tried)


def _from_agent(agent: Any) -> Iterator[tuple[str, Any]]:
    for key in agent.get_keys():
        told = getattr(key, "comment", "") or key.get_name()
        yield f"the agent's {told}", key


def _from_file(path: Path, tried: list[str]) -> Iterator[tuple[str, Any]]:
    import paramiko

    try:
        yield str(path), paramiko.PKey.from_path(path)
    # What is locked and what is no key at all, paramiko and the library below tell in many ways.
    except (OSError, ValueError, TypeError, paramiko.SSHException) as error:
        said = str(error)
        locked = isinstance(error, paramiko.PasswordRequiredException)
        if locked or "encrypted" in said or "password" in said.lower():
            tried.append(f"{path} (has a passphrase: ssh-add {path})")
        else:
            tried.append(f"{path} (cannot be used: {said})")
    except paramiko.pkey.UnknownKeyType:
        tried.append(f"{path} (a type of key that is not known)")
