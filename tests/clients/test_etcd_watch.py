"""etcd's watch as a client: one answer without an end, read on from operation to operation."""

import json
from base64 import b64decode, b64encode

import pytest
from exchange_bench import Bench

from clients.client import Completion, GarbledAnswer, Invocation
from clients.etcd import EtcdCore
from clients.etcd_watch import PUT_STEPS, EtcdWatchCore
from histories.event import Outcome

READ = Invocation(0, "read", None, None)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
CREATED = {"result": {"header": {"revision": "3"}, "created": True}}


def chunk(*lines: dict) -> bytes:
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return b"%x\r\n%b\r\n" % (len(body), body)


def changed(*events: tuple[int, str, int]) -> dict:
    told = [
        {
            "kv": {
                "key": b64encode(f"w/{key}".encode()).decode(),
                "mod_revision": str(revision),
                "value": b64encode(str(value).encode()).decode(),
            }
        }
        for revision, key, value in events
    ]
    return {"result": {"header": {"revision": "9"}, "events": told}}


def begun() -> tuple[EtcdWatchCore, dict]:
    core = EtcdWatchCore("n1:2379")
    head, _, body = core.encode(READ).partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v3/watch ")
    assert core.receive(HEAD + chunk(CREATED)) is None
    return core, json.loads(body)["create_request"]


def test_a_watch_is_asked_for_once_from_the_first_revision_on():
    core, wanted = begun()
    keys = b64decode(wanted["key"]), b64decode(wanted["range_end"])
    assert (keys, wanted["start_revision"]) == ((b"w/", b"w0"), "1")
    told = core.receive(chunk(changed((2, "x", 1), (4, "y", 1))))
    events = [[2, "x", 1], [4, "y", 1]]
    assert told == Completion(Outcome.OK, {"from": 1, "to": 4, "events": events})
    assert core.encode(READ) == b"", "it is still open"
    assert core.receive(b"") is None
    told = core.receive(chunk(changed((5, "x", 2))))
    assert told.value == {"from": 5, "to": 5, "events": [[5, "x", 2]]}


def test_what_comes_between_operations_is_told_by_the_next():
    core, _ = begun()
    core.receive(chunk(changed((2, "x", 1))))
    assert core.receive(chunk(changed((3, "x", 2)), changed((4, "x", 3)))) is None
    assert core.encode(READ) == b""
    assert core.receive(b"").value == {"from": 3, "to": 4, "events": [[3, "x", 2], [4, "x", 3]]}


def test_a_line_may_come_in_pieces():
    core, _ = begun()
    said = chunk(changed((2, "x", 1)))
    got = [core.receive(said[i : i + 1]) for i in range(len(said))]
    (told,) = [one for one in got if one is not None]
    assert told.value["events"] == [[2, "x", 1]]


def test_after_a_lost_connection_it_is_asked_for_from_where_it_was():
    core, _ = begun()
    core.receive(chunk(changed((2, "x", 1))))
    core.receive(chunk(changed((4, "x", 2))))
    core.reset()
    body = core.encode(READ).partition(b"\r\n\r\n")[2]
    assert json.loads(body)["create_request"]["start_revision"] == "5"
    told = core.receive(HEAD + chunk(CREATED, changed((6, "x", 3))))
    assert told.value == {"from": 3, "to": 6, "events": [[4, "x", 2], [6, "x", 3]]}


def test_what_a_member_tells_is_neither_sorted_nor_left_out():
    core, _ = begun()
    told = core.receive(chunk(changed((5, "x", 2), (2, "x", 1), (5, "x", 2))))
    assert told.value["events"] == [[5, "x", 2], [2, "x", 1], [5, "x", 2]]


@pytest.mark.parametrize(
    "said",
    [
        chunk({"result": {"canceled": True, "cancel_reason": "compacted"}}),
        chunk({"error": {"message": "etcdserver: no leader"}}),
        chunk(changed((2, "x", 1))).replace(b"mod_revision", b"mad_revision"),
        b"0\r\n\r\n",
    ],
)
def test_a_watch_that_is_over_or_cannot_be_read_ends_the_connection(said):
    core, _ = begun()
    with pytest.raises(GarbledAnswer):
        core.receive(said)


def test_a_refused_watch_ends_the_connection():
    core = EtcdWatchCore("n1:2379")
    core.encode(READ)
    with pytest.raises(GarbledAnswer, match="refused with 503"):
        core.receive(b"HTTP/1.1 503 X\r\nContent-Length: 2\r\n\r\n{}")


def test_a_put_tells_its_revision():
    core = EtcdCore(PUT_STEPS, "n1:2379")
    body = core.encode(Invocation(0, "put", "x", 7)).partition(b"\r\n\r\n")[2]
    assert b64decode(json.loads(body)["key"]) == b"w/x"
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{"header":{"revision": "12"}}'
    assert core.receive(answer) == Completion(Outcome.OK, [7, 12])


def test_an_exchange_that_needs_to_ask_nothing_looks_for_what_has_come():
    bench = Bench()
    bench.core.encode = lambda invocation: b""
    waiting = []
    bench.core.receive = lambda data: Completion(Outcome.OK, "unasked") if waiting else None
    bench.invoke(READ)
    bench.exchange.connected()
    bench.at(500, waiting.append, 1)
    bench.at(501, bench.exchange.received, b"event")
    bench.run()
    assert bench.outcome == (501, Outcome.OK, None)
    bench.got.clear()
    bench.invoke(READ)
    assert bench.got == [], "an operation never ends before its invocation returns"
    bench.run()
    assert bench.got[0][1].value == "unasked"
    assert "" not in bench.wire.acts, "nothing is not sent"
