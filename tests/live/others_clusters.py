"""Clusters of others on loopback: an etcd and a ZooKeeper that a test starts and looks into."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from certificates import Authority
from kazoo.client import KazooClient
from stepping import free_ports

from targets.hosts import programs
from targets.systems import SYSTEMS

UP_WITHIN_S, ANSWERED_WITHIN_S = 60.0, 30.0
ENDED_WITHIN_S = 300.0
"""A busy machine may take a minute and a half to compile what judges a history, once."""
SECURED = """secureClientPort={port}
serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory
ssl.keyStore.location={folder}/server.pem
ssl.keyStore.type=PEM
ssl.trustStore.location={folder}/ca.pem
ssl.trustStore.type=PEM
ssl.clientAuth=need
"""
USER, PASSWORD = "tester", "correct-horse-7"


def until(true: Callable[[], bool], what: str, within_s: float = UP_WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(0.02)


class EtcdMember:
    """A member, and its JSON interface as its owner uses it."""

    def __init__(self, port: int, tls: ssl.SSLContext | None) -> None:
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        self._token: str | None = None
        self._tls = tls

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        headers = {"Authorization": self._token} if self._token else {}
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v3/{path}", data=data, headers=headers)
        with urllib.request.urlopen(request, None, ANSWERED_WITHIN_S, context=self._tls) as answer:
            told: dict[str, Any] = json.load(answer)
            return told

    def serves(self) -> bool:
        try:
            self.put("others/own", "1")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return True

    def put(self, key: str, value: str, **more: Any) -> None:
        coded = {"key": b64encode(key.encode()).decode(), "value": b64encode(value.encode())}
        self.ask("kv/put", key=coded["key"], value=coded["value"].decode(), **more)

    def keys(self) -> dict[str, str]:
        """All keys there are, with the revision of their last change."""
        found = self.ask("kv/range", key="AA==", range_end="AA==").get("kvs", [])
        return {b64decode(one["key"]).decode(): one["mod_revision"] for one in found}

    def written(self) -> list[str]:
        return [key for key in self.keys() if re.match("splitbrain/2", key)]

    def leases(self) -> set[str]:
        return {one["ID"] for one in self.ask("lease/leases").get("leases", [])}

    def guard(self) -> None:
        """Ask everybody who they are; ``USER`` may write below ``splitbrain/`` and nowhere else."""
        self.ask("auth/role/add", name="root")
        self.ask("auth/role/add", name="runs")
        below = {
            "key": b64encode(b"splitbrain/").decode(),
            "range_end": b64encode(b"splitbrain0").decode(),
        }
        self.ask("auth/role/grant", name="runs", perm={"permType": "READWRITE", **below})
        for name, password, role in (("root", "owner", "root"), (USER, PASSWORD, "runs")):
            self.ask("auth/user/add", name=name, password=password)
            self.ask("auth/user/grant", user=name, role=role)
        self.ask("auth/enable")
        self._token = self.ask("auth/authenticate", name="root", password="owner")["token"]


@contextmanager
def etcd_member(folder: Path, *, secured: bool = False) -> Iterator[EtcdMember]:
    """One alone; ``secured`` it speaks TLS. Its authority is in ``folder / "ca.pem"``."""
    certificate = Authority(folder).issue("server") if secured else None
    with etcd_cluster(folder, 1, certificate) as (member,):
        yield member


@contextmanager
def etcd_cluster(
    folder: Path,
    members: int,
    certificate: tuple[Path, Path] | None = None,
    owner: tuple[Path, Path] | None = None,
) -> Iterator[list[EtcdMember]]:
    """Some members. With a ``certificate`` and its key they speak TLS; with an ``owner``'s they
    take nobody who has none of the same authority (``folder / "ca.pem"``)."""
    program = programs.find("etcd")
    assert program is not None
    names = [f"m{number}" for number in range(1, members + 1)]
    ports = free_ports(2 * members)
    peers = {
        name: f"http://127.0.0.1:{port}" for name, port in zip(names, ports[members:], strict=True)
    }
    secured: list[str] = []
    tls = None
    if certificate is not None:
        secured = [f"--cert-file={certificate[0]}", f"--key-file={certificate[1]}"]
        tls = ssl.create_default_context(cafile=folder / "ca.pem")
        # Whether it is still valid is the business of others, not of its owner.
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    if owner is not None and tls is not None:
        secured += ["--client-cert-auth", f"--trusted-ca-file={folder / 'ca.pem'}"]
        tls.load_cert_chain(*owner)
    made = [EtcdMember(port, tls) for port in ports[:members]]
    processes = [
        subprocess.Popen(
            [
                *(program, f"--name={name}", f"--data-dir={folder / name}", *secured),
                *(f"--listen-client-urls={one.url}", f"--advertise-client-urls={one.url}"),
                *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
                f"--initial-cluster={','.join(f'{n}={p}' for n, p in peers.items())}",
                *("--bcrypt-cost=4", "--logger=zap", "--log-outputs=stderr"),
            ],
            stderr=subprocess.DEVNULL,
        )
        for (name, peer), one in zip(peers.items(), made, strict=True)
    ]
    try:
        for one in made:
            until(one.serves, f"etcd serves at {one.url}")
        yield made
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


class ZooKeeperServer:
    """One server alone, and the tree as its owner sees it."""

    def __init__(self, port: int, secured: int, authority: Path) -> None:
        self.endpoint, self.secured = f"127.0.0.1:{port}", f"tls://127.0.0.1:{secured}"
        self.authority = authority
        self.owner = KazooClient(self.endpoint, timeout=10)

    def tree(self, path: str = "/") -> dict[str, int]:
        """All paths but ZooKeeper's own, with the transaction of their last change."""
        found = {}
        for name in self.owner.get_children(path):
            child = f"{path.rstrip('/')}/{name}"
            if child != "/zookeeper":
                found |= {child: self.owner.exists(child).mzxid, **self.tree(child)}
        return found

    def written(self) -> list[str]:
        below = [n for n in self.owner.get_children("/") if n.startswith("splitbrain-2")]
        return [name for one in below for name in self.owner.get_children(f"/{one}")]


