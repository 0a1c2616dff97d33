"""The replicated queues: order, receipts, what comes back, and what a snapshot holds."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from targets.nodes.command import BadRequest, Command
from targets.nodes.queue_service.queues import (
    ACKNOWLEDGE,
    DEQUEUE,
    DRAINED,
    ENQUEUE,
    EXPIRE,
    RECEIVE,
    Queues,
)


class Client:
    """Commands of one session, in order."""

    def __init__(self, queues: Queues, name: str = "s") -> None:
        self.queues, self.name, self.seq = queues, name, 0

    def do(self, f: str, value: Any = None, key: str = "q") -> Any:
        self.seq += 1
        return self.queues.apply(Command(f, key, value, self.name, self.seq))

    def receive(self) -> tuple[Any, int] | None:
        value = self.do(RECEIVE, 900)["value"]
        assert value is None or value["invisible_ms"] == 900
        return None if value is None else (value["element"], value["receipt"])

    def drained(self) -> bool:
        return bool(self.queues.read(Command(DRAINED, "q", None, None, None))["ok"])


def expire(queues: Queues, *receipts: int) -> None:
    queues.apply(Command(EXPIRE, "q", list(receipts), None, None))


def filled(*elements: int) -> Client:
    client = Client(Queues())
    for element in elements:
        assert client.do(ENQUEUE, element)["ok"]
    return client


def test_elements_come_out_in_the_order_in_which_they_went_in() -> None:
    client = filled(1, 2, 3)
    assert [client.do(DEQUEUE)["value"] for _ in range(4)] == [1, 2, 3, None]
    assert client.drained()


def test_what_is_received_is_kept_from_others_until_its_time_is_over() -> None:
    client = filled(1, 2)
    assert client.receive() == (1, 1)
    assert client.receive() == (2, 2)
    assert client.receive() is None and client.do(DEQUEUE)["value"] is None
    assert not client.drained()
    expire(client.queues, 1)
    assert client.receive() == (1, 3)


def test_what_comes_back_waits_where_it_did() -> None:
    client = filled(1, 2, 3)
    client.receive(), client.receive()
    expire(client.queues, 2, 1)
    assert [client.do(DEQUEUE)["value"] for _ in range(3)] == [1, 2, 3]


def test_who_acknowledges_in_time_is_done_with_it_and_told_what_it_was() -> None:
    client = filled(7)
    client.receive()
    assert client.do(ACKNOWLEDGE, 1) == {"ok": True, "value": 7}
    expire(client.queues, 1)
    assert client.drained() and client.receive() is None
    assert client.queues.queues == {}


def test_an_acknowledgement_that_comes_too_late_is_refused_for_good() -> None:
    client = filled(7)
    client.receive()
    expire(client.queues, 1)
    late = {"ok": False, "error": "receipt-expired", "definite": True}
    assert client.do(ACKNOWLEDGE, 1) == late
    client.receive()
    assert client.do(ACKNOWLEDGE, 1) == late, "a receipt is used once"
    assert client.do(ACKNOWLEDGE, 2)["ok"]


def test_a_command_that_comes_again_is_answered_again() -> None:
    client = filled(1, 2)
    first = client.receive()
    client.seq -= 1
    assert client.receive() == first
    assert client.receive() == (2, 2)


def test_queues_are_apart() -> None:
    client = filled(1)
    assert client.do(DEQUEUE, key="other")["value"] is None
    assert client.do(DEQUEUE)["value"] == 1


def test_a_snapshot_holds_what_waits_and_what_is_handed_out() -> None:
    rng = random.Random(4)
    client, receipts = Client(Queues()), [0]
    for number in range(300):
        match rng.randrange(5):
            case 0 | 1:
                client.do(ENQUEUE, number, rng.choice("qr"))
            case 2:
                value = client.do(RECEIVE, 900)["value"]
                receipts += [value["receipt"]] if value else []
            case 3:
                client.do(ACKNOWLEDGE, rng.choice(receipts[-4:]))
            case 4:
                expire(client.queues, *receipts[-6:-3])
    dump = json.loads(json.dumps(client.queues.dump()))
    assert any(out for _, _, _, out in dump["queues"])
    other = Queues()
    other.restore(dump)
    assert json.dumps(other.dump()) == json.dumps(dump)
    twin = Client(other)
    twin.seq = client.seq
    for _ in range(50):
        assert twin.do(RECEIVE, 900) == client.do(RECEIVE, 900)
    assert other.dump() == client.queues.dump()


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"f": ENQUEUE, "value": None}, "takes an element"),
        ({"f": ACKNOWLEDGE, "value": "x"}, "takes the receipt"),
        ({"f": ACKNOWLEDGE, "value": True}, "takes the receipt"),
        ({"f": EXPIRE, "value": [1]}, "unknown f"),
    ],
)
def test_what_no_client_may_ask_is_refused(request_: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        Queues.command({**request_, "key": "q", "session": "s", "seq": 1})
