"""The reference nodes' client core: its requests, and every row of its error table."""

import json

import pytest

from clients.client import Completion, GarbledAnswer, Invocation
from clients.frames import framed
from clients.reference import ERRORS, ReferenceCore
from histories.event import Outcome

WRITE = Invocation(3, "write", "x", 1)
CAS = Invocation(3, "cas", "x", [1, 2])
READ = Invocation(3, "read", "x", None)


def core(workload="register", resends=False):
    return ReferenceCore(workload, "run", resends=resends)


def request(data):
    assert int.from_bytes(data[:4], "big") == len(data) - 4
    return json.loads(data[4:])


def answer(number, **members):
    return framed(json.dumps({"id": number, **members}).encode())


def refuse(number, error, definite, **members):
    return answer(number, ok=False, error=error, definite=definite, **members)


def ask(client, invocation):
    return request(client.encode(invocation))["id"]


def test_a_request_carries_all_that_the_node_needs():
    assert request(core().encode(CAS)) == {
        "id": 1,
        "session": "run/3",
        "seq": 1,
        "f": "cas",
        "key": "x",
        "value": [1, 2],
    }


@pytest.mark.parametrize(
    ("workload", "f", "wire"),
    [
        ("register", "read", "read"),
        ("register", "write", "write"),
        ("register", "cas", "cas"),
        ("set", "add", "set.add"),
        ("set", "read", "set.read"),
        ("counter", "add", "counter.add"),
        ("counter", "read", "counter.read"),
    ],
)
def test_the_workloads_operations_have_their_names_on_the_wire(workload, f, wire):
    assert request(core(workload).encode(Invocation(0, f, None, 1)))["f"] == wire


def test_an_unknown_workload_is_refused_by_name():
    with pytest.raises(ValueError, match="unknown workload 'queue'"):
        core("queue")


def test_the_sequence_number_grows_by_one_a_mutation_and_a_new_process_is_a_new_session():
    client = core()
    steps = [WRITE, READ, CAS, Invocation(13, "write", "x", 5)]
    seen = []
    for invocation in steps:
        sent = request(client.encode(invocation))
        seen.append((sent["session"], sent["seq"]))
        client.receive(answer(sent["id"], ok=True, value=None))
    assert seen == [("run/3", 1), ("run/3", 1), ("run/3", 2), ("run/13", 1)]


def test_equal_invocations_one_after_the_other_are_two_commands():
    client = core()
    assert request(client.encode(Invocation(0, "write", "x", 1)))["seq"] == 1
    assert request(client.encode(Invocation(0, "write", "x", 1)))["seq"] == 2


def test_a_resend_repeats_session_and_sequence_number_under_a_new_id():
    client = core(resends=True)
    first, second = request(client.encode(WRITE)), request(client.encode(WRITE))
    assert second["id"] == first["id"] + 1
    assert {**second, "id": 0} == {**first, "id": 0}


def test_after_a_session_expired_commands_say_since_when_they_exist_and_all_copies_the_same():
    client = core(resends=True)
    first = request(client.encode(WRITE))
    assert "since" not in first
    expired = refuse(first["id"], "session-expired", True, since=40)
    assert client.receive(expired) == Completion(Outcome.FAIL, None, "session-expired")
    other = Invocation(3, "write", "x", 2)
    second = request(client.encode(other))
    assert (second["seq"], second["since"]) == (2, 40)
    client.receive(refuse(first["id"], "session-expired", True, since=50))
    assert request(client.encode(other))["since"] == 40
    client.receive(answer(second["id"], ok=True))
    assert request(client.encode(Invocation(9, "write", "x", 3)))["since"] == 50


def test_only_a_read_takes_its_value_from_the_answer():
    client = core()
    assert client.receive(answer(ask(client, READ), ok=True, value=9)) == Completion(Outcome.OK, 9)
    assert client.receive(answer(ask(client, WRITE), ok=True, value=9)) == Completion(Outcome.OK)


def test_a_late_answer_is_never_taken_for_the_next_requests():
    client = core()
    late, current = ask(client, READ), ask(client, Invocation(3, "read", "y", None))
    assert client.receive(answer(late, ok=True, value="old")) is None
    assert client.receive(answer(current, ok=True, value="new")) == Completion(Outcome.OK, "new")
    assert client.receive(answer(current, ok=True, value="again")) is None


