"""Is this the machine it says it is? Its key against a file of known hosts.

A key that is not known and one that is another than it was are refused in different words:
the one is usual with a new machine, the other is what an attack looks like.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from targets.hosts.ssh.destination import USUAL_PORT, Destination
from targets.target import HostUnavailable


def name_in_file(destination: Destination) -> str:
    """What a machine is called in a file of known hosts."""
    host, port = destination.host, destination.port
    return host if port == USUAL_PORT else f"[{host}]:{port}"


def fingerprint(key: Any) -> str:
    """As ``ssh-keygen -l`` shows it."""
    digest = hashlib.sha256(key.asbytes()).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line of a file of known hosts: the names it is for, and the key."""

    names: tuple[str, ...]
    key: Any
    revoked: bool = False

    def is_for(self, name: str) -> bool:
        """Whether the line is about this machine. Names may be hashed, patterns, or ``!`` ones."""
        if any(n.startswith("!") and _matches(name, n[1:]) for n in self.names):
            return False
        return any(_matches(name, n) for n in self.names)


def _matches(name: str, pattern: str) -> bool:
    import paramiko

    if pattern.startswith("|1|"):
        return bool(paramiko.HostKeys.hash_host(name, pattern) == pattern)
    # A bracket is part of a name with a port, not a class of characters.
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def load(path: Path) -> list[KnownKey]:
    """The lines of a file of known hosts; none where there is no file.

    Lines that cannot be read are passed over, as OpenSSH does: they let nobody in. Raises
    HostUnavailable for a file that cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise HostUnavailable(
            f"the known hosts in {path} cannot be read: {error.strerror}"
        ) from None
    return [known for line in lines if (known := _parsed(line)) is not None]


def _parsed(line: str) -> KnownKey | None:
    import paramiko

    words = line.split()
    marker = words.pop(0) if words and words[0].startswith("@") else ""
    # A certificate authority vouches for certificates, which paramiko does not check.
    if len(words) < 3 or words[0].startswith("#") or marker not in ("", "@revoked"):
        return None
    try:
        key = paramiko.PKey.from_type_string(words[1], base64.b64decode(words[2], validate=True))
    except (ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType):
        return None
    return KnownKey(tuple(words[0].split(",")), key, bool(marker))


def known_kinds(destination: Destination, path: Path) -> set[str]:
    """The kinds of key that are known of a machine."""
    name = name_in_file(destination)
    return {k.key.get_name() for k in load(path) if k.is_for(name) and not k.revoked}


def refuse_unless_known(destination: Destination, key: Any, path: Path) -> None:
    """Raises HostUnavailable, with fingerprint, file and what to do, unless the key is known."""
    keys, name = load(path), name_in_file(destination)
    seen = f"{key.get_name()} {fingerprint(key)}"
    if any(known.revoked and known.key == key for known in keys):
        raise HostUnavailable(
            f"{destination}: its host key ({seen}) is marked @revoked in {path}. "
            "Nothing is done on a machine that shows a revoked key."
        )
    ours = [known.key for known in keys if not known.revoked and known.is_for(name)]
    if key in ours:
        return
    if not ours:
        scan = "" if destination.port == USUAL_PORT else f"-p {destination.port} "
        raise HostUnavailable(
            f"{destination}: its host key is not known: it shows {seen}, and {path} has no key "
            f"of {name}. Compare the fingerprint with the machine's own (there: ssh-keygen -lf "
            f"/etc/ssh/ssh_host_ed25519_key.pub), then add it: "
            f"ssh-keyscan {scan}{destination.host} >> {path}"
        )
    kept = ", ".join(sorted(f"{known.get_name()} {fingerprint(known)}" for known in ours))
    raise HostUnavailable(
        f"{destination}: ITS HOST KEY HAS CHANGED: it shows {seen}, but {path} has {kept} for "
        f"{name}. Either the machine was set up anew, or somebody stands between it and you. "
        f"Only when you know which: ssh-keygen -f {path} -R '{name}', and add the new key."
    )
