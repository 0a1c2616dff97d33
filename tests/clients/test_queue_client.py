"""The client core of the queue service: what it acknowledges, and each row of its error table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clients.client import Completion, Invocation
from clients.frames import framed
from clients.queue_service import REFUSALS, QueueCore
from histories.event import Outcome

RECEIVED = {"element": 7, "receipt": 3, "invisible_ms": 900}


def core(resends: bool = False) -> QueueCore:
    return QueueCore("queue", "run", resends=resends)


def invocation(f: str, value: Any = None, process: int = 3) -> Invocation:
    return Invocation(process, f, None, value)


def request(data: bytes) -> Any:
    return json.loads(data[4:])


def answer(number: int, **members: Any) -> bytes:
    return framed(json.dumps({"id": number, **members}).encode())


def given(client: QueueCore, element: int, receipt: int, process: int = 3) -> None:
    asked = request(client.encode(invocation("receive", process=process)))
    value = {"element": element, "receipt": receipt, "invisible_ms": 900}
    completion = client.receive(answer(asked["id"], ok=True, value=value))
    assert completion == Completion(Outcome.OK, value)


def test_operations_travel_under_their_session() -> None:
    client = core()
    assert request(client.encode(invocation("enqueue", 5))) == {
        "id": 1,
        "session": "run/3",
        "seq": 1,
        "f": "queue.enqueue",
        "key": None,
        "value": 5,
    }
    assert client.receive(answer(1, ok=True, value=None)) == Completion(Outcome.OK, None)
    assert request(client.encode(invocation("drained")))["seq"] == 1, "it changes nothing"
    fifo = QueueCore("fifo-queue", "run")
    assert request(fifo.encode(invocation("dequeue")))["f"] == "queue.dequeue"
    assert fifo.receive(answer(1, ok=True, value=4)) == Completion(Outcome.OK, 4)


def test_the_latest_that_was_given_is_acknowledged_first() -> None:
    client = core()
    given(client, 7, 3)
    given(client, 8, 4)
    for element, receipt in ((8, 4), (7, 3)):
        asked = request(client.encode(invocation("acknowledge")))
        assert (asked["f"], asked["value"]) == ("queue.acknowledge", receipt)
        told = client.receive(answer(asked["id"], ok=True, value=element))
        assert told == Completion(Outcome.OK, element)


def test_who_was_given_nothing_asks_for_nothing() -> None:
    client = core()
    assert client.encode(invocation("acknowledge")) == b""
    assert client.receive(b"") == Completion(Outcome.FAIL, None, "nothing-received")
    assert client.receive(b"") is None
    given(client, 7, 3)
    assert client.encode(invocation("acknowledge", process=4)) == b"", "another process's"


def test_a_resend_is_of_the_same_receipt() -> None:
    client = core(resends=True)
    given(client, 7, 3)
    given(client, 8, 4)
    asked = invocation("acknowledge")
    first, again = request(client.encode(asked)), request(client.encode(asked))
    assert (first["value"], first["seq"]) == (again["value"], again["seq"]) == (4, 3)
    told = client.receive(answer(again["id"], ok=True, value=8))
    assert told == Completion(Outcome.OK, 8)


def test_a_receive_that_finds_nothing_gives_nothing() -> None:
    client = core()
    asked = request(client.encode(invocation("receive")))
    assert client.receive(answer(asked["id"], ok=True, value=None)) == Completion(Outcome.OK, None)
    assert client.encode(invocation("acknowledge")) == b""


@pytest.mark.parametrize("error", ["receipt-expired", "not-empty", "nothing-received"])
def test_a_refusal_says_that_nothing_happened(error: str) -> None:
    assert REFUSALS[error].outcome is Outcome.FAIL
    client = core()
    given(client, 7, 3)
    f = "drained" if error == "not-empty" else "acknowledge"
    asked = request(client.encode(invocation(f)))
    completion = client.receive(answer(asked["id"], ok=False, error=error, definite=True))
    assert completion == Completion(Outcome.FAIL, None, error)


def test_whether_anything_is_left_fails_whatever_the_error() -> None:
    client = core()
    assert client.is_read(invocation("drained")) and not client.is_read(invocation("receive"))
    client.encode(invocation("drained"))
    completion = client.receive(answer(1, ok=False, error="anything", definite=False))
    assert completion is not None and completion.outcome is Outcome.FAIL
