"""In a cluster of others no request names a key that is not the run's, whatever is answered."""

from __future__ import annotations

import asyncio
import json
import struct
from base64 import b64decode, b64encode
from itertools import islice
from typing import Any

import pytest

from clients.client import Completion, Invocation
from clients.frames import FrameReader, framed
from splitbrain import workforce
from splitbrain.plan import Plan
from splitbrain.schedule import OPERATIONS_STREAM, operations_of
from splitbrain.tenancy import keeps_apart, key_prefix, removes
from targets.systems import SYSTEMS

RUN = "20260101T000000Z-etcd-register-0a1b2c"
SAMPLE = 60
KEYED = {"key", "range_end", "name"}


class Etcd:
    """Answers whatever an operation of the clients needs to go on, and takes notes."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.paths: set[str] = set()
        self.leases: list[int] = []
        self._ranges = 0

    def answer(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        path, asked = head.split()[1].decode(), json.loads(body)
        self.paths.add(path)
        self._note(asked)
        told = json.dumps(self._told(path, asked)).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told)

    def _note(self, asked: Any) -> None:
        """Every member that names keys, wherever it is."""
        for one in asked if isinstance(asked, list) else ():
            self._note(one)
        if isinstance(asked, dict):
            for name, value in asked.items():
                if name in KEYED:
                    self.seen.append(b64decode(value))
                else:
                    self._note(value)

    def _told(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {"header": {"revision": "9"}}
        if path == "/v3/kv/range":
            told |= self._found(asked)
        elif path == "/v3/kv/txn":
            reads = [one["requestRange"] for one in asked["success"] if "requestRange" in one]
            told["responses"] = [{"response_range": self._found(one)} for one in reads]
            told["succeeded"] = bool(reads) or self._ranges % 2 == 0
        elif path == "/v3/lease/grant":
            self.leases.append(int(asked["ID"]))
            told["ID"] = asked["ID"]
        elif path == "/v3/lock/lock":
            told["key"] = b64encode(b64decode(asked["name"]) + b"/1f").decode()
        elif path == "/v3/lease/keepalive":
            told = {"result": {"header": {}, "TTL": "2"}}
        return told

    def _found(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._ranges += 1
        if self._ranges % 3 == 0:
            return {}
        key = b64encode(b64decode(asked["key"]) + (b"4" if "range_end" in asked else b""))
        found = {
            "key": key.decode(),
            "value": b64encode(b"4").decode(),
            "create_revision": "3",
            "mod_revision": "3",
            "version": "2",
        }
        return {"kvs": [found]}


class ZooKeeper:
    """The same; of each path it knows nothing when it is first asked for it."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self._known: set[bytes] = set()
        self._frames = FrameReader()

    def answer(self, requests: bytes) -> bytes:
        return b"".join(self._one(frame) for frame in self._frames.feed(requests))

    def _one(self, frame: bytes) -> bytes:
        xid, kind, length = struct.unpack_from("!iii", frame)
        path = frame[12 : 12 + length]
        self.seen.append(path)
        stat = struct.pack("!qqqqiiiqiiq", 1, 2, 0, 0, 3, 0, 0, 0, 1, 0, 3)
        code, body = 0, stat
        if kind != 9 and path not in self._known:
            self._known.add(path)
            code = -101
        if kind in (1, 9):
            made = path + b"0000000001" if path.endswith(b"/c-") else path
            code, body = (code if made != path else 0), struct.pack("!i", len(made)) + made
        elif kind == 4:
            body = struct.pack("!i", 1) + b"4" + stat
        elif kind == 8:
            name = b"c-0000000001" if path.endswith(b"/lock") else b"4"
            body = struct.pack("!ii", 1, len(name)) + name
        elif kind == 2:
            body = b""
        return framed(struct.pack("!iqi", xid, 7, code) + (b"" if code else body))