@contextmanager
def zookeeper_server(folder: Path) -> Iterator[ZooKeeperServer]:
    """A server on loopback, and its owner connected. Its secured port takes only who has a
    certificate of the authority ``folder / "ca.pem"``, as ``tester.pem`` is."""
    authority = Authority(folder)
    authority.issue("tester")
    certificate, key = authority.issue("own")
    (folder / "server.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
    launch = SYSTEMS["zookeeper"].launch("n1", {"n1": "127.0.0.1"}, (), ("timers=tight",))
    chosen = free_ports(4)
    own = dict(zip((b"2181", b"2888", b"3888"), chosen, strict=False))
    for name, content in launch.files_in(str(folder)).items():
        ported = re.sub(rb"\b(2181|2888|3888)\b", lambda m: str(own[m[1]]).encode(), content)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(ported)
    with (folder / "zoo.cfg").open("a") as file:
        file.write(SECURED.format(port=chosen[3], folder=folder))
    assert launch.program is not None
    java = programs.path_of(launch.program, launch.needs)
    process = subprocess.Popen([java, *launch.told(str(folder))], stderr=subprocess.DEVNULL)
    server = ZooKeeperServer(chosen[0], chosen[3], folder / "ca.pem")
    try:
        server.owner.start(timeout=UP_WITHIN_S)
        yield server
    finally:
        server.owner.stop()
        server.owner.close()
        process.kill()
        process.wait()


def splitbrain(store: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """The command line, started."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "splitbrain", *arguments, "--json"],
        env=os.environ | {"SPLITBRAIN_STORE": str(store)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, Any, str]:
    """Its exit code, what it printed as JSON, and what it said."""
    told, said = process.communicate(timeout=ENDED_WITHIN_S)
    return process.returncode, json.loads(told) if told else None, said


def killed(process: subprocess.Popen[str], written: Callable[[], list[str]]) -> None:
    """SIGKILL to it once something of it is in the cluster."""
    until(lambda: len(written()) > 2, "the run writes")
    process.send_signal(signal.SIGKILL)
    process.communicate()
