"""Machines with sshd for the tests of the ssh host: containers that share this machine's /usr.

Nothing is pulled: an image of a few empty folders is imported, and programs come from a
read-only mount. Users: ``root``; ``admin``, whose sudo asks for nothing and whose shell is
talkative; ``guest``, whose sudo asks for a password. All log in with one key, and all machines
show one host key.
"""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import tarfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker.errors

from targets.hosts import engine as engines
from targets.target import HostUnavailable

SSHD = Path("/usr/sbin/sshd")
PYTHON = Path("/usr/bin/python3")
LABEL = "splitbrain.test-sshd"
SHARED = (Path("/usr"), Path("/etc/alternatives"), *sorted(Path("/etc").glob("java-*-openjdk")))
"""What machines have of this one: programs, and what Debian keeps of Java outside of /usr."""
UP_WITHIN_S = 60.0

FILES = {
    "etc/passwd": "root:x:0:0::/root:/bin/sh\nadmin:x:1001:1001::/home/admin:/bin/bash\n"
    "guest:x:1002:1002::/tmp:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n",
    # What many a login says, to a harness as well.
    "home/admin/.bashrc": "echo Welcome to this machine; echo uid=77\n",
    "etc/group": "root:x:0:\nadmin:x:1001:\nguest:x:1002:\nnogroup:x:65534:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\nadmin:*:19000:0:99999:7:::\n"
    "guest:*:19000:0:99999:7:::\nsshd:!:19000::::::\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\n",
    "etc/sudoers": "root ALL=(ALL) ALL\nadmin ALL=(ALL) NOPASSWD: ALL\nguest ALL=(ALL) ALL\n",
    "etc/pam.d/sudo": "auth required pam_deny.so\naccount required pam_permit.so\n"
    "session required pam_permit.so\n",
    "etc/ssh/sshd_config": "HostKey /etc/ssh/host_key\nStrictModes no\nUsePAM no\n"
    "AuthorizedKeysFile /etc/ssh/authorized_keys\nPidFile none\nPasswordAuthentication no\n"
    "UseDNS no\n",
}
MODES = {"etc/sudoers": 0o440, "etc/shadow": 0o600, "etc/ssh/host_key": 0o600}


def missing() -> str | None:
    """Why no such machines can be made here, if they cannot."""
    for path, package in ((SSHD, "openssh-server"), (Path("/usr/bin/sudo"), "sudo")):
        if not path.exists():
            return f"there is no {path} (apt install {package})"
    if shutil.which("ssh-keygen") is None:
        return "there is no ssh-keygen (apt install openssh-client)"
    if not PYTHON.exists():
        return f"there is no {PYTHON}"
    code = "import sys; sys.exit(sys.version_info < (3, 11))"
    if subprocess.run([PYTHON, "-c", code], check=False).returncode:
        return f"{PYTHON} is older than 3.11"
    try:
        engines.probe(engines.find())
    except HostUnavailable as error:
        return str(error)
    return None


class Unusable(Exception):
    """No such machine comes up here: the engine may have another /usr than we see."""


@dataclass(slots=True)
class Machines:
    """``addresses`` by container id; ``folder`` holds the key and the file of known hosts."""

    api: Any
    folder: Path
    addresses: dict[str, str]

    @property
    def key(self) -> Path:
        return self.folder / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def on(self, number: int, command: str) -> str:
        """What a shell command says, run on a machine as root and not over SSH."""
        container = list(self.addresses)[number]
        made = self.api.exec_create(container, ["/bin/sh", "-c", command])
        return str(self.api.exec_start(made["Id"]).decode())

    def tables(self, number: int) -> str:
        """The tables of rules a machine has."""
        return self.on(number, "/usr/sbin/nft list tables") if shutil.which("nft") else ""

    def left(self, number: int) -> list[str]:
        """What is on a machine that would not be on a fresh one, but for sshd."""
        listed = self.on(number, "ls /var/tmp; cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        listed += self.tables(number)
        return [word for word in listed.split() if "splitbrain" in word or "targets" in word]


def keys(folder: Path) -> dict[str, bytes]:
    """Make a user's and a host's key; the files that go into every machine."""
    for name in ("id_ed25519", "host_key"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True
        )
    return {
        "etc/ssh/host_key": (folder / "host_key").read_bytes(),
        "etc/ssh/authorized_keys": (folder / "id_ed25519.pub").read_bytes(),
    }


def image(files: dict[str, bytes]) -> bytes:
    """The tar of a file system without programs."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("proc", "sys", "dev", "usr", "root", "run/sshd", "var/tmp", "tmp"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if "tmp" in name else 0o755
            tar.addfile(folder)
        for name in ("bin", "sbin", "lib", "lib64"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(link)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), MODES.get(name, 0o644)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


@contextmanager
def machines(folder: Path, count: int) -> Iterator[Machines]:
    """So many of them, on a network of their own, gone afterwards."""
    engine = engines.connect()
    api = engine.api
    name = f"splitbrain-test-{uuid.uuid4().hex[:8]}"
    labels = {LABEL: name}
    files = {path: text.encode() for path, text in FILES.items()} | keys(folder)
    containers: list[str] = []
    network = None
    try:
        api.import_image_from_data(image(files), repository=name, tag="1")
        network = api.create_network(name, driver="bridge", labels=labels)["Id"]
        for _ in range(count):
            host = api.create_host_config(
                binds=[f"{path}:{path}:ro" for path in SHARED if path.is_dir()],
                cap_add=["NET_ADMIN"],
                network_mode=name,
            )
            made = api.create_container(
                f"{name}:1", command=[str(SSHD), "-D", "-e"], labels=labels, host_config=host
            )
            containers.append(made["Id"])
            try:
                api.start(made["Id"])
            except docker.errors.APIError as error:
                raise Unusable(f"no container with sshd can be started: {error}") from None
        addresses = {
            container: api.inspect_container(container)["NetworkSettings"]["Networks"][name][
                "IPAddress"
            ]
            for container in containers
        }
        public = " ".join((folder / "host_key.pub").read_text().split()[:2])
        known = "".join(f"{address} {public}\n" for address in addresses.values())
        (folder / "known_hosts").write_text(known)
        _wait(api, addresses)
        yield Machines(api, folder, addresses)
    finally:
        for container in containers:
            api.remove_container(container, force=True, v=True)
        if network is not None:
            api.remove_network(network)
        api.remove_image(f"{name}:1", force=True)
        engine.close()


def _wait(api: Any, addresses: dict[str, str]) -> None:
    for container, address in addresses.items():
        deadline = time.monotonic() + UP_WITHIN_S
        while True:
            try:
                with socket.create_connection((address, 22), 2) as connection:
                    if connection.recv(4) == b"SSH-":
                        break
            except OSError:
                pass
            running = api.inspect_container(container)["State"]["Running"]
            if not running or time.monotonic() > deadline:
                said = api.logs(container).decode().strip()
                raise Unusable(f"sshd does not come up in a container: {said}")
            time.sleep(0.05)