class Connection:
    """In the place of a connection: a whole operation against a server that answers anything."""

    server: Any

    def __init__(self, core: Any, endpoint: Any, clock: Any, **options: Any) -> None:
        self.core = core
        core.reset()

    def invoke(self, invocation: Invocation, complete: Any) -> None:
        told: Any = self.core.encode(invocation)
        for _ in range(100):
            if isinstance(told, Completion):
                complete(told)
                return
            if told is None or b" /v3/watch " in told:
                self.server.seen += watched(told) if told else []
                self.core.reset()
                return
            told = self.core.receive(self.server.answer(told))
        raise AssertionError(f"{invocation} never ends")


def watched(request: bytes) -> list[bytes]:
    asked = json.loads(request.partition(b"\r\n\r\n")[2])["create_request"]
    assert asked["start_revision"] == "41"
    return [b64decode(asked["key"]), b64decode(asked["range_end"])]


class Deployment:
    nodes = ("n1", "n2")

    def endpoint(self, node: str) -> tuple[str, int]:
        return node, 1


FAKES = {"etcd": Etcd, "zookeeper": ZooKeeper}
CASES = [
    (system, workload, options)
    for system in FAKES
    for workload in SYSTEMS[system].workloads
    for options in (
        (),
        *([("fencing=on",)] if workload == "lock" else []),
        *([("reads=quorum",), ("reads=plain", "read-session=own")] if system != "etcd" else []),
        *([("reads=serializable",)] if system == "etcd" else []),
    )
]


def plan_of(system: str, workload: str, options: tuple[str, ...] = ()) -> Plan:
    return Plan(
        *(system, "ssh", workload),
        nodes=2,
        concurrency=2,
        options=options,
        endpoints=("h1", "h2"),
    )


@pytest.mark.parametrize(("system", "workload", "options"), CASES)
def test_every_request_of_every_workload_stays_below_the_prefix(
    monkeypatch: pytest.MonkeyPatch, system: str, workload: str, options: tuple[str, ...]
) -> None:
    server = FAKES[system]()
    monkeypatch.setattr(workforce, "TcpClient", Connection)
    monkeypatch.setattr(Connection, "server", server, raising=False)
    plan = plan_of(system, workload, options)
    prefix = key_prefix(plan, RUN).encode()
    rng = plan.stream(OPERATIONS_STREAM)
    items = [i for _, g in operations_of(plan).parts for i in islice(g.items(rng), SAMPLE)]

    async def scenario() -> list[Completion]:
        made = workforce.clients_of(plan, RUN, Deployment(), None, since=41)  # type: ignore[arg-type]
        done: list[Completion] = []
        for number, item in enumerate(items):
            asked = Invocation(0, item.f, item.key, item.value)
            made[number % 2].invoke(asked, done.append)
        await asyncio.sleep(0)
        return done

    done = asyncio.run(scenario())
    assert any(one.outcome.value == "ok" for one in done), done[:5]
    assert len(server.seen) >= SAMPLE
    below = prefix if system == "etcd" else prefix + b"/"
    assert [key for key in server.seen if not key.startswith(below)] == []
    # A range ends below the prefix, too: nobody's key is between its two ends.
    assert len(set(server.seen)) > 1 or workload in ("counter", "lock")
    if system == "etcd" and workload == "lock":
        assert len(set(server.leases)) == len(server.leases) > 1
        assert {"/v3/lock/lock", "/v3/lease/grant", "/v3/lease/revoke"} <= server.paths


def test_a_system_is_pointed_at_only_when_its_clients_keep_to_their_own_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert {name for name in SYSTEMS if keeps_apart(name)} == set(SYSTEMS)
    assert keeps_apart("another"), "a target of others is handed its prefix"
    monkeypatch.setitem(SYSTEMS, "another", SYSTEMS["raft"])
    assert not keeps_apart("another"), "one of ours must have one"
    assert {name for name in SYSTEMS if removes(name)} == {"etcd", "zookeeper"}


def test_two_runs_have_no_key_in_common() -> None:
    for system in SYSTEMS:
        plan = plan_of(system, "register")
        one, other = key_prefix(plan, "r-1"), key_prefix(plan, "r-12")
        assert one and not other.startswith(one + "/"), "a root is a whole name"
        if system != "zookeeper":
            assert not other.startswith(one)
