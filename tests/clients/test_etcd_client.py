"""etcd's client core against the answers of a real member (3.4.23), kept word for word."""

import json
from base64 import b64decode

import pytest

from clients.client import Completion, GarbledAnswer, Invocation
from clients.etcd import EtcdCore, etcd_core
from clients.etcd_errors import ERRORS, MESSAGES, row_of
from histories.event import Outcome

HEADER = (
    '"header":{"cluster_id":"324952591200643719","member_id":"3319814642761637952",'
    '"revision":"7","raft_term":"2"}'
)
AT_7 = {"revision": 7}


def answer(body: str, status: int = 200) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body.encode()


def refusal(message: str, code: int, status: int) -> bytes:
    return answer(json.dumps({"error": message, "message": message, "code": code}), status)


def asked(core: EtcdCore, f: str, key=None, value=None, process: int = 0) -> tuple[str, dict]:
    """Path and body of the request, keys and values as text."""
    head, _, body = core.encode(Invocation(process, f, key, value)).partition(b"\r\n\r\n")
    return head.split()[1].decode(), json.loads(body, object_hook=plain)


def plain(found: dict) -> dict:
    coded = ("key", "value", "range_end")
    return {k: b64decode(v).decode() if k in coded else v for k, v in found.items()}


def settled(workload: str, f: str, value, said: bytes, **options) -> Completion:
    core = etcd_core(workload, "n1:2379", **options)
    asked(core, f, 3, value)
    completion = core.receive(said)
    assert isinstance(completion, Completion)
    return completion


def test_a_register_is_a_key():
    core = etcd_core("register", "n1:2379")
    assert asked(core, "read", 3) == ("/v3/kv/range", {"key": "r/3"})
    assert asked(core, "write", 3, 5) == ("/v3/kv/put", {"key": "r/3", "value": "5"})
    path, body = asked(core, "cas", 3, [5, 6])
    assert path == "/v3/kv/txn"
    assert body["compare"] == [{"key": "r/3", "target": "VALUE", "result": "EQUAL", "value": "5"}]
    assert body["success"] == [{"requestPut": {"key": "r/3", "value": "6"}}]
    assert body["failure"] == []


def test_a_read_tells_value_and_revision_and_nothing_where_there_is_no_key():
    found = (
        f'{{{HEADER},"kvs":[{{"key":"cjE=","create_revision":"2","mod_revision":"2",'
        '"version":"1","value":"NQ=="}],"count":"1"}'
    )
    assert settled("register", "read", None, answer(found)) == Completion(Outcome.OK, 5, extra=AT_7)
    nothing = answer(f"{{{HEADER}}}")
    assert settled("register", "read", None, nothing) == Completion(Outcome.OK, extra=AT_7)


def test_a_compare_and_set_swaps_or_meets_another_value():
    swapped = answer(f'{{{HEADER},"succeeded":true,"responses":[{{"response_put":{{}}}}]}}')
    assert settled("register", "cas", [1, 2], swapped) == Completion(Outcome.OK, extra=AT_7)
    other = settled("register", "cas", [1, 2], answer(f"{{{HEADER}}}"))
    assert (other.outcome, other.error) == (Outcome.FAIL, "mismatch")


def test_a_set_is_a_range_of_keys():
    core = etcd_core("set", "n1:2379")
    assert asked(core, "add", None, -4) == ("/v3/kv/put", {"key": "s/-4", "value": ""})
    path, body = asked(core, "read")
    assert (path, body["key"], body["range_end"]) == ("/v3/kv/range", "s/", "s0")
    keys = '"kvs":[{"key":"cy8tNA=="},{"key":"cy8xMg=="},{"key":"cy8z"}]'
    read = settled("set", "read", None, answer(f"{{{HEADER},{keys}}}"))
    assert read == Completion(Outcome.OK, [-4, 3, 12], extra=AT_7)
    assert settled("set", "read", None, answer(f"{{{HEADER}}}")).value == []


def test_a_counter_is_how_often_a_key_was_put():
    core = etcd_core("counter", "n1:2379")
    assert asked(core, "add", None, 1) == ("/v3/kv/put", {"key": "counter", "value": ""})
    assert asked(core, "read") == ("/v3/kv/range", {"key": "counter"})
    counted = f'{{{HEADER},"kvs":[{{"key":"Y291bnRlcg==","version":"41"}}],"count":"1"}}'
    assert settled("counter", "read", None, answer(counted)).value == 41
    assert settled("counter", "read", None, answer(f"{{{HEADER}}}")).value == 0
    with pytest.raises(ValueError, match="goes up by 1"):
        asked(core, "add", None, 2)


