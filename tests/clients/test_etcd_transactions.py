"""Transactions over several lists of etcd: read at one revision, written if nothing changed."""

import json
from base64 import b64decode, b64encode

import pytest

from clients.client import Completion, Invocation
from clients.etcd import etcd_core
from clients.etcd_namespace import Namespace
from histories.event import Outcome

HEADER = {"revision": "7"}
STEPS = [["r", "a", None], ["append", "b", 5], ["r", "b", None], ["append", "b", 6]]


def coded(text):
    return b64encode(text.encode()).decode()


def answer(told, status=200):
    body = json.dumps({"header": HEADER} | told)
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def ranges(*lists, prefix="t/3/"):
    """The answer to the read of lists: (name, revision of its last change, elements), or None."""
    responses = []
    for one in lists:
        kvs = []
        if one is not None:
            name, number, elements = one
            kvs = [{"key": coded(prefix + name), "mod_revision": number, "value": coded(elements)}]
        responses.append({"response_range": {"kvs": kvs} if kvs else {"header": {}}})
    return answer({"succeeded": True, "responses": responses})


def body(request):
    head, _, content = request.partition(b"\r\n\r\n")
    assert head.split()[1] == b"/v3/kv/txn"
    return json.loads(content)


def begun(steps, workload="list-append", **options):
    core = etcd_core(workload, "n1:2379", **options)
    return core, body(core.encode(Invocation(0, "txn", 3, steps)))


def test_lists_are_read_together_and_written_if_none_of_them_has_changed():
    core, asked = begun(STEPS)
    keys = [one["requestRange"]["key"] for one in asked["success"]]
    assert keys == [coded("t/3/a"), coded("t/3/b")] and asked["compare"] == []
    asked = body(core.receive(ranges(("a", "4", "1,2"), None)))
    assert [(c["key"], c["target"], c["mod_revision"]) for c in asked["compare"]] == [
        (coded("t/3/a"), "MOD", "4"),
        (coded("t/3/b"), "MOD", "0"),
    ]
    (put,) = asked["success"]
    assert b64decode(put["requestPut"]["value"]) == b"5,6"
    done = core.receive(answer({"succeeded": True}))
    told = [["r", "a", [1, 2]], ["append", "b", 5], ["r", "b", [5]], ["append", "b", 6]]
    assert done == Completion(Outcome.OK, told, extra={"revision": 7})


def test_registers_are_read_and_written_the_same_way():
    steps = [["r", "a", None], ["w", "b", 5], ["r", "b", None], ["r", "c", None]]
    core, _ = begun(steps, "rw-register")
    asked = body(core.receive(ranges(("a", "4", "12"), ("b", "3", "4"), None)))
    assert [c["mod_revision"] for c in asked["compare"]] == ["4", "3", "0"]
    (put,) = asked["success"]
    assert put["requestPut"]["key"] == coded("t/3/b")
    assert b64decode(put["requestPut"]["value"]) == b"5"
    done = core.receive(answer({"succeeded": True}))
    assert done.value == [["r", "a", 12], ["w", "b", 5], ["r", "b", 5], ["r", "c", None]]
    assert not core.is_read(Invocation(0, "txn", 3, steps))


def test_a_bank_moves_what_is_there_and_refuses_what_is_not():
    core = etcd_core("bank", "n1:2379")
    given = {"from": "a", "to": "b", "amount": 4}
    asked = body(core.encode(Invocation(0, "transfer", 3, given)))
    assert len(asked["success"]) == 2 and not core.is_read(Invocation(0, "transfer", 3, given))
    asked = body(core.receive(ranges(("a", "4", "9"), ("b", "3", "2"))))
    assert [c["mod_revision"] for c in asked["compare"]] == ["4", "3"]
    puts = [b64decode(put["requestPut"]["value"]) for put in asked["success"]]
    assert puts == [b"5", b"6"]
    assert core.receive(answer({"succeeded": True})) == Completion(
        Outcome.OK, None, extra={"revision": 7}
    )
    core.encode(Invocation(0, "transfer", 3, given))
    refused = core.receive(ranges(("a", "4", "3"), None))
    assert (refused.outcome, refused.error) == (Outcome.FAIL, "refused")
    core.encode(Invocation(0, "open", 3, {"a": 9, "b": 1}))
    asked = body(core.receive(ranges(None, None)))
    assert len(asked["success"]) == 2
    core.receive(answer({"succeeded": True}))
    core.encode(Invocation(0, "read", 3, None))
    done = core.receive(ranges(("a", "4", "9"), ("b", "3", "1"), None, None, None))
    assert done.value == {"a": 9, "b": 1, "c": None, "d": None, "e": None}


def test_where_a_list_has_changed_it_begins_again_with_what_is_there():
    core, asked = begun([["append", "b", 5], ["r", "b", None]])
    core.receive(ranges(None))
    assert body(core.receive(answer({}))) == asked
    asked = body(core.receive(ranges(("b", "8", "3"))))
    assert asked["compare"][0]["mod_revision"] == "8"
    done = core.receive(answer({"succeeded": True}))
    assert done.value == [["append", "b", 5], ["r", "b", [3, 5]]]


def test_one_that_only_reads_is_over_with_the_read():
    core, _ = begun([["r", "a", None], ["r", "b", None]])
    done = core.receive(ranges(None, ("b", "8", "3,4")))
    assert done.value == [["r", "a", []], ["r", "b", [3, 4]]]


def test_only_what_reads_alone_changes_nothing_when_it_is_not_answered():
    core = etcd_core("list-append", "n1:2379")
    assert core.is_read(Invocation(0, "txn", 3, [["r", "a", None]]))
    assert not core.is_read(Invocation(0, "txn", 3, [["r", "a", None], ["append", "a", 1]]))


def test_reads_are_answered_by_the_member_alone_where_that_is_asked_for():
    core, asked = begun(STEPS, serializable=True)
    assert all(one["requestRange"]["serializable"] for one in asked["success"])
    written = body(core.receive(ranges(None, None)))
    assert "serializable" not in json.dumps(written)
    assert "serializable" not in json.dumps(begun(STEPS)[1])


def test_in_a_cluster_of_others_it_stays_below_the_prefix():
    prefix = "splitbrain/r-1/"
    core, asked = begun([["r", "a", None]], namespace=Namespace(prefix))
    assert asked["success"][0]["requestRange"]["key"] == coded(f"{prefix}t/3/a")
    done = core.receive(ranges(("a", "4", "1"), prefix=f"{prefix}t/3/"))
    assert done.value == [["r", "a", [1]]]


@pytest.mark.parametrize(
    ("message", "outcome"),
    [("etcdserver: request timed out", Outcome.INFO), ("etcdserver: no leader", Outcome.FAIL)],
)
def test_a_write_that_is_refused_is_told_by_the_error_table(message, outcome):
    core, _ = begun([["append", "b", 5]])
    core.receive(ranges(None))
    refused = core.receive(answer({"message": message, "code": 14}, 503))
    assert refused.outcome is outcome
