"""Work under etcd's lock: what is asked, what a holder heeds, what a resource turns away."""

import asyncio
import json
from base64 import b64encode

import pytest

from clients.client import Completion, Invocation
from clients.etcd import EtcdCore
from clients.etcd_lock import lock_steps
from clients.locking import Locking
from clients.resource import Fenced, Resource, ResourceClient
from histories.event import Outcome

KEY = b64encode(b"resource/1f").decode()
HEADER = {"revision": "9"}
GRANTED = {"header": HEADER, "ID": "31", "TTL": "2"}
LOCKED = {"header": HEADER, "key": KEY}
RENEWED = {"result": {"header": HEADER, "ID": "31", "TTL": "2"}}
GONE = {"result": {"header": HEADER, "ID": "31"}}
REVOKED = {"header": HEADER}


def owned(revision: int) -> dict:
    return {"header": HEADER, "kvs": [{"key": KEY, "create_revision": str(revision)}]}


class Worker:
    """A core that is answered one request at a time."""

    def __init__(self, resource: Resource, value: int, **locking) -> None:
        self.core = EtcdCore(lock_steps(resource, Locking(**locking)), "n1:2379")
        self.asked: list[str] = []
        self.told: Completion | bytes | None = self.core.encode(Invocation(0, "add", None, value))

    def answer(self, *answers: dict, status: int = 200) -> "Worker":
        for answer in answers:
            assert isinstance(self.told, bytes), self.told
            self.asked.append(self.told.split()[1].decode())
            body = json.dumps(answer).encode()
            head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            self.told = self.core.receive(head + body)
        return self

    @property
    def end(self) -> tuple[Outcome, str | None]:
        assert isinstance(self.told, Completion), self.told
        return self.told.outcome, self.told.error


def test_an_add_is_made_under_a_lease_and_a_lock_and_gives_them_back():
    resource = Resource()
    worker = Worker(resource, 5, renewals=2).answer(GRANTED, LOCKED, RENEWED)
    assert resource.read() == frozenset()
    worker.answer(RENEWED)
    assert resource.read() == {5}
    worker.answer(REVOKED)
    assert worker.end == (Outcome.OK, None)
    assert worker.asked == [
        *("/v3/lease/grant", "/v3/lock/lock"),
        *("/v3/lease/keepalive", "/v3/lease/keepalive", "/v3/lease/revoke"),
    ]


def test_two_holders_at_once_lose_an_element_and_fencing_turns_the_older_away():
    for fencing, left in ((False, {2}), (True, {1})):
        resource = Resource()
        options = {"renewals": 1, "fencing": fencing}
        first, second = Worker(resource, 1, **options), Worker(resource, 2, **options)
        newer, older = (owned(8), owned(7)) if fencing else (None, None)
        second.answer(*filter(None, (GRANTED, LOCKED, older)))
        first.answer(*filter(None, (GRANTED, LOCKED, newer)), RENEWED)
        second.answer(RENEWED)
        assert resource.read() == left
        if fencing:
            assert second.end == (Outcome.FAIL, "fenced")


def test_a_watchful_holder_gives_up_when_it_is_told_and_a_trusting_one_does_not_look():
    resource = Resource()
    watchful = Worker(resource, 1, renewals=1, watchful=True).answer(GRANTED, LOCKED, GONE)
    assert watchful.end == (Outcome.FAIL, "lock-lost")
    assert resource.read() == frozenset()
    trusting = Worker(resource, 1, renewals=1).answer(GRANTED, LOCKED, GONE, REVOKED)
    assert trusting.end == (Outcome.OK, None)


def test_a_lock_that_is_gone_when_it_is_granted_has_no_token():
    lost = Worker(Resource(), 1, fencing=True).answer(GRANTED, LOCKED, {"header": HEADER})
    assert lost.end == (Outcome.FAIL, "lock-lost")


def test_what_is_refused_before_the_write_did_not_happen_and_after_it_did():
    gone = {"message": "etcdserver: requested lease not found", "code": 5}
    unclear = {"message": "etcdserver: request timed out", "code": 14}
    resource = Resource()
    worker = Worker(resource, 1).answer(GRANTED).answer(gone, status=500)
    assert worker.end == (Outcome.FAIL, "lease-not-found")
    worker = Worker(resource, 1).answer(unclear, status=503)
    assert worker.end == (Outcome.FAIL, "timed-out")
    assert resource.read() == frozenset()
    worker = Worker(resource, 1, renewals=0).answer(GRANTED, LOCKED).answer(gone, status=404)
    assert worker.end == (Outcome.OK, None) and resource.read() == {1}


def test_a_resource_admits_tokens_that_grow():
    resource = Resource()
    resource.write(frozenset({1}), 3)
    assert resource.read(3) == {1}
    assert resource.read(5) == {1}
    with pytest.raises(Fenced):
        resource.write(frozenset(), 4)
    with pytest.raises(Fenced):
        resource.read(4)
    assert resource.read() == {1}


def test_the_resource_is_read_without_the_lock():
    class Locking:
        invoked: list[Invocation] = []  # noqa: RUF012

        def invoke(self, invocation, complete):
            self.invoked.append(invocation)

        async def close(self):
            pass

    async def scenario() -> list:
        resource = Resource()
        resource.write(frozenset({3, 1}))
        client = ResourceClient(resource, Locking())
        got: list = []
        client.invoke(Invocation(0, "read", None, None), got.append)
        assert got == [], "an operation never ends before its invocation returns"
        await asyncio.sleep(0)
        client.invoke(Invocation(0, "add", None, 4), got.append)
        await client.close()
        return got

    assert asyncio.run(scenario()) == [Completion(Outcome.OK, [1, 3])]
    assert [invocation.f for invocation in Locking.invoked] == ["add"]