def test_an_answer_to_any_copy_of_the_request_settles_it_once():
    client = core(resends=True)
    first, second = ask(client, WRITE), ask(client, WRITE)
    both = answer(first, ok=True) + answer(second, ok=True)
    assert client.receive(both) == Completion(Outcome.OK)
    assert client.receive(answer(second, ok=True)) is None


@pytest.mark.parametrize("row", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("definite", [True, False])
def test_every_row_of_the_error_table(row, definite):
    outcome = row.outcome if definite else Outcome.INFO
    client = core()
    expected = Completion(outcome, None, row.error, row.unavailable)
    assert client.receive(refuse(ask(client, CAS), row.error, definite, value=5)) == expected


def test_the_table_says_what_the_nodes_promise():
    outcomes = {row.error: row.outcome for row in ERRORS.values()}
    assert outcomes == {
        "mismatch": Outcome.FAIL,
        "no-leader": Outcome.FAIL,
        "busy": Outcome.FAIL,
        "bad-request": Outcome.FAIL,
        "stale-session": Outcome.FAIL,
        "session-expired": Outcome.FAIL,
        "lost-leadership": Outcome.INFO,
    }


@pytest.mark.parametrize(("definite", "outcome"), [(True, Outcome.FAIL), (False, Outcome.INFO)])
def test_an_error_the_table_does_not_know_is_judged_by_definite(definite, outcome):
    client = core()
    got = client.receive(refuse(ask(client, WRITE), "disk-on-fire", definite))
    assert got == Completion(outcome, None, "disk-on-fire")


def test_an_error_that_does_not_say_definite_is_not():
    client = core()
    got = client.receive(answer(ask(client, WRITE), ok=False, error="no-leader"))
    assert got is not None and got.outcome is Outcome.INFO


@pytest.mark.parametrize("error", [*ERRORS, "disk-on-fire"])
@pytest.mark.parametrize("resends", [True, False])
def test_a_read_that_errs_failed(error, resends):
    client = core(resends=resends)
    got = client.receive(refuse(ask(client, READ), error, False))
    assert got is not None and (got.outcome, got.error) == (Outcome.FAIL, error)


@pytest.mark.parametrize("row", ERRORS.values(), ids=ERRORS)
def test_a_refusal_of_one_copy_says_nothing_of_the_other(row):
    client = core(resends=True)
    ask(client, CAS)
    second = ask(client, CAS)
    got = client.receive(refuse(second, row.error, definite=True))
    if row.ran:
        assert got == Completion(Outcome.FAIL, None, row.error)
    else:
        assert got is None
        assert client.receive(answer(second, ok=True)) == Completion(Outcome.OK)


def test_with_resends_an_indefinite_error_is_asked_again():
    client = core(resends=True)
    assert client.receive(refuse(ask(client, WRITE), "lost-leadership", False)) is None
    assert client.receive(answer(ask(client, WRITE), ok=True)) == Completion(Outcome.OK)


@pytest.mark.parametrize(
    "payload",
    [b"not json", b"[]", b'{"id": "1", "ok": true}', b'{"id": 1}', b'{"id": 1, "ok": false}'],
)
def test_what_is_not_an_answer_is_garbled(payload):
    client = core()
    ask(client, WRITE)
    with pytest.raises(GarbledAnswer):
        client.receive(framed(payload))


def test_reset_forgets_half_an_answer_of_the_connection_before():
    client = core(resends=True)
    number = ask(client, READ)
    assert client.receive(answer(number, ok=True, value=1)[:6]) is None
    client.reset()
    assert client.receive(answer(number, ok=True, value=2)) == Completion(Outcome.OK, 2)


def test_the_node_greets_before_anything_is_sent():
    client = core()
    assert client.awaits_greeting
    greeting = framed(b'{"hello": "n1"}')
    assert not client.greeted(greeting[:7])
    assert client.greeted(greeting[7:])


@pytest.mark.parametrize("payload", [b"220 smtp", b"[]", b'{"id": 1, "ok": true}'])
def test_what_is_no_greeting_is_garbled(payload):
    with pytest.raises(GarbledAnswer, match="greeting"):
        core().greeted(framed(payload))


def test_a_prefix_stands_before_every_key_on_the_wire_and_nowhere_else():
    for prefix, expected in (("", [5, "x"]), ("r/1/", ["r/1/5", "r/1/x"])):
        core = ReferenceCore("register", "run", prefix=prefix)
        sent = [core.encode(Invocation(0, "write", key, 1)) for key in (5, "x")]
        assert [json.loads(data[4:])["key"] for data in sent] == expected
