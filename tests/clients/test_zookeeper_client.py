"""ZooKeeper's client core against a small server that keeps nodes as ZooKeeper does."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import pytest

from clients.client import Completion, GarbledAnswer, Invocation
from clients.frames import FrameReader, framed
from clients.zookeeper import ZooKeeperCore, zookeeper_core
from clients.zookeeper_errors import CODES, ERRORS, row_of
from clients.zookeeper_steps import TRIES_MAX, Reads
from histories.event import Outcome

CREATE, EXISTS, GET, SET, CHILDREN, SYNC = 1, 3, 4, 5, 8, 9
NAMES = {CREATE: "create", EXISTS: "exists", GET: "get", SET: "set", CHILDREN: "list", SYNC: "sync"}
NO_NODE, BAD_VERSION, NODE_EXISTS = -101, -103, -110


def text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("!i", data, at)
    return data[at + 4 : at + 4 + max(length, 0)].decode(), at + 4 + max(length, 0)


def string(value: bytes) -> bytes:
    return struct.pack("!i", len(value)) + value


@dataclass
class Server:
    """Nodes by path: data and version. ``refuse``: error codes for the next requests, in order."""

    nodes: dict[str, list] = field(default_factory=dict)
    refuse: list[int] = field(default_factory=list)
    zxid: int = 0x1_0000_0000
    asked: list[str] = field(default_factory=list)
    sessions: list[int] = field(default_factory=list)
    frames: FrameReader = field(default_factory=FrameReader)

    def connect(self, core: ZooKeeperCore, granted: int = 7, timeout_ms: int = 4000) -> None:
        core.reset()
        (opening,) = self.frames.feed(core.opening())
        _, _, _, session = struct.unpack_from("!iqiq", opening)
        self.sessions.append(session)
        answer = struct.pack("!iiq", 0, timeout_ms, session or granted) + string(bytes(16)) + b"\0"
        assert core.greeted(framed(answer))

    def answer(self, requests: bytes) -> bytes:
        return b"".join(self._one(frame) for frame in self.frames.feed(requests))

    def _one(self, frame: bytes) -> bytes:
        xid, kind = struct.unpack_from("!ii", frame)
        path, at = text(frame, 8)
        self.asked.append(f"{NAMES[kind]} {path}")
        code, body = (self.refuse.pop(0), b"") if self.refuse else self._do(kind, path, frame, at)
        return framed(struct.pack("!iqi", xid, self.zxid, code) + (b"" if code else body))

    def _do(self, kind: int, path: str, frame: bytes, at: int) -> tuple[int, bytes]:
        if kind == SYNC:
            return 0, string(path.encode())
        parent = path.rpartition("/")[0]
        if kind == CREATE:
            if path in self.nodes:
                return NODE_EXISTS, b""
            if parent and parent not in self.nodes:
                return NO_NODE, b""
            self.nodes[path] = [text(frame, at)[0].encode(), 0]
            self.zxid += 1
            return 0, string(path.encode())
        if path not in self.nodes:
            return NO_NODE, b""
        node = self.nodes[path]
        if kind == SET:
            data, at = text(frame, at)
            (version,) = struct.unpack_from("!i", frame, at)
            if version not in (-1, node[1]):
                return BAD_VERSION, b""
            node[:] = [data.encode(), node[1] + 1]
            self.zxid += 1
        stat = struct.pack("!qqqqiiiqiiq", 1, 2, 0, 0, node[1], 0, 0, 0, 1, 0, 3)
        if kind == GET:
            return 0, string(node[0]) + stat
        if kind == CHILDREN:
            below = [p.rpartition("/")[2].encode() for p in self.nodes if p.startswith(path + "/")]
            return 0, struct.pack("!i", len(below)) + b"".join(map(string, below))
        return 0, stat


def connected(workload: str, reads: Reads = Reads.SYNC) -> tuple[ZooKeeperCore, Server]:
    core, server = zookeeper_core(workload, reads=reads), Server()
    server.connect(core)
    return core, server


def do(core: ZooKeeperCore, server: Server, f: str, key=None, value=None) -> Completion:
    """The operation, to its end."""
    told: Completion | bytes | None = core.encode(Invocation(0, f, key, value))
    while not isinstance(told, Completion):
        assert isinstance(told, bytes)
        told = core.receive(server.answer(told))
    return told


def test_a_register_is_made_by_its_first_write():
    core, server = connected("register")
    assert do(core, server, "read", 3).value is None
    assert do(core, server, "write", 3, 5).outcome is Outcome.OK
    assert do(core, server, "write", 3, 6).outcome is Outcome.OK
    read = do(core, server, "read", 3)
    assert (read.value, read.extra) == (6, {"zxid": server.zxid})
    assert server.asked == [
        *("sync /r3", "get /r3"),
        *("set /r3", "create /r3"),
        "set /r3",
        *("sync /r3", "get /r3"),
    ]


def test_who_loses_the_race_to_make_a_node_writes_it():
    core, server = connected("register")
    server.refuse = [NO_NODE, NODE_EXISTS]
    server.nodes["/r1"] = [b"4", 0]
    assert do(core, server, "write", 1, 5).outcome is Outcome.OK
    assert server.nodes["/r1"] == [b"5", 1]
    server.refuse = [NO_NODE, NODE_EXISTS] * TRIES_MAX
    assert do(core, server, "write", 1, 6).error == "contended"


def test_a_compare_and_set_is_a_read_and_a_write_of_that_version():
    core, server = connected("register")
    server.nodes["/r1"] = [b"4", 9]
    assert do(core, server, "cas", 1, [4, 5]).outcome is Outcome.OK
    assert server.asked == ["sync /r1", "get /r1", "set /r1"]
    # What it read may be old, so it asserts nothing: not the row "mismatch".
    assert do(core, server, "cas", 1, [4, 6]).error == "other-value"
    assert do(core, server, "cas", 2, [4, 6]).error == "other-value"
    told = core.encode(Invocation(0, "cas", 1, [5, 6]))
    told = core.receive(server.answer(told))
    server.nodes["/r1"][1] += 1
    assert core.receive(server.answer(told)).error == "bad-version"
    assert server.nodes["/r1"][0] == b"5"


def test_a_set_is_the_nodes_below_one():
    core, server = connected("set")
    assert do(core, server, "read").value == []
    for element in (3, 12, -1):
        assert do(core, server, "add", None, element).outcome is Outcome.OK
    assert do(core, server, "read").value == [-1, 3, 12]
    assert server.asked[2:5] == ["create /set/3", "create /set", "create /set/3"]


def test_a_counter_is_how_often_a_node_was_changed():
    core, server = connected("counter")
    assert do(core, server, "read").value == 0
    for _ in range(3):
        assert do(core, server, "add", None, 1).outcome is Outcome.OK
    assert do(core, server, "read").value == 3
    with pytest.raises(ValueError, match="goes up by 1"):
        core.encode(Invocation(0, "add", None, 2))


@pytest.mark.parametrize(("workload", "value"), [("set", 3), ("counter", 1)])
def test_what_becomes_of_the_node_above_is_of_no_account(workload, value):
    """Somebody else may have made it while our request for that was turned away (-127)."""
    core, server = connected(workload)
    server.refuse = [NO_NODE, -127]
    server.nodes |= {"/set": [b"", 0], "/counter": [b"", 0]}
    assert do(core, server, "add", None, value).outcome is Outcome.OK
    assert do(core, server, "read").value == ([3] if workload == "set" else 1)
    core, server = connected(workload)
    server.refuse = [NO_NODE, -127]
    assert do(core, server, "add", None, value).outcome is Outcome.FAIL


def test_an_append_writes_the_version_it_has_read_or_reads_again():
    core, server = connected("append")
    assert do(core, server, "append", 1, 4).outcome is Outcome.OK
    assert do(core, server, "append", 1, 5).outcome is Outcome.OK
    told = core.receive(server.answer(core.encode(Invocation(0, "append", 1, 6))))
    server.nodes["/a1"] = [b"4,5,9", 7]
    while isinstance(told, bytes):
        told = core.receive(server.answer(told))
    assert told.outcome is Outcome.OK
    assert do(core, server, "read", 1).value == [4, 5, 9, 6]
    assert do(core, server, "read", 2).value == []


@pytest.mark.parametrize(
    ("reads", "asked"),
    [
        (Reads.PLAIN, ["get /r1"]),
        (Reads.SYNC, ["sync /r1", "get /r1"]),
        (
            Reads.QUORUM,
            ["set /barrier", "get /r1", "create /barrier", "set /barrier", "get /r1"],
        ),
    ],
)
def test_what_comes_before_a_read(reads, asked):
    core, server = connected("register", reads)
    server.nodes["/r1"] = [b"4", 0]
    assert do(core, server, "read", 1).value == 4
    assert server.asked == asked
    del server.asked[:]
    do(core, server, "read", 1)
    assert server.asked == asked[:2]


def test_answers_come_in_any_pieces_and_beside_notices():
    core, server = connected("register")
    server.nodes["/r1"] = [b"4", 0]
    ping = framed(struct.pack("!iqi", -2, 0, 0))
    said = ping + server.answer(core.encode(Invocation(0, "read", 1, None)))
    got = [core.receive(said[i : i + 1]) for i in range(len(said))]
    assert got[:-1] == [None] * (len(said) - 1)
    assert got[-1].value == 4


def test_an_answer_to_another_request_is_garbled():
    core, _ = connected("register")
    core.encode(Invocation(0, "read", 1, None))
    with pytest.raises(GarbledAnswer, match="an answer to request 77, awaited is 1"):
        core.receive(framed(struct.pack("!iqi", 77, 0, 0)))
    with pytest.raises(GarbledAnswer, match="cannot be read"):
        core.receive(framed(b"short"))


def test_nothing_is_sent_twice():
    core, _ = connected("register")
    invocation = Invocation(0, "write", 1, 1)
    core.encode(invocation)
    with pytest.raises(ValueError, match="nothing is sent twice"):
        core.encode(invocation)


def test_a_session_outlives_a_connection_and_a_read_but_not_a_write_that_is_not_known():
    core, server = connected("register")
    do(core, server, "write", 1, 1)
    server.connect(core)
    core.encode(Invocation(0, "read", 1, None))
    server.connect(core)
    core.encode(Invocation(0, "write", 1, 2))
    server.connect(core)
    assert server.sessions == [0, 7, 7, 0]


def test_a_session_that_has_expired_is_not_asked_for_again():
    core, server = connected("register")
    core.reset()
    core.opening()
    expired = framed(struct.pack("!iiq", 0, 0, 0) + string(bytes(16)) + b"\0")
    with pytest.raises(GarbledAnswer, match="expired"):
        core.greeted(expired)
    server.connect(core)
    assert server.sessions[-1] == 0


def test_a_reconnecting_session_says_what_it_has_seen():
    core, server = connected("register")
    do(core, server, "write", 1, 1)
    core.reset()
    (opening,) = FrameReader().feed(core.opening())
    assert struct.unpack_from("!iqiq", opening)[1] == server.zxid
    with pytest.raises(GarbledAnswer, match="expected a session"):
        core.greeted(framed(b"x"))


@pytest.mark.parametrize("code", sorted({*CODES, -3}))
def test_what_an_error_says_of_a_write_and_of_a_read(code):
    row = row_of(code)
    core, server = connected("register")
    server.nodes["/r1"] = [b"4", 0]
    if code not in (NO_NODE, NODE_EXISTS):
        server.refuse = [code]
        write = do(core, server, "write", 1, 5)
        assert (write.error, write.outcome) == (row.error, row.outcome)
        server.refuse = [code]
        # Before its write, a compare-and-set has done nothing.
        assert do(core, server, "cas", 1, [4, 5]).outcome is Outcome.FAIL
    server.refuse = [code] * 2
    read = do(core, server, "read", 1)
    assert read.outcome is Outcome.FAIL and read.error == row.error
    assert server.nodes["/r1"] == [b"4", 0]


def test_only_what_may_have_happened_is_open():
    open_rows = {row.error for row in ERRORS.values() if row.outcome is Outcome.INFO}
    assert open_rows == {"connection-loss", "request-timeout", "unknown-error"}
    assert {row_of(code).error for code in {*CODES, -3}} == set(ERRORS) - {
        "other-value",
        "contended",
    }