def test_an_append_writes_the_list_it_has_read_if_nobody_has_written_in_between():
    core = etcd_core("append", "n1:2379")
    assert asked(core, "append", 3, 7) == ("/v3/kv/range", {"key": "a/3"})
    found = f'{{{HEADER},"kvs":[{{"key":"YS8z","mod_revision":"6","value":"NCw1"}}]}}'
    told = core.receive(answer(found))
    body = json.loads(told.partition(b"\r\n\r\n")[2], object_hook=plain)
    compare = {"key": "a/3", "target": "MOD", "result": "EQUAL", "mod_revision": "6"}
    assert body["compare"] == [compare]
    assert body["success"] == [{"requestPut": {"key": "a/3", "value": "4,5,7"}}]
    # Somebody has: it begins again, with what is there now.
    assert b"/v3/kv/range" in core.receive(answer(f"{{{HEADER}}}"))
    told = core.receive(answer(f"{{{HEADER}}}"))
    assert json.loads(told.partition(b"\r\n\r\n")[2])["compare"][0]["mod_revision"] == "0"
    done = core.receive(answer(f'{{{HEADER},"succeeded":true}}'))
    assert done == Completion(Outcome.OK, extra=AT_7)
    assert settled("append", "read", None, answer(found)).value == [4, 5]
    assert settled("append", "read", None, answer(f"{{{HEADER}}}")).value == []


def test_reads_are_linearizable_unless_it_is_asked_for_otherwise():
    assert "serializable" not in asked(etcd_core("register", "x"), "read", 1)[1]
    stale = etcd_core("register", "x", serializable=True)
    assert asked(stale, "read", 1)[1]["serializable"] is True
    assert "serializable" not in asked(stale, "cas", 1, [1, 2])[1]


def test_nothing_is_sent_twice():
    core, invocation = etcd_core("register", "x"), Invocation(0, "write", 1, 1)
    core.encode(invocation)
    with pytest.raises(ValueError, match="nothing may be sent again"):
        core.encode(invocation)


def test_an_answer_after_a_new_connection_began_settles_nothing():
    core = etcd_core("register", "x")
    asked(core, "read", 1)
    core.reset()
    assert core.receive(b"") is None


@pytest.mark.parametrize(
    ("status", "code", "message", "error", "outcome"),
    [
        (503, 14, "etcdserver: request timed out", "timed-out", Outcome.INFO),
        (
            503,
            14,
            "etcdserver: request timed out, possibly due to previous leader failure",
            "timed-out",
            Outcome.INFO,
        ),
        (504, 4, "context deadline exceeded", "timed-out", Outcome.INFO),
        (503, 14, "etcdserver: leader changed", "leader-changed", Outcome.INFO),
        (503, 14, "etcdserver: server stopped", "stopped", Outcome.INFO),
        (503, 14, "etcdserver: no leader", "no-leader", Outcome.FAIL),
        (503, 14, "etcdserver: not capable", "not-capable", Outcome.FAIL),
        (503, 14, "transport is closing", "interface-lost", Outcome.INFO),
        (429, 8, "etcdserver: too many requests", "too-many-requests", Outcome.FAIL),
        (429, 8, "etcdserver: mvcc: database space exceeded", "no-space", Outcome.INFO),
        (400, 3, "etcdserver: request is too large", "invalid-argument", Outcome.FAIL),
        (
            400,
            11,
            "etcdserver: mvcc: required revision has been compacted",
            "compacted",
            Outcome.FAIL,
        ),
        (404, 5, "etcdserver: requested lease not found", "lease-not-found", Outcome.FAIL),
        (500, 2, "a message nobody has seen", "unknown-error", Outcome.INFO),
    ],
)
def test_what_a_refusal_says_of_a_write_and_of_a_read(status, code, message, error, outcome):
    said = refusal(message, code, status)
    write = settled("register", "write", 1, said)
    assert (write.error, write.outcome) == (error, outcome)
    read = settled("register", "read", None, said)
    assert (read.error, read.outcome) == (error, Outcome.FAIL)


def test_a_server_without_the_interface_is_told_by_name():
    said = answer("Not Found", 404)
    assert settled("register", "write", 1, said).error == "no-such-interface"
    moved = settled("register", "write", 1, answer("", 307))
    assert (moved.error, moved.outcome) == ("unknown-error", Outcome.INFO)


def test_every_row_is_reached_by_some_answer():
    reached = {row_of(503, 14, beginning + ", and why").error for beginning, _ in MESSAGES}
    reached |= {row_of(*said).error for said in ((400, 3, ""), (503, 14, ""), (500, 2, None))}
    reached |= {row_of(404, None, None).error, "mismatch", "contended", "refused"}
    assert reached == set(ERRORS)


@pytest.mark.parametrize("body", ["", "[]", "null", '{"kvs":[]}', '{"header":{"revision":"x"}}'])
def test_what_is_no_answer_is_garbled(body):
    with pytest.raises(GarbledAnswer):
        settled("register", "read", None, answer(body))
